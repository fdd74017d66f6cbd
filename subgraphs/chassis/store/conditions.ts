import { type RawBuilder, sql } from 'kysely';
import { clientError } from '../errors.ts';

/** A condition of a list, or undefined where the filter does not ask for it. */
export type Condition = RawBuilder<unknown> | undefined;

/** The most values that a list filter takes. */
export const maxFilterValues = 100;

/** All conditions that were asked for, joined; `first` is always there, since every list has a tenant. */
export function allOf(first: RawBuilder<unknown>, ...conditions: readonly Condition[]): RawBuilder<unknown> {
  return sql.join([first, ...conditions.filter((condition) => condition !== undefined)], sql` and `);
}

export function equals(column: string, value: string | number | null | undefined): Condition {
  return value === null || value === undefined ? undefined : sql`${sql.ref(column)} = ${value}`;
}

/** Throws `INVALID_ARGUMENT` beyond 100 values; an empty list is no row. */
export function oneOf(column: string, values: readonly string[] | null | undefined): Condition {
  if (values === null || values === undefined) return undefined;
  if (values.length === 0) return sql`1 = 0`;
  if (values.length > maxFilterValues) {
    throw clientError(
      'INVALID_ARGUMENT',
      `The filter on ${column} has ${values.length} values; it takes at most ${maxFilterValues}.`,
      { argument: 'filter' },
    );
  }
  return sql`${sql.ref(column)} in (${sql.join(values)})`;
}

export function atLeast(column: string, value: string | number | null | undefined): Condition {
  return value === null || value === undefined ? undefined : sql`${sql.ref(column)} >= ${value}`;
}

export function atMost(column: string, value: string | number | null | undefined): Condition {
  return value === null || value === undefined ? undefined : sql`${sql.ref(column)} <= ${value}`;
}

export function below(column: string, value: string | number | null | undefined): Condition {
  return value === null || value === undefined ? undefined : sql`${sql.ref(column)} < ${value}`;
}

/** Part of the text in any case; `%` and `_` stand for themselves. */
export function contains(column: string, value: string | null | undefined): Condition {
  if (value === null || value === undefined) return undefined;
  const pattern = `%${value.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  return sql`lower(${sql.ref(column)}) like ${pattern} escape '\\'`;
}

/** `true`: the column has a value; `false`: it has none. */
export function present(column: string, value: boolean | null | undefined): Condition {
  if (value === null || value === undefined) return undefined;
  return value ? sql`${sql.ref(column)} is not null` : sql`${sql.ref(column)} is null`;
}
