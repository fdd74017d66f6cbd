import { defineEvent } from '../define-event.ts';
import { valueAs } from './fields.ts';

export const enrollmentRefusedV1 = defineEvent({
  name: 'EnrollmentRefused',
  version: 1,
  owner: 'email',
  entity: 'Contact',
  description: 'A contact was not put into a campaign, and why.',
  orderedBy: 'subject',
  routing: ['contactid', 'accountid', 'campaignid'],
  fields: {
    campaignId: valueAs('Campaign.id'),
    reason: valueAs('EnrollmentRefusal.reason'),
  },
  example: { campaignId: 'cmp_3', reason: 'CONSENT_DENIED' },
});
