import { type Kysely, sql } from 'kysely';

/**
 * A row has the time at which its values were read or its change began, and may be committed later. So a sweep looks back
 * from where the one before came to its end: at an import of this length nothing is left out.
 */
const lookBackMs = 15 * 60_000;

export interface ChangedRowsRequest<Row> {
  readonly table: string;
  readonly tenant: string;
  /** A cursor of an earlier answer; null for the beginning. */
  readonly since: string | null;
  readonly pageSize: number;
  /** The column of when a row was changed, or came where rows are never changed. */
  readonly time: keyof Row & string;
}

/** A page of a tenant's rows behind a cursor, in the order of their times; some come again after the end. */
export async function changedRows<Tables, Row extends { readonly id: string }>(
  db: Kysely<Tables>,
  { table, tenant, since, pageSize, time }: ChangedRowsRequest<Row>,
): Promise<{ readonly rows: readonly Row[]; readonly next: string; readonly more: boolean }> {
  const after = since === null ? ['', ''] : (JSON.parse(since) as readonly [string, string]);
  const { rows } = await sql<Row>`
    select * from ${sql.table(table)}
    where tenant = ${tenant} and (${sql.ref(time)}, id) > (${after[0]}, ${after[1]})
    order by ${sql.ref(time)}, id limit ${pageSize + 1}`.execute(db);
  const page = rows.slice(0, pageSize);
  const more = rows.length > page.length;
  const last = page.at(-1);
  const place = last === undefined ? after : [String(last[time]), last.id];
  const back = [new Date(Date.now() - lookBackMs).toISOString(), ''];
  // The end of a sweep: what is committed later with an earlier time is found by the next.
  const next = more || (place[0] ?? '') < (back[0] ?? '') ? place : back;
  return { rows: page, next: JSON.stringify(next), more };
}
