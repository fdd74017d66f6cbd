/** SQL of a dialect with named parameters: `$tenant`. */
export interface Statement {
  readonly sql: string;
  readonly values?: Readonly<Record<string, Value>>;
}

/** Numbers are whole: times are milliseconds since 1970. Arrays are lists of text. */
export type Value = string | number | null | readonly string[];

/** A statement selects text, numbers that JavaScript has, and booleans only: what crosses threads as it is. */
export type ResultRow = Readonly<Record<string, string | number | boolean | null>>;

/** Pairs a statement with those of the values that it names as `$name`: databases refuse any others. */
export function statement(sql: string, values: Readonly<Record<string, Value>>): Statement {
  const named = new Set([...sql.matchAll(/\$(\w+)/g)].map(([, name]) => name));
  return { sql, values: Object.fromEntries(Object.entries(values).filter(([name]) => named.has(name))) };
}
