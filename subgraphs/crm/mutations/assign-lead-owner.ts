import { mutate } from '#chassis/mutation.ts';
import { assertVersion, changeRow, lockRow } from '#chassis/store/change.ts';
import type { MutationResolvers } from '../__generated__/resolvers.ts';
import { leadOwnerAssigned } from '../events.ts';
import { pushUpdate, syncOf } from '../pushes/record.ts';
import type { Lead } from '../store/tables.ts';
import { answer } from './answer.ts';
import { assertUser, givenOwner } from './references.ts';

export const assignLeadOwner: MutationResolvers['assignLeadOwner'] = async (_, { input }, context) => {
  const { idempotencyKey, ...asked } = input;
  const { leadId: id, ifVersion } = asked;
  const ownerId = givenOwner(asked);
  const request = { name: 'assignLeadOwner', idempotencyKey, input: asked };
  const receipt = await mutate(context, request, async (trx, cause) => {
    const address = { table: 'leads', tenant: context.tenant, id, typename: 'Lead' } as const;
    const before: Lead = await lockRow(trx, context.store.engine, address);
    assertVersion(address, before, ifVersion, { ownerId: before.ownerId });
    await assertUser(trx, context.tenant, ownerId);
    if (before.ownerId === ownerId) return { kind: 'changed', subject: id, events: [] };
    const after = await changeRow(trx, address, before, { ownerId, ...syncOf(context) });
    const event = leadOwnerAssigned(before, after, cause);
    await pushUpdate(trx, context, 'leads', before, after, event);
    return { kind: 'changed', subject: id, events: [event] };
  });
  return answer(context, receipt, 'lead');
};
