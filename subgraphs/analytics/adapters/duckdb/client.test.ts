import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DuckdbClient, startDuckdb } from './client.ts';
import type { WorkerSettings } from './protocol.ts';

/** Would run for hours. */
const endless = {
  sql: 'select count(*)::double as n from range(10000000000) a, range(1000) b where a.range % 7 = b.range',
};
const quick = { sql: 'select 41 + $n::integer as answer', values: { n: 1 } };

describe('the thread that owns a DuckDB file', () => {
  let folder: string;
  let client: DuckdbClient | undefined;
  let files = 0;

  const start = (settings: Partial<WorkerSettings> = {}, readMs = 30_000) =>
    startDuckdb(
      {
        file: join(folder, `${++files}.duckdb`),
        readers: 1,
        maxWaiting: 2,
        memoryLimit: '256MB',
        threads: 1,
        setup: ['create table if not exists numbers (n integer)', 'create temp table staged (n double)'],
        ...settings,
      },
      { readMs, writeMs: 30_000 },
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  });

  afterEach(async () => {
    await client?.close();
    client = undefined;
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('interrupts a query that is too slow, and its connection serves the next ones', async () => {
    client = await start({}, 200);
    for (let round = 0; round < 3; round += 1) {
      await expect(client.read(endless)).rejects.toMatchObject({ extensions: { code: 'STORE_TIMEOUT' } });
      expect(await client.read(quick)).toEqual([{ answer: 42 }]);
    }
  });

  it('cancels what nobody waits for any more, running or waiting', async () => {
    client = await start();
    const gone = new AbortController();
    const running = client.read(endless, gone.signal);
    const waiting = client.read(endless, gone.signal);
    const outcomes = Promise.allSettled([running, waiting]);
    gone.abort(new Error('gone'));
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'gone' } });
    }
    await expect(client.read(quick, gone.signal)).rejects.toThrow('gone');
    expect(await client.read(quick)).toEqual([{ answer: 42 }]);
  });

  it('refuses a query when too many wait', async () => {
    client = await start();
    const gone = new AbortController();
    const three = [1, 2, 3].map(() => client?.read(endless, gone.signal));
    await expect(client.read(quick)).rejects.toMatchObject({ extensions: { code: 'STORE_BUSY' } });
    gone.abort(new Error('gone'));
    for (const { status } of await Promise.allSettled(three)) expect(status).toBe('rejected');
    expect(await client.read(quick)).toEqual([{ answer: 42 }]);
  });

  it('reads while a write goes on, and sees nothing of it before it is committed', async () => {
    client = await start();
    const writing = client.write([
      { sql: 'insert into numbers select range from range(3000000)' },
      { sql: 'select count(*)::double as n from numbers' },
    ]);
    expect(await client.read({ sql: 'select count(*)::double as n from numbers' })).toEqual([{ n: 0 }]);
    expect(await writing).toEqual([{ n: 3_000_000 }]);
    expect(await client.read({ sql: 'select count(*)::double as n from numbers' })).toEqual([
      { n: 3_000_000 },
    ]);
  });

  it('undoes a write of which one statement fails, and writes on', async () => {
    client = await start();
    await expect(
      client.write([{ sql: 'insert into numbers values (1)' }, { sql: 'insert into nowhere values (1)' }]),
    ).rejects.toThrow('nowhere');
    expect(await client.write([{ sql: 'select count(*)::double as n from numbers' }])).toEqual([{ n: 0 }]);
  });

  it('stages rows of more than one chunk, nulls too', async () => {
    client = await start();
    const values = Array.from({ length: 5_000 }, (_, n) => (n % 2 ? n : null));
    await client.stage('staged', [{ type: 'number', values }]);
    expect(
      await client.write([
        { sql: 'select count(*)::double as all, count(n)::double as some, sum(n) as sum from staged' },
      ]),
    ).toEqual([{ all: 5_000, some: 2_500, sum: 6_250_000 }]);
  });

  it('closes in the middle of work: everything is refused, at once, twice', async () => {
    client = await start();
    const work = [client.read(endless), client.read(endless), client.write([endless])];
    const settled = Promise.allSettled(work);
    await Promise.all([client.close(), client.close()]);
    for (const outcome of await settled) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'The warehouse is closed.' } });
    }
    await expect(client.read(quick)).rejects.toThrow('ended');
  });

  it('says why a file cannot be opened, and leaves no thread', async () => {
    await expect(start({ setup: ['create nonsense'] })).rejects.toThrow('nonsense');
    await expect(start({ file: folder })).rejects.toThrow(folder);
  });
});
