import { defineEvent } from '../define-event.ts';
import { text } from './fields.ts';

export const leadCreatedV1 = defineEvent({
  name: 'LeadCreated',
  version: 1,
  owner: 'crm',
  entity: 'Lead',
  description: 'A lead came into being.',
  orderedBy: 'subject',
  routing: ['leadid', 'contactid', 'accountid', 'ownerid'],
  fields: {
    status: text,
    source: text.nullable().describe('Where it came from, in the words of the CRM.'),
  },
  example: { status: 'NEW', source: 'Organic Search' },
});
