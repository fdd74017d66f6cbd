import { type Kysely, sql } from 'kysely';

/**
 * The rows of one tenant whose column has one of the values (at least one), in any order. The shape that
 * loaders by key ask for.
 */
export async function selectByKeys<Tables, Row>(
  db: Kysely<Tables>,
  table: string,
  tenant: string,
  column: string,
  values: readonly string[],
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select * from ${sql.table(table)}
    where tenant = ${tenant} and ${sql.ref(column)} in (${sql.join(values)})`.execute(db);
  return rows;
}
