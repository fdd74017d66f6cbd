import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { SqliteDatabase } from 'kysely';
import { LRUCache } from 'lru-cache';

/** Prepared statements kept per connection; a subgraph has a few dozen, batch sizes multiply them. */
const maxStatements = 500;

/**
 * A `node:sqlite` connection in the shape that Kysely's SQLite dialect takes. Statements are prepared once
 * and kept, since preparing costs more than most of our queries.
 *
 * A writing connection begins its transactions at once as writers: two that begin as readers and then write
 * could never both go on, and SQLite's busy time-out does not help there.
 */
export function sqliteConnection(file: string, access: 'read' | 'write'): SqliteDatabase {
  const database = new DatabaseSync(file, { readOnly: access === 'read', timeout: 5_000 });
  if (access === 'write') database.exec('pragma journal_mode = wal; pragma synchronous = normal');
  database.exec('pragma cache_size = -32000; pragma temp_store = memory');

  const statements = new LRUCache<string, StatementSync>({ max: maxStatements });
  const prepare = (text: string): StatementSync => {
    const sql = access === 'write' && text === 'begin' ? 'begin immediate' : text;
    const known = statements.get(sql);
    if (known) return known;
    const made = database.prepare(sql);
    statements.set(sql, made);
    return made;
  };

  return {
    close: () => {
      // Keeps the planner's statistics current, as SQLite asks of connections that end; it reads little.
      if (access === 'write') database.exec('pragma optimize');
      database.close();
    },
    prepare: (sql) => {
      const statement = prepare(sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...parameters.map(sqliteValue)),
        run: (parameters) => statement.run(...parameters.map(sqliteValue)),
        iterate: (parameters) => statement.iterate(...parameters.map(sqliteValue)),
      };
    },
  };
}

/** SQLite has no boolean. */
function sqliteValue(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === undefined) return null;
  return value as SQLInputValue;
}
