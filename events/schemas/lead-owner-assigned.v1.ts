import { defineEvent } from '../define-event.ts';
import { valueAs } from './fields.ts';

export const leadOwnerAssignedV1 = defineEvent({
  name: 'LeadOwnerAssigned',
  version: 1,
  owner: 'crm',
  entity: 'Lead',
  description:
    'A lead got another owner, or lost the one it had. The routing keys have the owner before and after.',
  orderedBy: 'subject',
  routing: ['leadid', 'contactid', 'accountid', 'ownerid', 'previousownerid'],
  fields: {
    from: valueAs('Lead.owner').nullable(),
    to: valueAs('Lead.owner').nullable(),
  },
  example: { from: null, to: 'usr_7' },
});
