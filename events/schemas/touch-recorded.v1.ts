import { defineEvent } from '../define-event.ts';
import { timeAs, valueAs } from './fields.ts';

export const touchRecordedV1 = defineEvent({
  name: 'TouchRecorded',
  version: 1,
  owner: 'analytics',
  entity: 'Touch',
  description: 'Marketing or sales and somebody had to do with each other once.',
  orderedBy: 'subject',
  routing: ['accountid', 'leadid', 'campaignid'],
  fields: {
    channel: valueAs('Touch.channel'),
    kind: valueAs('Touch.kind'),
    at: timeAs('Touch.at'),
  },
  example: { channel: 'EMAIL', kind: 'CLICK', at: '2026-03-01T09:30:00.000Z' },
});
