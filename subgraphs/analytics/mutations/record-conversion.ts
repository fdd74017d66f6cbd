import { v7 as uuidv7 } from 'uuid';
import { checkId } from '#chassis/input.ts';
import { mutate } from '#chassis/mutation.ts';
import type { MutationResolvers } from '../__generated__/resolvers.ts';
import { conversionRecorded } from '../events.ts';
import { recordedConversion } from '../store/facts.ts';
import type { RecordedConversion } from '../store/tables.ts';
import { factTime } from './fact-time.ts';

/** Records a conversion. Whether its account exists the account's owner knows: every id is taken. */
export const recordConversion: MutationResolvers['recordConversion'] = async (_, { input }, context) => {
  const { idempotencyKey, ...asked } = input;
  const { accountId, kind } = asked;
  checkId('accountId', accountId);
  const { tenant, store } = context;
  const request = { name: 'recordConversion', idempotencyKey, input: asked };
  const receipt = await mutate(context, request, async (trx, cause) => {
    const now = Date.now();
    const conversion: RecordedConversion = {
      tenant,
      id: `cnv_${uuidv7()}`,
      accountId,
      kind,
      at: factTime(asked.at, now),
      recordedAt: new Date(now).toISOString(),
    };
    await trx.insertInto('conversions').values(conversion).execute();
    return { kind: 'changed', subject: conversion.id, events: [conversionRecorded(conversion, cause)] };
  });
  const conversion = await recordedConversion(store.db, tenant, receipt.subject);
  if (conversion === null)
    throw new Error(`The conversion "${receipt.subject}" was recorded and is not there.`);
  return { conversion, event: receipt.events[0] ?? null, replayed: receipt.replayed };
};
