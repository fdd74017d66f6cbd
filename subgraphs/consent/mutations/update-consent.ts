import type { Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { checkId, checkText, refuseField } from '#chassis/input.ts';
import { mutate } from '#chassis/mutation.ts';
import type { ConsentChange, MutationResolvers } from '../__generated__/resolvers.ts';
import { type Context, loadersOf } from '../loaders.ts';
import { lockContacts } from '../store/contacts.ts';
import { selectPurposes } from '../store/purposes.ts';
import { selectLatestRecords, writeRecords } from '../store/records.ts';
import type { ConsentRecord, ConsentRecordValues, Tables } from '../store/tables.ts';

const mostChanges = 100;
const longestSource = 200;
const longestEvidence = 4_000;
const jurisdictionPattern = /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/;

export const updateConsent: MutationResolvers['updateConsent'] = async (_, { input }, context) => {
  const { idempotencyKey, changes } = input;
  checkChanges(changes);
  const request = { name: 'updateConsent', idempotencyKey, input: { changes } };
  const { subject, events, replayed } = await mutate(context, request, async (trx, cause) => {
    const act = `cns_${uuidv7()}`;
    const records = await recordsOf(trx, context.tenant, act, changes);
    const { events } = await writeRecords(trx, context.tenant, records, new Date().toISOString(), cause);
    return { kind: 'changed', subject: act, events };
  });
  context.loaders = loadersOf(context.store, context.tenant);
  const records = await Promise.all(changes.map((_change, place) => recordAt(context, subject, place)));
  const contacts = [...new Set(changes.map(({ contactId }) => contactId))].map((id) => ({ id }));
  return { contacts, records, events, replayed };
};

/** The records of one act: a replay finds them again by its id and their place. */
const recordId = (act: string, place: number) => `${act}_${String(place + 1).padStart(3, '0')}`;

async function recordAt({ loaders }: Context, act: string, place: number): Promise<ConsentRecord> {
  const record = await loaders.record.load(recordId(act, place));
  if (record === null)
    throw new Error(`The consent record "${recordId(act, place)}" was written and is not there.`);
  return record;
}

function checkChanges(changes: readonly ConsentChange[]): void {
  if (changes.length < 1 || changes.length > mostChanges) {
    refuseField('changes', changes.length, `a list of 1 to ${mostChanges}`);
  }
  const now = new Date().toISOString();
  for (const [place, change] of changes.entries()) {
    const field = (name: keyof ConsentChange) => `changes.${place}.${name}`;
    checkId(field('contactId'), change.contactId);
    checkText(field('source'), change.source, longestSource);
    checkText(field('evidence'), change.evidence, longestEvidence);
    const { jurisdiction, recordedAt } = change;
    if (jurisdiction && !jurisdictionPattern.test(jurisdiction)) {
      refuseField(field('jurisdiction'), jurisdiction, 'an ISO 3166 code such as "DE" or "US-CA", or "EU"');
    }
    if (recordedAt && recordedAt > now) refuseField(field('recordedAt'), recordedAt, `no time after ${now}`);
  }
}

/** The records that changes make. Throws `INVALID_ARGUMENT` for an unknown purpose. */
async function recordsOf(
  trx: Transaction<Tables>,
  tenant: string,
  act: string,
  changes: readonly ConsentChange[],
): Promise<readonly ConsentRecordValues[]> {
  const purposes = (await selectPurposes(trx, tenant)).map(({ id }) => id);
  const times = await openTimes(trx, tenant, changes);
  return changes.map((change, place) => {
    const { contactId, purpose, decision, legalBasis = null, jurisdiction = null, source } = change;
    if (!purposes.includes(purpose)) refuseField(`changes.${place}.purpose`, purpose, purposes);
    return {
      id: recordId(act, place),
      contactId,
      purpose,
      decision,
      legalBasis,
      jurisdiction,
      source,
      evidence: change.evidence ?? null,
      recordedAt: times(change),
    };
  });
}

/**
 * Answers when each change was decided. One without a time is decided now, and later than all that is recorded: a "no"
 * must not be lost because another machine's clock is ahead.
 */
async function openTimes(
  trx: Transaction<Tables>,
  tenant: string,
  changes: readonly ConsentChange[],
): Promise<(change: ConsentChange) => string> {
  const contactIds = changes.map(({ contactId }) => contactId);
  const now = new Date().toISOString();
  const contacts = await lockContacts(trx, tenant, contactIds, now);
  const latest = new Map(
    (await selectLatestRecords(trx, tenant, [...contacts.keys()])).map((record) => [
      JSON.stringify([record.contactId, record.purpose]),
      record.recordedAt,
    ]),
  );
  return ({ contactId, purpose, recordedAt }) => {
    const place = JSON.stringify([contactId, purpose]);
    const held = latest.get(place) ?? '';
    const time = recordedAt ?? (now > held ? now : new Date(Date.parse(held) + 1).toISOString());
    if (time > held) latest.set(place, time);
    return time;
  };
}
