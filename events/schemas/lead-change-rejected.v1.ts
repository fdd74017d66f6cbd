import { defineEvent } from '../define-event.ts';
import { refusalCode, refusedFields } from './fields.ts';

export const leadChangeRejectedV1 = defineEvent({
  name: 'LeadChangeRejected',
  version: 1,
  owner: 'crm',
  entity: 'Lead',
  description: 'A change of a lead was undone: the system of record at a vendor refused it.',
  orderedBy: 'subject',
  routing: ['leadid', 'contactid', 'accountid', 'ownerid'],
  fields: { fields: refusedFields, code: refusalCode },
  example: { fields: ['status'], code: 'VALIDATION_ERROR' },
});
