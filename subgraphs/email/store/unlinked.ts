import { type Kysely, sql, type Transaction } from 'kysely';
import type { MigrationTarget } from '#chassis/store/migrate.ts';

/** What the vendor said of somebody whom the graph does not know: it waits until it does. It has no address. */
export interface UnlinkedRow {
  readonly tenant: string;
  readonly vendor: string;
  /** Of record: recipients, or what was said of one. */
  readonly type: string;
  readonly vendorId: string;
  /** What the row would be called. */
  readonly id: string;
  /** The vendor's id of whom it is about; null where it has none, and is found when it is said again. */
  readonly recipientId: string | null;
  /** What was said, as JSON. */
  readonly said: string;
  readonly tries: number;
  /** When it is looked for next, RFC 3339. */
  readonly dueAt: string;
}

export interface UnlinkedTables {
  unlinked: UnlinkedRow;
}

export interface UnlinkedPlace {
  readonly tenant: string;
  readonly vendor: string;
}

/** After the first try, and from then on twice as long each time. */
const firstWaitMs = 60_000;
const longestWaitMs = 24 * 3_600_000;
/** Rows per statement: SQLite takes 32,766 parameters. */
const batchSize = 2_000;

export async function createUnlinked({ db, text }: MigrationTarget): Promise<void> {
  await db.schema
    .createTable('unlinked')
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('vendor', text, (column) => column.notNull())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('vendor_id', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('recipient_id', text)
    .addColumn('said', text, (column) => column.notNull())
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addColumn('due_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('unlinked_key', ['tenant', 'vendor', 'type', 'vendor_id'] as never)
    .execute();
  await sql`create index unlinked_by_recipient on unlinked (tenant, vendor, recipient_id)`.execute(db);
  await sql`create index unlinked_by_due on unlinked (tenant, vendor, type, due_at)`.execute(db);
  await sql`create index unlinked_by_id on unlinked (tenant, type, id)`.execute(db);
}

/** Keeps what is not known yet; what waited before has been looked for once more. */
export async function keepUnlinked(
  trx: Transaction<UnlinkedTables>,
  { tenant, vendor }: UnlinkedPlace,
  rows: readonly Pick<UnlinkedRow, 'type' | 'vendorId' | 'id' | 'recipientId' | 'said'>[],
): Promise<void> {
  for (const batch of batchesOf(rows)) {
    const [first] = batch;
    if (first === undefined) continue;
    const { rows: known } = await sql<Pick<UnlinkedRow, 'vendorId' | 'tries'>>`
      select vendor_id, tries from unlinked
      where tenant = ${tenant} and vendor = ${vendor} and type = ${first.type}
        and vendor_id in (${sql.join(batch.map(({ vendorId }) => vendorId))})`.execute(trx);
    const tries = new Map(known.map((row) => [row.vendorId, row.tries + 1]));
    const distinct = [...new Map(batch.map((row) => [row.vendorId, row])).values()];
    const values = distinct.map(({ type, vendorId, id, recipientId, said }) => {
      const tried = tries.get(vendorId) ?? 0;
      const waitMs = Math.min(firstWaitMs * 2 ** Math.min(tried, 20), longestWaitMs);
      const dueAt = new Date(Date.now() + waitMs).toISOString();
      return sql`(${tenant}, ${vendor}, ${type}, ${vendorId}, ${id}, ${recipientId}, ${said}, ${tried}, ${dueAt})`;
    });
    await sql`
      insert into unlinked (tenant, vendor, type, vendor_id, id, recipient_id, said, tries, due_at)
      values ${sql.join(values)}
      on conflict (tenant, vendor, type, vendor_id) do update set id = excluded.id,
        recipient_id = excluded.recipient_id, said = excluded.said, tries = excluded.tries,
        due_at = excluded.due_at`.execute(trx);
  }
}

/** Has what was looked for in vain, and was not kept anew by that, wait for its next time. */
export async function putOff(
  trx: Transaction<UnlinkedTables>,
  { tenant, vendor }: UnlinkedPlace,
  type: string,
  vendorIds: readonly string[],
): Promise<void> {
  for (const batch of batchesOf(vendorIds)) {
    const { rows } = await sql<UnlinkedRow>`
      select * from unlinked
      where tenant = ${tenant} and vendor = ${vendor} and type = ${type}
        and due_at <= ${new Date().toISOString()} and vendor_id in (${sql.join(batch)})`.execute(trx);
    await keepUnlinked(trx, { tenant, vendor }, rows);
  }
}

/** Takes out what waited for recipients, and answers it. */
export async function takeOfRecipients(
  trx: Transaction<UnlinkedTables>,
  { tenant, vendor }: UnlinkedPlace,
  recipientIds: readonly string[],
): Promise<readonly UnlinkedRow[]> {
  const taken: UnlinkedRow[] = [];
  for (const ids of batchesOf(recipientIds)) {
    const { rows } = await sql<UnlinkedRow>`
      delete from unlinked
      where tenant = ${tenant} and vendor = ${vendor} and recipient_id in (${sql.join(ids)})
      returning *`.execute(trx);
    taken.push(...rows);
  }
  return taken;
}

/** Forgets what waited, by the vendor's ids or by those that its rows would have had. */
export async function forgetUnlinked(
  trx: Transaction<UnlinkedTables>,
  { tenant, vendor }: UnlinkedPlace,
  type: string,
  { by, values }: { readonly by: 'vendorId' | 'id'; readonly values: readonly string[] },
): Promise<void> {
  for (const batch of batchesOf(values)) {
    await sql`
      delete from unlinked
      where tenant = ${tenant} and vendor = ${vendor} and type = ${type}
        and ${sql.ref(by)} in (${sql.join(batch)})`.execute(trx);
  }
}

/** Has recipients looked for of whom something was said; whoever is looked for already has its time. */
export async function lookForRecipients(
  trx: Transaction<UnlinkedTables>,
  { tenant, vendor }: UnlinkedPlace,
  recipients: readonly { readonly vendorId: string; readonly id: string }[],
): Promise<void> {
  const dueAt = new Date(Date.now() + firstWaitMs).toISOString();
  for (const batch of batchesOf(recipients)) {
    const values = batch.map(
      ({ vendorId, id }) =>
        sql`(${tenant}, ${vendor}, 'recipients', ${vendorId}, ${id}, ${vendorId}, '{}', 0, ${dueAt})`,
    );
    await sql`
      insert into unlinked (tenant, vendor, type, vendor_id, id, recipient_id, said, tries, due_at)
      values ${sql.join(values)} on conflict (tenant, vendor, type, vendor_id) do nothing`.execute(trx);
  }
}

/** Those of the ids under which something waits. */
export async function unlinkedIds(
  db: Kysely<UnlinkedTables>,
  tenant: string,
  type: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const batch of batchesOf(ids)) {
    const { rows } = await sql<{ id: string }>`
      select id from unlinked
      where tenant = ${tenant} and type = ${type} and id in (${sql.join(batch)})`.execute(db);
    found.push(...rows.map(({ id }) => id));
  }
  return found;
}

/** The vendor's ids of records of a type that are to be looked for again, those that wait longest first. */
export async function dueUnlinked(
  db: Kysely<UnlinkedTables>,
  { tenant, vendor }: UnlinkedPlace,
  type: string,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ vendorId: string }>`
    select vendor_id from unlinked
    where tenant = ${tenant} and vendor = ${vendor} and type = ${type}
      and due_at <= ${new Date().toISOString()}
    order by due_at, vendor_id limit ${limit}`.execute(db);
  return rows.map(({ vendorId }) => vendorId);
}

function batchesOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / batchSize) }, (_, nth) =>
    items.slice(nth * batchSize, (nth + 1) * batchSize),
  );
}
