import { refuseField } from '#chassis/input.ts';
import { mutate } from '#chassis/mutation.ts';
import { assertVersion, changeRow, lockRow } from '#chassis/store/change.ts';
import type { MutationResolvers, OpportunityStage } from '../__generated__/resolvers.ts';
import { opportunityStageMoved } from '../events.ts';
import { pushUpdate, syncOf } from '../pushes/record.ts';
import type { Opportunity } from '../store/tables.ts';
import { answer } from './answer.ts';
import { assertTransition, stageTransitions } from './transitions.ts';

export const moveOpportunityStage: MutationResolvers['moveOpportunityStage'] = async (
  _,
  { input },
  context,
) => {
  const { idempotencyKey, ...asked } = input;
  const { opportunityId: id, stage, closeDate: given, ifVersion } = asked;
  if (!isClosed(stage) && given) refuseField('closeDate', given, 'left out unless the stage is WON or LOST');
  const request = { name: 'moveOpportunityStage', idempotencyKey, input: asked };
  const receipt = await mutate(context, request, async (trx, cause) => {
    const address = { table: 'opportunities', tenant: context.tenant, id, typename: 'Opportunity' } as const;
    const before: Opportunity = await lockRow(trx, context.store.engine, address);
    const { stage: from, closeDate } = before;
    assertVersion(address, before, ifVersion, { stage: from, closeDate });
    if (from === stage) return { kind: 'changed', subject: id, events: [] };
    assertTransition(stageTransitions, { ...address, field: 'stage' }, from, stage);
    const after = await changeRow(trx, address, before, {
      stage,
      closeDate: closeDateIn(stage, before, given),
      ...syncOf(context),
    });
    const event = opportunityStageMoved(before, after, cause);
    await pushUpdate(trx, context, 'opportunities', before, after, event);
    return { kind: 'changed', subject: id, events: [event] };
  });
  return answer(context, receipt, 'opportunity');
};

const isClosed = (stage: OpportunityStage) => stage === 'WON' || stage === 'LOST';

/** Throws `INVALID_ARGUMENT` for a day on which it cannot have been won or lost. */
function closeDateIn(
  stage: OpportunityStage,
  { stage: from, openDate, closeDate }: Opportunity,
  given: string | null | undefined,
): string | null {
  if (!isClosed(stage)) {
    // The day it was lost is not when it is expected to close.
    return isClosed(from) ? null : closeDate;
  }
  const now = Date.now();
  const day = given ?? dayOf(now);
  // Wherever on earth it is latest: a rep in Auckland names a day that has not begun in UTC.
  if (day > dayOf(now + 14 * 3_600_000)) refuseField('closeDate', day, 'a day that is not in the future');
  if (given && openDate !== null && day < openDate) {
    refuseField('closeDate', day, `no day before the opportunity was opened, on ${openDate}`);
  }
  return day;
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
