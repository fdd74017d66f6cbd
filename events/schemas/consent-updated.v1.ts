import { defineEvent } from '../define-event.ts';
import { timeAs, valueAs } from './fields.ts';

export const consentUpdatedV1 = defineEvent({
  name: 'ConsentUpdated',
  version: 1,
  owner: 'consent',
  entity: 'Contact',
  description:
    'A contact granted, denied or withdrew consent to one purpose. The evidence stays with the record.',
  orderedBy: 'subject',
  routing: ['contactid'],
  fields: {
    recordId: valueAs('ConsentRecord.id'),
    purpose: valueAs('ConsentRecord.purpose'),
    decision: valueAs('ConsentRecord.decision'),
    state: valueAs('Consent.state').describe(
      'What holds now: a decision made earlier than the latest one changes nothing.',
    ),
    legalBasis: valueAs('ConsentRecord.legalBasis').nullable(),
    jurisdiction: valueAs('ConsentRecord.jurisdiction').nullable(),
    recordedAt: timeAs('ConsentRecord.recordedAt'),
  },
  example: {
    recordId: 'cns_41',
    purpose: 'EMAIL_MARKETING',
    decision: 'WITHDRAWN',
    state: 'DENIED',
    legalBasis: 'CONSENT',
    jurisdiction: 'DE',
    recordedAt: '2026-03-01T09:30:00.000Z',
  },
});
