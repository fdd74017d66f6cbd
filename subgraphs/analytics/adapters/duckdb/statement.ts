import type { Statement, Value } from './protocol.ts';

/** Pairs a statement with those of the values that it names as `$name`: DuckDB refuses any others. */
export function statement(sql: string, values: Readonly<Record<string, Value>>): Statement {
  const named = new Set([...sql.matchAll(/\$(\w+)/g)].map(([, name]) => name));
  return { sql, values: Object.fromEntries(Object.entries(values).filter(([name]) => named.has(name))) };
}
