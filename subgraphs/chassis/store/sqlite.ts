import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { type DialectAdapter, SqliteAdapter, type SqliteDatabase, SqliteDialect } from 'kysely';
import { LRUCache } from 'lru-cache';
import { isLocked, onceFree } from './write-turns.ts';

/** Prepared statements kept per connection; a subgraph has a few dozen, batch sizes multiply them. */
const maxStatements = 500;

/** One connection to a file, for readers or for writers. */
export function sqliteDialect(file: string, access: 'read' | 'write'): SqliteDialect {
  // Two processes that make a file at once both change its journal, for which SQLite does not wait.
  return new TransactionalSqlite({ database: () => onceFree(async () => sqliteConnection(file, access)) });
}

class TransactionalSqlite extends SqliteDialect {
  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter();
  }
}

/** Has migrations be a transaction: SQLite undoes them like anything else, and of two processes one finds them done. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * A `node:sqlite` connection in the shape that Kysely's SQLite dialect takes. Statements are prepared once
 * and kept, since preparing costs more than most of our queries.
 *
 * A writing connection begins its transactions at once as writers: two that begin as readers and then write
 * could never both go on, and SQLite's busy time-out does not help there.
 */
function sqliteConnection(file: string, access: 'read' | 'write'): SqliteDatabase {
  const database = openDatabase(file, access);

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
      try {
        if (access === 'write') database.exec('pragma optimize');
      } catch (error) {
        // Whoever writes just now will end as well.
        if (!isLocked(error)) throw error;
      } finally {
        database.close();
      }
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

function openDatabase(file: string, access: 'read' | 'write'): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: access === 'read', timeout: 5_000 });
  try {
    if (access === 'write') database.exec('pragma journal_mode = wal; pragma synchronous = normal');
    database.exec('pragma cache_size = -32000; pragma temp_store = memory');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLite has no boolean. */
function sqliteValue(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === undefined) return null;
  return value as SQLInputValue;
}
