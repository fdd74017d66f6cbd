import { defineEvent } from '../define-event.ts';
import { changedFields } from './fields.ts';

export const contactDetailsChangedV1 = defineEvent({
  name: 'ContactDetailsChanged',
  version: 1,
  owner: 'crm',
  entity: 'Contact',
  description:
    'A contact came, changed or went in the system of record, in a way that no other event tells of.',
  orderedBy: 'subject',
  routing: ['contactid', 'accountid'],
  fields: { fields: changedFields('Contact') },
  example: { fields: ['title'] },
});
