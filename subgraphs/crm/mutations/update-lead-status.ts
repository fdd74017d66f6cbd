import { mutate } from '#chassis/mutation.ts';
import { assertVersion, changeRow, lockRow } from '#chassis/store/change.ts';
import type { MutationResolvers } from '../__generated__/resolvers.ts';
import { leadStatusChanged } from '../events.ts';
import { pushUpdate, syncOf } from '../pushes/record.ts';
import type { Lead } from '../store/tables.ts';
import { answer } from './answer.ts';
import { assertTransition, leadTransitions } from './transitions.ts';

export const updateLeadStatus: MutationResolvers['updateLeadStatus'] = async (_, { input }, context) => {
  const { idempotencyKey, ...asked } = input;
  const { leadId: id, status, ifVersion } = asked;
  const request = { name: 'updateLeadStatus', idempotencyKey, input: asked };
  const receipt = await mutate(context, request, async (trx, cause) => {
    const address = { table: 'leads', tenant: context.tenant, id, typename: 'Lead' } as const;
    const before: Lead = await lockRow(trx, context.store.engine, address);
    assertVersion(address, before, ifVersion, { status: before.status });
    if (before.status === status) return { kind: 'changed', subject: id, events: [] };
    assertTransition(leadTransitions, { ...address, field: 'status' }, before.status, status);
    const after = await changeRow(trx, address, before, { status, ...syncOf(context) });
    const event = leadStatusChanged(before, after, cause);
    await pushUpdate(trx, context, 'leads', before, after, event);
    return { kind: 'changed', subject: id, events: [event] };
  });
  return answer(context, receipt, 'lead');
};
