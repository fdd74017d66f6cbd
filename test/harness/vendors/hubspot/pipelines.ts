import type { ObjectType } from './schema.ts';

export interface Stage {
  readonly id: string;
  readonly label: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Pipeline {
  readonly id: string;
  readonly label: string;
  readonly stages: readonly Stage[];
}

const dealStage = (id: string, label: string, probability: string): Stage => ({
  id,
  label,
  metadata: { isClosed: String(id.startsWith('closed')), probability },
});
const leadStage = (id: string, label: string, leadState: string): Stage => ({
  id,
  label,
  metadata: { isClosed: String(leadState.endsWith('QUALIFIED')), leadState },
});

export const defaultPipelines: Readonly<Record<ObjectType, readonly Pipeline[]>> = {
  companies: [],
  contacts: [],
  deals: [
    {
      id: 'default',
      label: 'Sales Pipeline',
      stages: [
        dealStage('appointmentscheduled', 'Appointment Scheduled', '0.2'),
        dealStage('qualifiedtobuy', 'Qualified To Buy', '0.4'),
        dealStage('presentationscheduled', 'Presentation Scheduled', '0.6'),
        dealStage('decisionmakerboughtin', 'Decision Maker Bought-In', '0.8'),
        dealStage('contractsent', 'Contract Sent', '0.9'),
        dealStage('closedwon', 'Closed Won', '1.0'),
        dealStage('closedlost', 'Closed Lost', '0.0'),
      ],
    },
  ],
  leads: [
    {
      id: 'lead-pipeline-id',
      label: 'Lead pipeline',
      stages: [
        leadStage('new-stage-id', 'New', 'NEW'),
        leadStage('attempting-stage-id', 'Attempting', 'IN_PROGRESS'),
        leadStage('connected-stage-id', 'Connected', 'IN_PROGRESS'),
        leadStage('qualified-stage-id', 'Qualified', 'QUALIFIED'),
        leadStage('unqualified-stage-id', 'Unqualified', 'UNQUALIFIED'),
      ],
    },
  ],
};
