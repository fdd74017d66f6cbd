import { defineEvent } from '../define-event.ts';
import { valueAs } from './fields.ts';

export const leadCreatedV1 = defineEvent({
  name: 'LeadCreated',
  version: 1,
  owner: 'crm',
  entity: 'Lead',
  description: 'A lead came into being.',
  orderedBy: 'subject',
  routing: ['leadid', 'contactid', 'accountid', 'ownerid'],
  fields: {
    status: valueAs('Lead.status'),
    source: valueAs('Lead.source').nullable().describe('Where it came from, in the words of the CRM.'),
  },
  example: { status: 'NEW', source: 'Organic Search' },
});
