import { defineEvent } from '../define-event.ts';
import { valueAs } from './fields.ts';

export const campaignEnrolledV1 = defineEvent({
  name: 'CampaignEnrolled',
  version: 1,
  owner: 'email',
  entity: 'Contact',
  description: 'A contact was put into a campaign.',
  orderedBy: 'subject',
  routing: ['contactid', 'accountid', 'campaignid'],
  fields: {
    enrollmentId: valueAs('Enrollment.id'),
    campaignId: valueAs('Campaign.id'),
  },
  example: { enrollmentId: 'enr_12', campaignId: 'cmp_3' },
});
