import type { Transaction } from 'kysely';
import { sameValue } from '../../store/upsert.ts';
import { recordDecisions } from './decisions.ts';
import { type PushPlace, pushesOf, updatePush } from './record.ts';
import { type Judgement, judge, type RuleOf } from './rules.ts';
import type { DecisionRow, Fields, Push, PushTables, Value } from './tables.ts';

/** A record as the vendor was seen to have it, in our ids. */
export interface SeenRecord {
  /** Ours. */
  readonly id: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** When the vendor changed it last. */
  readonly changedAt: string;
}

/** What becomes of a record that was seen. */
export interface Weighed {
  readonly id: string;
  /** The fields that stay as we have them. */
  readonly kept: readonly string[];
  /** Changes of ours that gave way to the vendor's, and are settled as rejected with {@link gaveWay}. */
  readonly withdrawn: readonly Push[];
  /** What else waits of the record. */
  readonly waiting: readonly Push[];
}

/** The code of a change that was not sent, since the vendor's came to light first and has the last word. */
export const gaveWay = 'VENDOR_CHANGED_IT';

export interface WeighOptions extends PushPlace {
  /** When the read of the records began. */
  readonly observedAt: string;
  readonly ruleOf: RuleOf;
}

/**
 * Weighs what the vendor was seen to have against changes of ours that wait, or that it accepted since: within the
 * transaction that writes the rows, whose locks it has. Decides each conflict by its field's rule, and writes down how.
 * A record without such changes is not in the answer.
 */
export async function weighRecords<Tables extends PushTables>(
  trx: Transaction<Tables>,
  records: readonly SeenRecord[],
  { tenant, type, observedAt, ruleOf }: WeighOptions,
): Promise<ReadonlyMap<string, Weighed>> {
  const [first, ...others] = records;
  if (first === undefined) return new Map();
  const oldest = others.reduce((min, { changedAt }) => (changedAt < min ? changedAt : min), first.changedAt);
  const ids = records.map(({ id }) => id);
  const pushes = Map.groupBy(await pushesOf(trx, { tenant, type }, ids, oldest), ({ id }) => id);
  const weighed = new Map<string, Weighed>();
  const decisions: DecisionRow[] = [];
  const decidedAt = new Date().toISOString();
  for (const record of records) {
    const ofRecord = pushes.get(record.id);
    if (ofRecord === undefined) continue;
    const judged = judgeRecord(record, ofRecord, (field) => ruleOf(type, field), observedAt);
    for (const [field, judgement] of judged) {
      if (judgement.kind !== 'conflict') continue;
      const { push, winner, because, ourAt } = judgement;
      decisions.push({
        tenant,
        type,
        id: record.id,
        field,
        vendorValue: JSON.stringify(record.values[field] ?? null),
        vendorAt: record.changedAt,
        ourValue: JSON.stringify(push.fields[field]?.to ?? null),
        ourAt,
        eventId: push.eventId,
        rule: ruleOf(type, field),
        winner,
        because,
        decidedAt,
      });
    }
    weighed.set(record.id, await apply(trx, record, ofRecord, judged, decidedAt));
  }
  await recordDecisions(trx, decisions);
  return weighed;
}

type Judged = ReadonlyMap<string, Judgement>;

/** The fields that are weighed by themselves. */
function judgeRecord(
  { values, changedAt }: SeenRecord,
  pushes: readonly Push[],
  rule: (field: string) => ReturnType<RuleOf>,
  observedAt: string,
): Judged {
  const changes = pushes.flatMap(({ fields }) => Object.entries(fields));
  const fields = new Set(changes.filter(([, change]) => change.with === undefined).map(([name]) => name));
  return new Map(
    [...fields]
      .filter((field) => field in values)
      .map((field) => {
        const seen = { field, value: (values[field] ?? null) as Value, changedAt, observedAt };
        return [field, judge(seen, pushes, rule(field))];
      }),
  );
}

async function apply<Tables extends PushTables>(
  trx: Transaction<Tables>,
  { id, values }: SeenRecord,
  pushes: readonly Push[],
  judged: Judged,
  now: string,
): Promise<Weighed> {
  const lost = [...judged].filter(([, judgement]) => isWonBy(judgement, 'vendor')).map(([field]) => field);
  const open = pushes.filter(({ state }) => state === 'PENDING');
  const withdrawn = open.filter(({ fields }) => lost.some((field) => fields[field] !== undefined));
  const waiting = open.filter((push) => !withdrawn.includes(push));
  for (const push of withdrawn) {
    await updatePush(trx, push, { state: 'REJECTED', code: gaveWay, settledAt: now });
  }
  await correct(trx, waiting, values, judged);
  const held = new Set(waiting.flatMap(({ fields }) => Object.keys(fields)));
  const ours = new Set([...judged].filter(([, one]) => isOurs(one)).map(([field]) => field));
  const along = pushes.flatMap(({ fields }) =>
    Object.entries(fields).flatMap(([name, { with: other }]) => (other && ours.has(other) ? [name] : [])),
  );
  return { id, kept: [...new Set([...held, ...ours, ...along])], withdrawn, waiting };
}

const isWonBy = (judgement: Judgement, winner: 'vendor' | 'platform') =>
  judgement.kind === 'conflict' && judgement.winner === winner;

const isOurs = (judgement: Judgement) => judgement.kind === 'keep' || isWonBy(judgement, 'platform');

/**
 * What the vendor has instead of ours is what a refusal of ours goes back to, and where ours is under way already the
 * vendor is to be asked afterwards which of the two it kept.
 */
async function correct<Tables extends PushTables>(
  trx: Transaction<Tables>,
  waiting: readonly Push[],
  values: SeenRecord['values'],
  judged: Judged,
): Promise<void> {
  const open = new Set(waiting.flatMap(({ fields }) => Object.keys(fields)));
  for (const push of waiting) {
    const corrected: Record<string, Fields[string]> = {};
    for (const [name, change] of Object.entries(push.fields)) {
      // The first change of a field alone begins from what the vendor has.
      if (!open.delete(name)) continue;
      const judgement = judged.get(change.with ?? name);
      const value = (values[name] ?? null) as Value;
      const isNews = judgement !== undefined && isWonBy(judgement, 'platform');
      if (isNews && name in values && !sameValue(change.from, value)) {
        corrected[name] = { ...change, from: value };
      }
    }
    const isContested = push.sentAs !== null && Object.keys(corrected).length > 0;
    if (Object.keys(corrected).length === 0) continue;
    await updatePush(trx, push, {
      fields: { ...push.fields, ...corrected },
      ...(isContested ? { contested: 1 } : {}),
    });
  }
}
