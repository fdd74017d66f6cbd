import { mutate } from '#chassis/mutation.ts';
import { assertVersion, changeRow, lockRow } from '#chassis/store/change.ts';
import type { MutationResolvers } from '../__generated__/resolvers.ts';
import { accountOwnerAssigned } from '../events.ts';
import { pushUpdate, syncOf } from '../pushes/record.ts';
import type { Account } from '../store/tables.ts';
import { answer } from './answer.ts';
import { assertUser, givenOwner } from './references.ts';

export const assignAccountOwner: MutationResolvers['assignAccountOwner'] = async (_, { input }, context) => {
  const { idempotencyKey, ...asked } = input;
  const { accountId: id, ifVersion } = asked;
  const ownerId = givenOwner(asked);
  const ownerSource = ownerId === null ? null : 'RECORDED';
  const request = { name: 'assignAccountOwner', idempotencyKey, input: asked };
  const receipt = await mutate(context, request, async (trx, cause) => {
    const address = { table: 'accounts', tenant: context.tenant, id, typename: 'Account' } as const;
    const before: Account = await lockRow(trx, context.store.engine, address);
    assertVersion(address, before, ifVersion, { ownerId: before.ownerId, ownerSource: before.ownerSource });
    await assertUser(trx, context.tenant, ownerId);
    // A derived owner that somebody confirms is recorded: the next derivation leaves the account alone.
    if (before.ownerId === ownerId && before.ownerSource === ownerSource) {
      return { kind: 'changed', subject: id, events: [] };
    }
    const after = await changeRow(trx, address, before, { ownerId, ownerSource, ...syncOf(context) });
    const event = accountOwnerAssigned(before, after, cause);
    await pushUpdate(trx, context, 'accounts', before, after, event);
    return { kind: 'changed', subject: id, events: [event] };
  });
  return answer(context, receipt, 'account');
};
