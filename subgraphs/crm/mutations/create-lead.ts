import type { Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { checkText, refuseField } from '#chassis/input.ts';
import { mutate } from '#chassis/mutation.ts';
import type { CreateLeadInput, MutationResolvers } from '../__generated__/resolvers.ts';
import { leadCreated } from '../events.ts';
import { pushLead, syncOf } from '../pushes/record.ts';
import type { Lead, Tables } from '../store/tables.ts';
import { answer } from './answer.ts';
import { referenced } from './references.ts';
import { firstLeadStatuses } from './transitions.ts';

const longestSource = 100;

export const createLead: MutationResolvers['createLead'] = async (_, { input }, context) => {
  const { idempotencyKey, ...asked } = input;
  checkLead(asked);
  const request = { name: 'createLead', idempotencyKey, input: asked };
  const receipt = await mutate(context, request, async (trx, cause) => {
    const lead = { ...(await newLead(trx, context.tenant, asked)), ...syncOf(context) };
    await trx.insertInto('leads').values(lead).execute();
    const event = leadCreated(lead, cause);
    await pushLead(trx, context, lead, event);
    return { kind: 'changed', subject: lead.id, events: [event] };
  });
  return answer(context, receipt, 'lead');
};

type Asked = Omit<CreateLeadInput, 'idempotencyKey'>;

function checkLead({ status, source, contactId, accountId }: Asked): void {
  if (status && !firstLeadStatuses.includes(status)) refuseField('status', status, firstLeadStatuses);
  checkText('source', source, longestSource);
  // It travels in events, which hold nobody's address.
  if (source?.includes('@')) refuseField('source', source, 'the name of a channel, without "@"');
  // Nobody could work on a lead of whom nothing is known.
  if (!contactId && !accountId) {
    refuseField('contactId', contactId, 'the id of a contact, or accountId that of an account');
  }
}

async function newLead(trx: Transaction<Tables>, tenant: string, asked: Asked): Promise<Lead> {
  const contact = await referenced(trx, tenant, 'contacts', 'contactId', asked.contactId);
  const account = await referenced(trx, tenant, 'accounts', 'accountId', asked.accountId);
  const owner = await referenced(trx, tenant, 'users', 'ownerId', asked.ownerId);
  const now = new Date().toISOString();
  return {
    id: `lea_${uuidv7()}`,
    tenant,
    version: 1,
    createdAt: now,
    updatedAt: now,
    observedAt: now,
    status: asked.status ?? 'NEW',
    source: asked.source ?? null,
    contactId: contact?.id ?? null,
    accountId: account?.id ?? contact?.accountId ?? null,
    ownerId: owner?.id ?? null,
    syncState: null,
    syncReason: null,
  };
}
