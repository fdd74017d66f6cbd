import { sql, type Transaction } from 'kysely';
import type { EventStore } from '#events/event-store.ts';
import { readTime } from '../replica/read-time.ts';
import { lockOf, readPush, updatePush } from './record.ts';
import type { Fields, Push, PushRow, PushTables } from './tables.ts';

/** Changes of one record that are sent as one. */
export interface Batch {
  readonly tenant: string;
  readonly type: string;
  /** Ours, of the record. */
  readonly id: string;
  /** The same for each repetition: the id of the first event. */
  readonly idempotencyKey: string;
  /** In the order of their versions; at least one. */
  readonly pushes: readonly [Push, ...Push[]];
  /** What all of them do together: from before the first to after the last. */
  readonly fields: Fields;
}

/** Changes in one batch, and so the size of a row's waiting changes that is read at once. */
const mostPushes = 100;

/**
 * Takes what is to be sent next of a record, and commits as what it is sent before it is: a repetition after a crash has
 * the same changes under the same key, whatever was made meanwhile. Null once a change is settled.
 * @param joins whether changes of one record are sent as one
 */
export async function takeBatch<Tables extends PushTables>(
  store: EventStore<Tables>,
  { tenant, type, id, eventId }: Push,
  joins: boolean,
): Promise<Batch | null> {
  const batch = await store.transaction(async (trx) => {
    const waiting = await waitingOf(trx, { tenant, type, id });
    const [first] = waiting;
    if (first === undefined) return null;
    // Where not all were read it stands behind those that were.
    if (waiting.length < mostPushes && !waiting.some((push) => push.eventId === eventId)) return null;
    const unsent = joins ? waiting.filter(({ sentAs }) => sentAs === null) : [first];
    const chosen = first.sentAs === null ? unsent : waiting.filter(({ sentAs }) => sentAs === first.sentAs);
    const idempotencyKey = first.sentAs ?? first.eventId;
    await sql`
      update pushes set sent_as = ${idempotencyKey}, sent_at = coalesce(sent_at, ${readTime()}),
        attempts = attempts + 1
      where tenant = ${tenant} and event_id in (${sql.join(chosen.map((push) => push.eventId))})`.execute(
      trx,
    );
    const pushes = chosen as [Push, ...Push[]];
    return { tenant, type, id, idempotencyKey, pushes, fields: together(pushes) };
  });
  // Else a loss of power could bring the key back to be used for something else.
  if (batch !== null) await store.durable();
  return batch;
}

async function waitingOf<Tables extends PushTables>(
  trx: Transaction<Tables>,
  { tenant, type, id }: Pick<Push, 'tenant' | 'type' | 'id'>,
): Promise<readonly Push[]> {
  const { rows } = await sql<PushRow>`
    select * from pushes where tenant = ${tenant} and type = ${type} and id = ${id} and state = 'PENDING'
    order by version, event_id limit ${sql.lit(mostPushes)} ${lockOf(trx)}`.execute(trx);
  return rows.map(readPush);
}

function together(pushes: readonly Push[]): Fields {
  const fields: Record<string, Fields[string]> = {};
  for (const push of pushes) {
    for (const [name, change] of Object.entries(push.fields)) {
      fields[name] = { ...change, from: (fields[name] ?? change).from };
    }
  }
  return fields;
}

/** Notes why a batch could not be brought to the vendor, for whoever asks why it waits. */
export async function noteFailure<Tables extends PushTables>(
  store: EventStore<Tables>,
  { tenant, idempotencyKey }: Batch,
  failure: string,
): Promise<void> {
  await store.transaction((trx) =>
    sql`
      update pushes set failure = ${failure}
      where tenant = ${tenant} and sent_as = ${idempotencyKey} and state = 'PENDING'`.execute(trx),
  );
}

export type Outcome =
  | { readonly kind: 'accepted'; readonly record: { readonly type: string; readonly id: string } | null }
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string };

/**
 * Settles a batch within the transaction that changes its row, whose lock is taken before. Answers the changes that it
 * settled, which are none where another process did, and those of the record that wait behind it. Of a batch that was
 * rejected the latter are told what the vendor has after all.
 */
export async function settleBatch<Tables extends PushTables>(
  trx: Transaction<Tables>,
  batch: Batch,
  outcome: Outcome,
): Promise<{ readonly settled: readonly Push[]; readonly waiting: readonly Push[] }> {
  const { tenant, idempotencyKey } = batch;
  const state = outcome.kind === 'accepted' ? 'ACCEPTED' : 'REJECTED';
  const code = outcome.kind === 'accepted' ? null : outcome.code;
  const { rows } = await sql<PushRow>`
    update pushes set state = ${state}, code = ${code}, failure = null, settled_at = ${readTime()}
    where tenant = ${tenant} and sent_as = ${idempotencyKey} and state = 'PENDING'
    returning *`.execute(trx);
  const settled = rows.map(readPush).sort((a, b) => a.version - b.version);
  const waiting = await waitingOf(trx, batch);
  if (outcome.kind === 'rejected' && settled.length > 0) await handBack(trx, together(settled), waiting);
  return { settled, waiting };
}

/** What the vendor refused of a field is not what the next change of the field begins from. */
async function handBack<Tables extends PushTables>(
  trx: Transaction<Tables>,
  refused: Fields,
  waiting: readonly Push[],
): Promise<void> {
  const open = new Map(Object.entries(refused));
  for (const push of waiting) {
    const taken = Object.keys(push.fields).filter((name) => open.has(name));
    if (taken.length === 0) continue;
    const corrected = taken.map((name) => [
      name,
      { ...push.fields[name], from: open.get(name)?.from ?? null },
    ]);
    for (const name of taken) open.delete(name);
    await updatePush(trx, push, { fields: { ...push.fields, ...Object.fromEntries(corrected) } as Fields });
  }
}
