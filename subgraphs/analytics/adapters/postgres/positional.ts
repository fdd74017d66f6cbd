import type { Cell } from '../fact-columns.ts';
import type { Value } from '../statement.ts';

/** A statement whose values may be columns of rows too. */
export interface PostgresStatement {
  readonly sql: string;
  readonly values?: Readonly<Record<string, Value | readonly Cell[]>>;
}

/** `$tenant` and `$ids` → `$1` and `$2`, as PostgreSQL's protocol numbers parameters. */
export function positional({ sql, values = {} }: PostgresStatement): {
  readonly text: string;
  readonly values: unknown[];
} {
  const names: string[] = [];
  const text = sql.replace(/\$([a-z]\w*)/g, (_, name: string) => {
    if (!Object.hasOwn(values, name)) throw new Error(`The statement names $${name}, which has no value.`);
    const known = names.indexOf(name);
    return `$${known === -1 ? names.push(name) : known + 1}`;
  });
  return { text, values: names.map((name) => values[name]) };
}
