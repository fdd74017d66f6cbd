import { defineEvent } from '../define-event.ts';
import { changedFields } from './fields.ts';

export const opportunityDetailsChangedV1 = defineEvent({
  name: 'OpportunityDetailsChanged',
  version: 1,
  owner: 'crm',
  entity: 'Opportunity',
  description:
    'An opportunity came, changed or went in the system of record, in a way that no other event tells of.',
  orderedBy: 'subject',
  routing: ['opportunityid', 'accountid', 'ownerid'],
  fields: { fields: changedFields('Opportunity') },
  example: { fields: ['amount'] },
});
