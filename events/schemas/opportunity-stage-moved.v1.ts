import { defineEvent } from '../define-event.ts';
import { valueAs } from './fields.ts';

export const opportunityStageMovedV1 = defineEvent({
  name: 'OpportunityStageMoved',
  version: 1,
  owner: 'crm',
  entity: 'Opportunity',
  description: 'An opportunity moved to another stage, was won or was lost.',
  orderedBy: 'subject',
  routing: ['opportunityid', 'accountid', 'ownerid'],
  fields: {
    from: valueAs('Opportunity.stage'),
    to: valueAs('Opportunity.stage'),
  },
  example: { from: 'PROPOSAL', to: 'WON' },
});
