import { defineEvent } from '../define-event.ts';
import { valueAs } from './fields.ts';

export const accountOwnerAssignedV1 = defineEvent({
  name: 'AccountOwnerAssigned',
  version: 1,
  owner: 'crm',
  entity: 'Account',
  description:
    'An account got another owner, lost the one it had, or had one recorded who was only derived: both are the same then. The routing keys have the owner before and after.',
  orderedBy: 'subject',
  routing: ['accountid', 'ownerid', 'previousownerid'],
  fields: {
    from: valueAs('Account.owner').nullable(),
    to: valueAs('Account.owner').nullable(),
  },
  example: { from: 'usr_3', to: 'usr_7' },
});
