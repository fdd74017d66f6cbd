import { defineEvent } from '../define-event.ts';
import { changedFields } from './fields.ts';

export const accountDetailsChangedV1 = defineEvent({
  name: 'AccountDetailsChanged',
  version: 1,
  owner: 'crm',
  entity: 'Account',
  description:
    'An account came, changed or went in the system of record, in a way that no other event tells of.',
  orderedBy: 'subject',
  routing: ['accountid', 'ownerid'],
  fields: { fields: changedFields('Account') },
  example: { fields: ['name', 'employees'] },
});
