import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { Extent, Row } from '../ranges.ts';
import type { Calls, NewEvent, PageWanted } from './protocol.ts';

/** Events examined for one page, and forgotten in one step of trimming: a few milliseconds each. */
const pageRows = 500;
const trimRows = 500;
/** Text of one page. */
const pageBytes = 1_048_576;
/** Kept beside the text for one event, roughly: its columns and its places in two indexes. */
const rowOverheadBytes = 200;
/** For the lock of a thread that is just ending. */
const lockWaitMs = 2_000;

const tables = `
  create table if not exists log (
    position integer primary key,
    tenant text not null,
    id text not null,
    type text not null,
    published_at integer not null,
    json text not null
  ) strict;
  create unique index if not exists log_id on log (id, tenant);
  create index if not exists log_tenant on log (tenant);
  create table if not exists state (
    one integer primary key check (one = 1),
    log_id text not null,
    trimmed_to integer not null,
    trimmed_published_at integer not null,
    bytes integer not null,
    last_published_at integer not null
  ) strict;
  create table if not exists groups (
    name text primary key,
    read_to integer not null,
    open text not null
  ) strict;
`;

/** The file of the log, synchronous: it belongs to the thread that opened it. */
export interface LogFile {
  readonly logId: string;
  readonly calls: {
    readonly [Name in keyof Calls]: (asks: Calls[Name]['asks']) => Calls[Name]['gets'];
  };
}

/**
 * Opens the log, and makes it where there is none. Throws SQLITE_BUSY where another process has it open.
 *
 * A transaction of events reaches the disk before it ends (`synchronous = full`): what was appended outlives the
 * process and the machine's power, as far as the disk keeps what it says it has written.
 */
export function openLogFile(file: string): LogFile {
  const database = new DatabaseSync(file, { timeout: lockWaitMs });
  database.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full');
  database.exec(`begin immediate; ${tables} commit`);
  database.prepare('insert or ignore into state values (1, ?, 0, -1, 0, 0)').run(randomUUID());

  const prepare = (sql: string) => database.prepare(sql);
  const stateRow = prepare('select * from state');
  const writeState = prepare(
    'update state set trimmed_to = ?, trimmed_published_at = ?, bytes = ?, last_published_at = ?',
  );
  const maxPosition = prepare('select max(position) as last from log');
  const insert = prepare('insert or ignore into log values (?, ?, ?, ?, ?, ?)');
  const byId = prepare('select position from log where id = ? and tenant = ?');
  const pageOfAll = prepare(
    'select position, type, json from log where position > ? and position <= ? order by position limit ?',
  );
  const pageOfTenant = prepare(
    'select position, type, json from log where tenant = ? and position > ? and position <= ? order by position limit ?',
  );
  const byPositions = prepare(
    'select position, json from log where position in (select value from json_each(?)) order by position',
  );
  const publishedAt = prepare('select published_at from log where position = ?');
  const oldest = prepare(
    'select position, published_at, octet_length(json) as bytes from log order by position limit ?',
  );
  const forget = prepare('delete from log where position <= ?');
  const groupRow = prepare('select read_to, open from groups where name = ?');
  const allGroups = prepare('select name, read_to, open from groups order by name');
  const writeGroup = prepare(
    'insert into groups values (?, ?, ?) on conflict do update set read_to = excluded.read_to, open = excluded.open',
  );

  const state = stateRow.get() as {
    log_id: string;
    trimmed_to: number;
    trimmed_published_at: number;
    bytes: number;
    last_published_at: number;
  };
  let { trimmed_to: trimmedTo, trimmed_published_at: trimmedPublishedAt } = state;
  let { bytes, last_published_at: lastPublishedAt } = state;
  let last = Math.max((maxPosition.get() as { last: number | null }).last ?? 0, trimmedTo);

  const extent = (): Extent => ({ trimmedTo, last });

  /** What is counted here is only kept where the transaction was. */
  function transaction<Result>(work: () => Result): Result {
    const before = { trimmedTo, trimmedPublishedAt, bytes, lastPublishedAt, last };
    database.exec('begin immediate');
    try {
      const result = work();
      writeState.run(trimmedTo, trimmedPublishedAt, bytes, lastPublishedAt);
      database.exec('commit');
      return result;
    } catch (error) {
      ({ trimmedTo, trimmedPublishedAt, bytes, lastPublishedAt, last } = before);
      if (database.isTransaction) database.exec('rollback');
      throw error;
    }
  }

  function append(events: readonly NewEvent[]): number[] {
    // The clock may be set back; places in the log and times of publishing have one order.
    lastPublishedAt = Math.max(Date.now(), lastPublishedAt);
    return events.map(({ tenant, id, type, json }) => {
      const { changes } = insert.run(last + 1, tenant, id, type, lastPublishedAt, json);
      if (changes === 0) return -(byId.get(id, tenant) as { position: number }).position;
      last += 1;
      bytes += Buffer.byteLength(json) + rowOverheadBytes;
      return last;
    });
  }

  function page({ after, to = last, tenant, types }: PageWanted): Calls['page']['gets'] {
    const upTo = Math.min(to, last);
    const found = (
      tenant === undefined
        ? pageOfAll.iterate(after, upTo, pageRows)
        : pageOfTenant.iterate(tenant, after, upTo, pageRows)
    ) as Iterable<Row & { type: string }>;
    const rows: Row[] = [];
    let examined = 0;
    let size = 0;
    let scannedTo = after;
    for (const { position, type, json } of found) {
      examined += 1;
      scannedTo = position;
      if (types && !types.includes(type)) continue;
      rows.push({ position, json });
      size += json.length;
      if (size >= pageBytes) return { rows, scannedTo, ...extent() };
    }
    return { rows, scannedTo: examined < pageRows ? Math.max(upTo, after) : scannedTo, ...extent() };
  }

  /** Times ascend with positions, so that the place of a time is found by halving. */
  function seek(time: number): number {
    let [low, high] = [trimmedTo, last];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((publishedAt.get(middle) as { published_at: number }).published_at < time) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  function trim({ before, maxBytes }: Calls['trim']['asks']): Calls['trim']['gets'] {
    const rows = oldest.all(trimRows) as { position: number; published_at: number; bytes: number }[];
    let left = bytes;
    let events = 0;
    for (const row of rows) {
      if (row.published_at >= before && left <= maxBytes) break;
      left -= row.bytes + rowOverheadBytes;
      trimmedTo = row.position;
      trimmedPublishedAt = row.published_at;
      events += 1;
    }
    if (events === 0) return { events, isMore: false };
    bytes = left;
    forget.run(trimmedTo);
    return { events, isMore: events === trimRows };
  }

  function group(name: string): Calls['group']['gets'] {
    const row = groupRow.get(name) as { read_to: number; open: string } | undefined;
    if (row) return { readTo: row.read_to, open: JSON.parse(row.open) };
    writeGroup.run(name, trimmedTo, '[]');
    return { readTo: trimmedTo, open: [] };
  }

  function lag(): Calls['lag']['gets'] {
    const rows = allGroups.all() as { name: string; read_to: number; open: string }[];
    return rows.map(({ name, read_to, open }) => {
      const kept = (JSON.parse(open) as number[]).filter((position) => position > trimmedTo);
      return [name, last - Math.max(read_to, trimmedTo) + kept.length];
    });
  }

  return {
    logId: state.log_id,
    calls: {
      extent,
      append: (events) => transaction(() => append(events)),
      page,
      load: (positions) => byPositions.all(JSON.stringify(positions)) as unknown as Row[],
      locate: ({ tenant, id }) => (byId.get(id, tenant) as { position: number } | undefined)?.position ?? 0,
      seek: (time) => ({ before: seek(time), isTrimmed: time <= trimmedPublishedAt, ...extent() }),
      group,
      record: ({ group: name, readTo, open }) => {
        // Not worth waiting for the disk: what is forgotten of it is delivered again.
        database.exec('pragma synchronous = normal');
        writeGroup.run(name, readTo, JSON.stringify(open));
        database.exec('pragma synchronous = full');
        return null;
      },
      lag,
      trim: (asks) => transaction(() => trim(asks)),
      close: () => {
        database.close();
        return null;
      },
    },
  };
}
