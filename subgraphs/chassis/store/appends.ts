import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import type { StoreOptions } from './store.ts';

/** Tells who waits for events that a commit has appended some. */
export interface Appends {
  readonly announce: () => void;
  readonly listen: (listener: () => void) => () => void;
  readonly close: () => Promise<void>;
}

/**
 * Announces commits within the process, and on PostgreSQL to other processes.
 *
 * A NOTIFY inside the transaction, by a trigger or not, takes a lock of the whole database until the commit is on disk:
 * commits then go one by one, at half the rate or less. So it is sent after the commit, one for all commits that came
 * while the last was under way. What a crash between the two leaves unsaid is found by whoever looks from time to time.
 */
export function announceAppends<Tables>(
  writer: Kysely<Tables>,
  { name, location }: Pick<StoreOptions, 'name' | 'location'>,
): Appends {
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  if (location.engine === 'sqlite') {
    return { announce: tell, listen: (listener) => subscribe(listeners, listener), close: async () => {} };
  }

  const channel = `tributary_${name}_appends`;
  const self = randomUUID();
  let ears: Ears | undefined;
  let sending: Promise<void> | undefined;
  let again = false;
  const send = async (): Promise<void> => {
    do {
      again = false;
      // Where it fails the database is away, and those who wait for events will look by themselves.
      await sql`select pg_notify(${channel}, ${self})`.execute(writer).catch(() => {});
    } while (again);
    sending = undefined;
  };
  return {
    announce: () => {
      tell();
      again = true;
      sending ??= send();
    },
    listen: (listener) => {
      ears ??= openEars(location.url, channel, (from) => from !== self && tell());
      return subscribe(listeners, listener);
    },
    close: async () => {
      listeners.clear();
      await Promise.all([ears?.close(), sending]);
    },
  };
}

function subscribe(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

interface Ears {
  readonly close: () => Promise<void>;
}

const reconnectMs = 1_000;

/** Listens on a connection of its own, and connects again a second after it was lost. */
function openEars(url: string, channel: string, hear: (payload: string | undefined) => void): Ears {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const connect = (): void => {
    const next = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, keepAlive: true });
    client = next;
    const lost = (): void => {
      if (client !== next) return;
      client = undefined;
      next.end().catch(() => {});
      if (!closed) timer = setTimeout(connect, reconnectMs);
    };
    next.on('error', lost);
    next.on('end', lost);
    next.on('notification', ({ payload }) => hear(payload));
    next
      .connect()
      .then(() => next.query(`listen ${pg.escapeIdentifier(channel)}`))
      // Something may have been said while nobody listened.
      .then(() => hear(undefined), lost);
  };
  connect();
  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = undefined;
      await last?.end();
    },
  };
}
