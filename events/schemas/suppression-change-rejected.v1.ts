import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { refusalCode, valueAs } from './fields.ts';

export const suppressionChangeRejectedV1 = defineEvent({
  name: 'SuppressionChangeRejected',
  version: 1,
  owner: 'email',
  entity: 'Contact',
  description:
    'The email platform of a vendor did not suppress a contact, or did not lift that: the suppression stands here, whatever the vendor has.',
  orderedBy: 'subject',
  routing: ['contactid', 'accountid'],
  fields: {
    suppressionId: valueAs('Suppression.id'),
    reason: valueAs('Suppression.reason'),
    isLifted: z.boolean().describe('Whether it was lifted, which the vendor did not do.'),
    code: refusalCode,
  },
  example: { suppressionId: 'sup_6', reason: 'CONSENT', isLifted: false, code: 'INVALID_PROFILE' },
});
