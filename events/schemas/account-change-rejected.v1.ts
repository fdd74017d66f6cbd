import { defineEvent } from '../define-event.ts';
import { refusalCode, refusedFields } from './fields.ts';

export const accountChangeRejectedV1 = defineEvent({
  name: 'AccountChangeRejected',
  version: 1,
  owner: 'crm',
  entity: 'Account',
  description: 'A change of an account was undone: the system of record at a vendor refused it.',
  orderedBy: 'subject',
  routing: ['accountid', 'ownerid'],
  fields: { fields: refusedFields, code: refusalCode },
  example: { fields: ['ownerId'], code: 'VALIDATION_ERROR' },
});
