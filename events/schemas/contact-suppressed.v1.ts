import { defineEvent } from '../define-event.ts';
import { valueAs } from './fields.ts';

export const contactSuppressedV1 = defineEvent({
  name: 'ContactSuppressed',
  version: 1,
  owner: 'email',
  entity: 'Contact',
  description: 'The platform may not write to a contact any more, and why.',
  orderedBy: 'subject',
  routing: ['contactid', 'accountid'],
  fields: {
    suppressionId: valueAs('Suppression.id'),
    reason: valueAs('Suppression.reason'),
  },
  example: { suppressionId: 'sup_6', reason: 'CONSENT' },
});
