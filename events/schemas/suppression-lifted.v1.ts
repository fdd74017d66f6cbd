import { defineEvent } from '../define-event.ts';
import { valueAs } from './fields.ts';

export const suppressionLiftedV1 = defineEvent({
  name: 'SuppressionLifted',
  version: 1,
  owner: 'email',
  entity: 'Contact',
  description:
    'One reason not to write to a contact is gone, and which; others may remain, and campaigns that it was taken out of stay left.',
  orderedBy: 'subject',
  routing: ['contactid', 'accountid'],
  fields: {
    suppressionId: valueAs('Suppression.id'),
    reason: valueAs('Suppression.reason'),
  },
  example: { suppressionId: 'sup_6', reason: 'CONSENT' },
});
