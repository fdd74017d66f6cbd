import { type Kysely, sql, type Transaction } from 'kysely';
import { lockName } from '../../store/lock.ts';
import type { MigrationTarget } from '../../store/migrate.ts';

/** Which record at a vendor a row of ours is, and which state of it was seen last. */
export interface Link {
  readonly tenant: string;
  readonly vendor: string;
  /** Of record, in the domain's words. */
  readonly type: string;
  readonly vendorId: string;
  /** Ours. */
  readonly id: string;
  /** When the vendor changed the state that was seen; null where only its being there is known. */
  readonly changedAt: string | null;
  /** When the read of it began: the vendor's state cannot be older than that. */
  readonly observedAt: string;
  /** Since when it is known to be there no more; null while it is. The row is gone with it, the link stays. */
  readonly goneAt: string | null;
}

export interface LinkTables {
  vendorLinks: Link;
}

/** The records of one type that one tenant has at one vendor. */
export interface LinkPlace {
  readonly tenant: string;
  readonly vendor: string;
  readonly type: string;
}

/** Values per statement: SQLite takes 32,766 parameters, a link has eight columns. */
const batchSize = 2_000;

export async function createLinks({ db, text }: MigrationTarget): Promise<void> {
  await db.schema
    .createTable('vendor_links')
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('vendor', text, (column) => column.notNull())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('vendor_id', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('changed_at', text)
    .addColumn('observed_at', text, (column) => column.notNull())
    .addColumn('gone_at', text)
    .addPrimaryKeyConstraint('vendor_links_key', ['tenant', 'vendor', 'type', 'vendor_id'] as never)
    .execute();
  await sql`create index vendor_links_by_id on vendor_links (tenant, vendor, type, id)`.execute(db);
}

/** The links of records by the vendor's ids, by these ids; those of what is gone too. Unknown ids are left out. */
export async function linksOfVendorIds<Tables extends LinkTables>(
  db: Kysely<Tables>,
  place: LinkPlace,
  vendorIds: readonly string[],
): Promise<ReadonlyMap<string, Link>> {
  const links = await select(db, place, 'vendor_id', vendorIds);
  return new Map(links.map((link) => [link.vendorId, link]));
}

/**
 * The links of rows by our ids, by these ids. Where one record at the vendor is gone and another took its place, it is
 * the link of the one that is there.
 */
export async function linksOfIds<Tables extends LinkTables>(
  db: Kysely<Tables>,
  place: LinkPlace,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Link>> {
  const links = await select(db, place, 'id', ids);
  return new Map(
    links
      .toSorted((a, b) => Number(a.goneAt === null) - Number(b.goneAt === null))
      .map((link) => [link.id, link]),
  );
}

/** All links of rows by our ids to records that are there: several may be of one. */
export async function liveLinksOfIds<Tables extends LinkTables>(
  db: Kysely<Tables>,
  place: LinkPlace,
  ids: readonly string[],
): Promise<readonly Link[]> {
  return (await select(db, place, 'id', ids)).filter(({ goneAt }) => goneAt === null);
}

/**
 * Keeps every other transaction from writing what a vendor has of a tenant until this one ends. It comes before every
 * other lock of such a transaction: links, what waits for them and rows are locked in whatever order the vendor tells of
 * them, and two transactions in two orders would wait for each other.
 */
export async function lockVendor<Tables>(
  trx: Transaction<Tables>,
  { tenant, vendor }: Pick<LinkPlace, 'tenant' | 'vendor'>,
): Promise<void> {
  await lockName(trx, JSON.stringify([tenant, vendor]));
}

/** Writes links by the vendor's ids; what was known of one is replaced. */
export async function writeLinks<Tables extends LinkTables>(
  trx: Transaction<Tables>,
  links: readonly Link[],
): Promise<void> {
  for (let start = 0; start < links.length; start += batchSize) {
    const values = links
      .slice(start, start + batchSize)
      .map(
        (link) =>
          sql`(${link.tenant}, ${link.vendor}, ${link.type}, ${link.vendorId}, ${link.id}, ${link.changedAt}, ${link.observedAt}, ${link.goneAt})`,
      );
    await sql`
      insert into vendor_links (tenant, vendor, type, vendor_id, id, changed_at, observed_at, gone_at)
      values ${sql.join(values)}
      on conflict (tenant, vendor, type, vendor_id) do update set
        id = excluded.id, changed_at = excluded.changed_at,
        observed_at = excluded.observed_at, gone_at = excluded.gone_at`.execute(trx);
  }
}

async function select<Tables extends LinkTables>(
  db: Kysely<Tables>,
  { tenant, vendor, type }: LinkPlace,
  column: 'vendor_id' | 'id',
  values: readonly string[],
): Promise<readonly Link[]> {
  const links: Link[] = [];
  for (let start = 0; start < values.length; start += batchSize) {
    const { rows } = await sql<Link>`
      select * from vendor_links
      where tenant = ${tenant} and vendor = ${vendor} and type = ${type}
        and ${sql.ref(column)} in (${sql.join(values.slice(start, start + batchSize))})`.execute(db);
    links.push(...rows);
  }
  return links;
}
