import { defineEvent } from '../define-event.ts';
import { timeAs, valueAs } from './fields.ts';

export const conversionRecordedV1 = defineEvent({
  name: 'ConversionRecorded',
  version: 1,
  owner: 'analytics',
  entity: 'Conversion',
  description: 'Something that marketing works for was reached at an account.',
  orderedBy: 'accountid',
  routing: ['accountid'],
  fields: {
    kind: valueAs('Conversion.kind'),
    at: timeAs('Conversion.at'),
  },
  example: { kind: 'OPPORTUNITY_WON', at: '2026-03-01T09:30:00.000Z' },
});
