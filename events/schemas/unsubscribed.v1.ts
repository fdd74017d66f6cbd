import { defineEvent } from '../define-event.ts';
import { valueAs } from './fields.ts';

export const unsubscribedV1 = defineEvent({
  name: 'Unsubscribed',
  version: 1,
  owner: 'email',
  entity: 'Contact',
  description: 'A contact asked not to be written to any more.',
  orderedBy: 'subject',
  routing: ['contactid', 'accountid'],
  fields: {
    suppressionId: valueAs('Suppression.id'),
  },
  example: { suppressionId: 'sup_5' },
});
