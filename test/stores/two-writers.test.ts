import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { sqliteDialect } from '#chassis/store/sqlite.ts';
import type { Store, StoreLocation } from '#chassis/store/store.ts';
import { writeTurns } from '#chassis/store/write-turns.ts';
import { temporaryStore } from '#test/harness/stores.ts';
import { addOne, openTally, type TallyTables, totalOf } from './tally.ts';
import type { Order } from './writing-process.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function place(): Promise<StoreLocation> {
  const { location, remove } = await temporaryStore('sqlite');
  ends.push(remove);
  return location;
}

async function open(location: StoreLocation): Promise<Store<TallyTables>> {
  const store = await openTally(location);
  ends.push(store.close);
  return store;
}

/** A process of its own, once it has the store open; `ask` answers what it says next. */
async function startWriter(location: StoreLocation) {
  const file = new URL('writing-process.ts', import.meta.url);
  const child: ChildProcess = fork(file, [JSON.stringify(location)], { execArgv: [] });
  ends.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const heard = async () => {
    const signal = AbortSignal.timeout(30_000);
    const [message] = (await once(child, 'message', { signal })) as [unknown];
    return message;
  };
  expect(await heard()).toBe('open');
  return {
    ask: (order: Order) => {
      const answer = heard();
      child.send(order);
      return answer;
    },
  };
}

const reasons = (results: readonly PromiseSettledResult<void>[]) =>
  results.flatMap((result) => (result.status === 'rejected' ? [`${result.reason}`] : []));

describe('writers of one SQLite file', () => {
  it('in one process go one after another, and none is refused', { timeout: 60_000 }, async () => {
    const location = await place();
    const stores = [await open(location), await open(location)] as const;
    const results = await Promise.allSettled(
      Array.from({ length: 400 }, (_, nth) => addOne(stores[nth % 2 === 0 ? 0 : 1])),
    );
    expect(reasons(results)).toEqual([]);
    expect(await totalOf(stores[0])).toBe(400);
  });

  it('in one process come in the order in which they asked', async () => {
    const location = await place();
    const [first, second] = [await open(location), await open(location)];
    const order: string[] = [];
    const turns = ['a', 'b', 'a', 'a', 'b'];
    await Promise.all(
      turns.map((name) => addOne(name === 'a' ? first : second, async () => order.push(name))),
    );
    expect(order).toEqual(turns);
  });

  it('in several processes go one after another, and none is refused', { timeout: 60_000 }, async () => {
    const location = await place();
    const store = await open(location);
    const writers = await Promise.all([startWriter(location), startWriter(location)]);
    const [own, ...others] = await Promise.all([
      Promise.allSettled(Array.from({ length: 300 }, () => addOne(store))),
      ...writers.map((writer) => writer.ask({ kind: 'add', times: 300 })),
    ]);
    expect([reasons(own), ...others]).toEqual([[], [], []]);
    expect(await totalOf(store)).toBe(900);
  });

  it('let their process go on while they wait for another one', { timeout: 60_000 }, async () => {
    const location = await place();
    const store = await open(location);
    const writer = await startWriter(location);
    expect(await writer.ask({ kind: 'hold' })).toBe('held');
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const waiting = addOne(store);
    // By now it has asked for its turn.
    await expect.poll(() => delay.count).toBeGreaterThan(20);
    expect(await writer.ask({ kind: 'let go' })).toBe('let go');
    await waiting;
    delay.disable();
    // SQLite itself would have stood still for five seconds.
    expect(delay.max / 1e6).toBeLessThan(2_500);
    expect(await totalOf(store)).toBe(2);
  });

  it('open and close it while another is in a transaction', async () => {
    const location = await place();
    const store = await open(location);
    const writer = await startWriter(location);
    await writer.ask({ kind: 'hold' });
    const other = await openTally(location);
    expect(await totalOf(other)).toBe(0);
    await other.close();
    await writer.ask({ kind: 'let go' });
    expect(await totalOf(store)).toBe(1);
  });

  it('make its tables once, however many open it at the same time', { timeout: 60_000 }, async () => {
    const location = await place();
    await Promise.all([startWriter(location), startWriter(location), open(location), open(location)]);
    expect(await totalOf(await open(location))).toBe(0);
  });

  it('wait for whoever makes the file', async () => {
    const location = await place();
    if (location.engine !== 'sqlite') return;
    const maker = new DatabaseSync(location.file);
    maker.exec('begin immediate; create table other (id integer)');
    const db = new Kysely({ dialect: sqliteDialect(location.file, 'write') });
    ends.push(() => db.destroy());
    setImmediate(() => {
      maker.exec('commit');
      maker.close();
    });
    const { rows } = await sql`pragma journal_mode`.execute(db);
    expect(rows).toEqual([{ journal_mode: 'wal' }]);
  });

  it('find no half of what a migration made that failed', async () => {
    const location = await place();
    const failing = openTally(location, async () => {
      throw new RangeError('no more room');
    });
    await expect(failing).rejects.toThrow('could not be migrated');
    expect(await totalOf(await open(location))).toBe(0);
  });

  it('are refused after some time where another process does not end', async () => {
    let tries = 0;
    const locked = Object.assign(new Error('database is locked'), { errcode: 5 });
    const inTurn = writeTurns(await place(), 20);
    const attempt = async () => {
      tries += 1;
      throw locked;
    };
    await expect(inTurn(attempt)).rejects.toBe(locked);
    expect(tries).toBeGreaterThan(1);
  });

  it('are not tried again after they began', async () => {
    const inTurn = writeTurns(await place());
    let tries = 0;
    const locked = Object.assign(new Error('another file is locked'), { errcode: 5 });
    const begun = inTurn(async (begin) => {
      tries += 1;
      begin();
      throw locked;
    });
    await expect(begun).rejects.toBe(locked);
    const other = new RangeError('no');
    await expect(inTurn(() => Promise.reject(other))).rejects.toBe(other);
    expect(tries).toBe(1);
  });
});
