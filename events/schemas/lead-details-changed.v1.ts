import { defineEvent } from '../define-event.ts';
import { changedFields } from './fields.ts';

export const leadDetailsChangedV1 = defineEvent({
  name: 'LeadDetailsChanged',
  version: 1,
  owner: 'crm',
  entity: 'Lead',
  description: 'A lead came, changed or went in the system of record, in a way that no other event tells of.',
  orderedBy: 'subject',
  routing: ['leadid', 'contactid', 'accountid', 'ownerid'],
  fields: { fields: changedFields('Lead') },
  example: { fields: ['source'] },
});
