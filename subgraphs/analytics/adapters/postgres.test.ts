import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { temporaryWarehouse, warehouses } from '#test/harness/warehouses.ts';
import { warehouseLocation } from './open.ts';
import { openPostgres, type PostgresOptions } from './postgres.ts';
import type { VisitRow, Warehouse } from './warehouse.ts';

const seen = '2026-03-01T00:00:00.000Z';
const missing = warehouses.some((each) => each.engine === 'postgres' && each.missing);

function visit(n: number, extra: Partial<VisitRow> = {}): VisitRow {
  const whose = { accountId: 'acc_1', leadId: null, visitorId: `u_${n % 7}` };
  return { id: `vis_${n}`, ...whose, at: seen, pageViews: 2, seconds: 1, ...extra };
}

/** A process of its own that writes visits, each part behind the watermark of the one before. */
const writer = (url: string, tenant: string, from: number) => `
  import { openPostgres } from ${JSON.stringify(new URL('postgres.ts', import.meta.url).href)};
  const warehouse = await openPostgres({ url: ${JSON.stringify(url)} });
  let inserted = 0;
  for (let part = 0; part < 20; part += 1) {
    const rows = Array.from({ length: 50 }, (_, n) => {
      const of = ${from} + part * 50 + n;
      return { id: 'vis_' + of, accountId: 'acc_1', leadId: null, visitorId: 'u_' + (of % 7), at: '${seen}', pageViews: 2, seconds: 1 };
    });
    inserted += (await warehouse.writeVisits('${tenant}', rows, '${seen}')).inserted;
    await warehouse.setWatermark('${tenant}', '${seen}', '${seen}');
  }
  console.log(inserted);
  await warehouse.close();
`;

function run(script: string): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('the setting of the warehouse', () => {
  test('names PostgreSQL, or leaves a file in the data folder', () => {
    const url = 'postgres://warehouse@127.0.0.1/facts';
    expect(warehouseLocation('/data', { ANALYTICS_WAREHOUSE_URL: url })).toEqual({ engine: 'postgres', url });
    expect(warehouseLocation('/data', {})).toEqual({ engine: 'duckdb', file: '/data/analytics.duckdb' });
  });

  test('is refused where it names anything else, without what it may hold in secret', () => {
    const env = { ANALYTICS_WAREHOUSE_URL: 'mysql://me:secret@127.0.0.1/facts' };
    expect(() => warehouseLocation('/data', env)).toThrow(/"mysql:".*postgres:/);
    expect(() => warehouseLocation('/data', env)).not.toThrow('secret');
  });

  test('is refused in one line where nobody answers, without its password', async () => {
    const refusal = await openPostgres({ url: 'postgres://me:secret@127.0.0.1:1/facts' }).catch(
      (error: unknown) => error as Error,
    );
    expect((refusal as Error).message).toMatch(
      /^The warehouse at 127\.0\.0\.1:1\/facts cannot be opened: .*ECONNREFUSED/,
    );
    expect((refusal as Error).message).not.toMatch(/secret|\n/);
  });
});

describe.skipIf(missing)('a warehouse on PostgreSQL', () => {
  let url: string;
  let remove: () => Promise<void>;
  /** One looks at the server while the other holds a lock: within a transaction a look is always the same. */
  let watcher: pg.Client;
  let holder: pg.Client;
  /** Those two, by the server's names. */
  let own: number[];
  let opened: Warehouse | undefined;
  let tenant: string;
  let tenants = 0;

  beforeAll(async () => {
    const place = await temporaryWarehouse('postgres');
    remove = place.remove;
    url = (place.location as { readonly url: string }).url;
  });

  beforeEach(async () => {
    tenant = `tenant_${++tenants}`;
    watcher = new pg.Client({ connectionString: url });
    holder = new pg.Client({ connectionString: url });
    await Promise.all([watcher.connect(), holder.connect()]);
    own = await Promise.all(
      [watcher, holder].map(
        async (client) => (await client.query('select pg_backend_pid() as pid')).rows[0].pid,
      ),
    );
  });

  afterEach(async () => {
    await Promise.all([watcher.end(), holder.end()]);
    await opened?.close();
  });

  afterAll(() => remove());

  const open = async (options: Omit<PostgresOptions, 'url'> = {}) => {
    const warehouse = await openPostgres({ url, ...options });
    opened = warehouse;
    await warehouse.setWatermark(tenant, seen, seen);
    return warehouse;
  };
  /** Statements of the warehouse that run on the server now. */
  const running = async (): Promise<readonly string[]> => {
    const { rows } = await watcher.query<{ readonly query: string }>(
      `select query from pg_stat_activity where datname = current_database() and state = 'active'
        and backend_type = 'client backend' and pid <> all ($1::integer[])`,
      [own],
    );
    return rows.map(({ query }) => query);
  };
  /** Keeps every read of usage and every write of visits from going on until the holder's transaction ends. */
  const hold = async () => {
    await holder.query('begin');
    await holder.query('lock table analytics_warehouse.account_usage_days in access exclusive mode');
    await holder.query('lock table analytics_warehouse.visits in share mode');
  };
  const read = (warehouse: Warehouse, signal?: AbortSignal) =>
    warehouse.usage(tenant, ['acc_1'], 'LAST_7_DAYS', signal);

  test('ends the statement on the server when nobody waits for it any more', async () => {
    const warehouse = await open({ readTimeoutMs: 60_000 });
    await hold();
    const gone = new AbortController();
    const outcomes = Promise.allSettled([1, 2, 3, 4, 5, 6].map(() => read(warehouse, gone.signal)));
    await expect.poll(running).toHaveLength(4);
    gone.abort(new Error('gone'));
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'gone' } });
    }
    // Not a moment later: the answer is given when the statement has ended.
    expect(await running()).toEqual([]);
    await holder.query('rollback');
    expect(await read(warehouse)).toBeInstanceOf(Map);
  });

  test('ends the statement on the server at its deadline, and its place serves the next one', async () => {
    const warehouse = await open({ readTimeoutMs: 300 });
    for (let round = 0; round < 2; round += 1) {
      await hold();
      await expect(read(warehouse)).rejects.toMatchObject({ extensions: { code: 'STORE_TIMEOUT' } });
      expect(await running()).toEqual([]);
      await holder.query('rollback');
      await expect.poll(() => read(warehouse).catch(() => null)).toBeInstanceOf(Map);
    }
  });

  test('refuses a read when too many wait, while others are held', async () => {
    const warehouse = await open({ readTimeoutMs: 60_000, maxWaiting: 1 });
    await hold();
    const five = [1, 2, 3, 4, 5].map(() => read(warehouse));
    await expect(read(warehouse)).rejects.toMatchObject({ extensions: { code: 'STORE_BUSY' } });
    await holder.query('rollback');
    for (const answer of await Promise.all(five)) expect(answer).toBeInstanceOf(Map);
  });

  test('closes while reads and writes are held: all are refused, and nothing of them is left', async () => {
    const warehouse = await open({ readTimeoutMs: 60_000 });
    await hold();
    const silent = Promise.withResolvers<void>();
    async function* rows() {
      for (let n = 0; n < 10_000; n += 1) yield visit(n);
      await silent.promise;
    }
    const work = [
      read(warehouse),
      warehouse.writeVisits(tenant, [visit(1)], seen),
      warehouse.writeVisits(tenant, rows(), seen),
    ];
    const settled = Promise.allSettled(work);
    await expect.poll(running).toHaveLength(2);
    await warehouse.close();
    silent.resolve();
    for (const outcome of await settled) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'The warehouse is closed.' } });
    }
    expect(await running()).toEqual([]);
    await holder.query('rollback');
    const { rows: left } = await watcher.query(
      'select count(*)::integer as n from analytics_warehouse.visits where tenant = $1',
      [tenant],
    );
    expect(left).toEqual([{ n: 0 }]);
  });

  test('outlives the loss of its connections, idle and at work', async () => {
    const warehouse = await open({ readTimeoutMs: 60_000 });
    const lose = () =>
      watcher.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> all ($1::integer[])`,
        [own],
      );
    await read(warehouse);
    await lose();
    await expect.poll(() => read(warehouse).catch(() => null)).toBeInstanceOf(Map);

    await hold();
    const held = read(warehouse).catch((error: unknown) => error);
    await expect.poll(running).toHaveLength(1);
    await lose();
    expect(await held).toBeInstanceOf(Error);
    await holder.query('rollback');

    const write = (n: number) => warehouse.writeVisits(tenant, [visit(n)], seen);
    await expect.poll(() => write(1).catch(() => null)).toEqual({ inserted: 1, known: 0 });
    const between = Promise.withResolvers<void>();
    async function* rows() {
      for (let n = 2; n < 10_002; n += 1) yield visit(n);
      await between.promise;
      yield visit(10_002);
    }
    const writing = warehouse.writeVisits(tenant, rows(), seen).catch((error: unknown) => error);
    await expect
      .poll(async () => {
        const { rows: open } = await watcher.query(
          `select count(*)::integer as n from pg_stat_activity
            where datname = current_database() and state = 'idle in transaction' and query like '%staged_visits%'`,
        );
        return open[0].n;
      })
      .toBe(1);
    await lose();
    between.resolve();
    expect(await writing).toBeInstanceOf(Error);
    await expect.poll(() => write(2).catch(() => null)).toEqual({ inserted: 1, known: 0 });
  });

  test('is made once by all who open it at the same moment', async () => {
    const fresh = await temporaryWarehouse('postgres');
    const { url: own } = fresh.location as { readonly url: string };
    try {
      const all = await Promise.allSettled(Array.from({ length: 6 }, () => openPostgres({ url: own })));
      const warehouses = all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      await Promise.all(warehouses.map((warehouse) => warehouse.close()));
      expect(all.filter(({ status }) => status === 'rejected')).toEqual([]);
    } finally {
      await fresh.remove();
    }
  });

  test('is written by two processes at once, which count nothing twice', { timeout: 60_000 }, async () => {
    const children = [run(writer(url, tenant, 0)), run(writer(url, tenant, 500))];
    const inserted = await Promise.all(
      children.map(async (child) => {
        let text = '';
        child.stdout?.on('data', (chunk: Buffer) => {
          text += chunk;
        });
        const [code] = await once(child, 'close');
        expect(code).toBe(0);
        return Number(text);
      }),
    );
    expect(inserted.reduce((sum, count) => sum + count)).toBe(1_500);
    const warehouse = await open();
    expect((await read(warehouse))?.get('acc_1')).toMatchObject({
      visits: 1_500,
      pageViews: 3_000,
      timeOnSiteSeconds: 1_500,
      activeUsers: 7,
    });
    expect((await warehouse.usageByDay(tenant, ['acc_1'], 'LAST_7_DAYS'))?.get('acc_1')?.days).toEqual([
      { day: '2026-03-01', visits: 1_500, pageViews: 3_000 },
    ]);
  });

  test('undoes what a killed process had begun, and lets the next one write', async () => {
    const warehouse = await open();
    await hold();
    const child = run(writer(url, tenant, 0));
    try {
      // It waits for the table, with the tenant's lock in its hands.
      await expect.poll(running, { timeout: 20_000 }).toHaveLength(1);
    } finally {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await holder.query('rollback');
    expect(await warehouse.writeVisits(tenant, [visit(1)], seen)).toEqual({ inserted: 1, known: 0 });
    expect((await read(warehouse))?.get('acc_1')).toMatchObject({ visits: 1 });
  });
});
