import { type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../store/store.ts';

/**
 * Rows of text as a table of a statement, called `given`: one parameter however many they are, so that the statement is
 * prepared once, and a thousand are written in a few milliseconds. Columns are called as in the tables, in snake case.
 */
export function rowsOf<Row extends Readonly<Record<string, string>>>(
  engine: Engine,
  rows: readonly Row[],
  columns: readonly (keyof Row & string)[],
): RawBuilder<unknown> {
  const json = JSON.stringify(rows);
  if (engine === 'postgres') {
    const typed = columns.map((column) => sql`${sql.ref(column)} text`);
    return sql`json_to_recordset(${json}::json) as given (${sql.join(typed)})`;
  }
  const values = columns.map((column) => sql`value ->> ${sql.lit(column)} as ${sql.ref(column)}`);
  return sql`(select ${sql.join(values)} from json_each(${json})) as given`;
}

/** The positions in a list, as what `in` is followed by. */
export function listed(engine: Engine, positions: readonly number[]): RawBuilder<unknown> {
  const json = JSON.stringify(positions);
  return engine === 'postgres'
    ? sql`(select value::bigint from json_array_elements_text(${json}::json))`
    : sql`(select value from json_each(${json}))`;
}
