import { defineEvent } from '../define-event.ts';
import { valueAs } from './fields.ts';

export const leadStatusChangedV1 = defineEvent({
  name: 'LeadStatusChanged',
  version: 1,
  owner: 'crm',
  entity: 'Lead',
  description: 'A lead moved to another status.',
  orderedBy: 'subject',
  routing: ['leadid', 'contactid', 'accountid', 'ownerid'],
  fields: {
    from: valueAs('Lead.status'),
    to: valueAs('Lead.status'),
  },
  example: { from: 'NEW', to: 'WORKING' },
});
