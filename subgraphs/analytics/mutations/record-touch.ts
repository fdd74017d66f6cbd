import { v7 as uuidv7 } from 'uuid';
import { checkId, refuseField } from '#chassis/input.ts';
import { mutate } from '#chassis/mutation.ts';
import type { MutationResolvers } from '../__generated__/resolvers.ts';
import { touchRecorded } from '../events.ts';
import { recordedTouch } from '../store/facts.ts';
import type { RecordedTouch } from '../store/tables.ts';
import { factTime } from './fact-time.ts';

/** Records a touch. Whether its account, lead and campaign exist their owners know: every id is taken. */
export const recordTouch: MutationResolvers['recordTouch'] = async (_, { input }, context) => {
  const { idempotencyKey, ...asked } = input;
  const { accountId = null, leadId = null, campaignId = null, channel, kind } = asked;
  checkId('accountId', accountId);
  checkId('leadId', leadId);
  checkId('campaignId', campaignId);
  if (accountId === null && leadId === null) {
    refuseField('accountId', accountId, 'the id of an account, or leadId that of a lead');
  }
  const { tenant, store } = context;
  const request = { name: 'recordTouch', idempotencyKey, input: asked };
  const receipt = await mutate(context, request, async (trx, cause) => {
    const now = Date.now();
    const touch: RecordedTouch = {
      tenant,
      id: `tch_${uuidv7()}`,
      accountId,
      leadId,
      channel,
      kind,
      campaignId,
      at: factTime(asked.at, now),
      recordedAt: new Date(now).toISOString(),
    };
    await trx.insertInto('touches').values(touch).execute();
    return { kind: 'changed', subject: touch.id, events: [touchRecorded(touch, cause)] };
  });
  const touch = await recordedTouch(store.db, tenant, receipt.subject);
  if (touch === null) throw new Error(`The touch "${receipt.subject}" was recorded and is not there.`);
  return { touch, event: receipt.events[0] ?? null, replayed: receipt.replayed };
};
