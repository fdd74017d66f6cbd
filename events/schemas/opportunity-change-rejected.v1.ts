import { defineEvent } from '../define-event.ts';
import { refusalCode, refusedFields } from './fields.ts';

export const opportunityChangeRejectedV1 = defineEvent({
  name: 'OpportunityChangeRejected',
  version: 1,
  owner: 'crm',
  entity: 'Opportunity',
  description: 'A change of an opportunity was undone: the system of record at a vendor refused it.',
  orderedBy: 'subject',
  routing: ['opportunityid', 'accountid', 'ownerid'],
  fields: { fields: refusedFields, code: refusalCode },
  example: { fields: ['stage'], code: 'VALIDATION_ERROR' },
});
