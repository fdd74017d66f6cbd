import { type Generated, sql, type Transaction } from 'kysely';
import { z } from 'zod';
import type { Migrations } from '#chassis/store/migrate.ts';
import { openStore, type Store, type StoreLocation } from '#chassis/store/store.ts';
import type { StoreContext } from '#events/consumer.ts';
import { defineEvent } from '#events/define-event.ts';
import { type EventEnvelope, makeEvent } from '#events/envelope.ts';
import { createInbox, type InboxTables } from '#events/inbox.ts';
import { append, createOutbox, type OutboxTables } from '#events/outbox.ts';

/** Where a consumer of the ledger keeps what it was told: one row for each time that an event took effect. */
export interface MirrorTables extends InboxTables, OutboxTables {
  entries: EntryRow;
}

export type MirrorStore = Store<MirrorTables>;

interface EntryRow {
  readonly position: Generated<number>;
  readonly eventId: string;
  readonly account: string;
  readonly version: number;
  readonly amount: number;
}

export type Entry = Omit<EntryRow, 'position'>;

export const amountMirroredV1 = defineEvent({
  name: 'AmountMirrored',
  version: 1,
  owner: 'mirror',
  entity: 'Account',
  description: 'A posting reached the mirror.',
  orderedBy: 'subject',
  routing: [],
  fields: { amount: z.int() },
  example: { amount: 5 },
});

const migrations: Migrations = {
  '001_mirror': async (target) => {
    const { db, text, engine } = target;
    await db.schema
      .createTable('entries')
      .addColumn('position', engine === 'postgres' ? 'bigserial' : 'integer', (column) =>
        engine === 'postgres' ? column.primaryKey() : column.primaryKey().autoIncrement(),
      )
      .addColumn('event_id', text, (column) => column.notNull())
      .addColumn('account', text, (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('amount', 'integer', (column) => column.notNull())
      .execute();
    await createOutbox(target);
    await createInbox(target);
  },
};

export function openMirror(location: StoreLocation, name = 'mirror'): Promise<Store<MirrorTables>> {
  return openStore<MirrorTables>({ name, location, migrations });
}

/** Writes down a posting; nothing here would notice a second time. */
export async function enter(
  trx: Transaction<MirrorTables>,
  { id, subject, entityversion, data }: EventEnvelope<{ amount: number }>,
): Promise<void> {
  await sql`
    insert into entries (event_id, account, version, amount)
    values (${id}, ${subject}, ${entityversion}, ${data.amount})`.execute(trx);
}

/** The same, and tells others of it. */
export async function enterAndTell(
  event: EventEnvelope<{ amount: number }>,
  { trx, cause }: StoreContext<MirrorTables>,
): Promise<void> {
  await enter(trx, event);
  const { subject, entityversion: entityVersion, data } = event;
  const told = { subject, entityVersion, routing: {}, data: { amount: data.amount } };
  await append(trx, [makeEvent(amountMirroredV1, told, cause)]);
}

/** What took effect, in the order in which it did. */
export async function entriesOf(store: Store<MirrorTables>): Promise<readonly Entry[]> {
  const { rows } = await sql<Entry>`
    select event_id, account, version, amount from entries order by position`.execute(store.db);
  return rows;
}
