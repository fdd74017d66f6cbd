import { defineEvent } from '../define-event.ts';
import { refusalCode, valueAs } from './fields.ts';

export const enrollmentChangeRejectedV1 = defineEvent({
  name: 'EnrollmentChangeRejected',
  version: 1,
  owner: 'email',
  entity: 'Contact',
  description:
    'The email platform of a vendor did not put a contact into a campaign: its enrollment has ended.',
  orderedBy: 'subject',
  routing: ['contactid', 'accountid', 'campaignid'],
  fields: {
    enrollmentId: valueAs('Enrollment.id'),
    campaignId: valueAs('Campaign.id'),
    code: refusalCode,
  },
  example: { enrollmentId: 'enr_4', campaignId: 'cmp_3', code: 'INVALID_PROFILE' },
});
