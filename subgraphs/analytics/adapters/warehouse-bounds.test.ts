import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { temporaryWarehouse, warehouses } from '#test/harness/warehouses.ts';
import { openWarehouse } from './open.ts';
import { maxIds, type Warehouse, type WarehouseOptions, type WarehouseReads } from './warehouse.ts';

const seen = '2026-03-02T00:00:00.000Z';
const ids = (count: number) => Array.from({ length: count }, (_, n) => `acc_${n}`);
const page = { channels: null, first: 5, withTotal: true };

/** All reads that take ids. */
const reads: Readonly<
  Record<string, (warehouse: WarehouseReads, of: readonly string[], signal?: AbortSignal) => Promise<unknown>>
> = {
  usage: (warehouse, of, signal) => warehouse.usage('default', of, 'LAST_30_DAYS', signal),
  usageByDay: (warehouse, of, signal) => warehouse.usageByDay('default', of, 'LAST_30_DAYS', signal),
  touches: (warehouse, of, signal) => warehouse.touches('default', of, page, signal),
  paths: (warehouse, of, signal) => warehouse.paths('default', of, signal),
  leadBehaviour: (warehouse, of, signal) => warehouse.leadBehaviour('default', of, 90, signal),
  visitCounts: (warehouse, of, signal) => warehouse.visitCounts('default', of, signal),
};

/** More reads at once than any warehouse has connections. */
const many = 60;

describe.each(warehouses)('the bounds of a warehouse on $engine', ({ engine, missing }) => {
  const it = test.skipIf(missing);
  let place: Awaited<ReturnType<typeof temporaryWarehouse>>;
  let opened: Warehouse | undefined;

  /** One at a time: a file is open once. */
  const open = async (options: WarehouseOptions = {}): Promise<Warehouse> => {
    const warehouse = await openWarehouse(place.location, options);
    opened = warehouse;
    await warehouse.setWatermark('default', seen, seen);
    return warehouse;
  };
  const readMany = (warehouse: Warehouse, signal?: AbortSignal) =>
    Promise.allSettled(
      Array.from({ length: many }, () => warehouse.usage('default', ids(100), 'LAST_365_DAYS', signal)),
    );
  const rejections = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
    outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));

  beforeAll(async () => {
    if (!missing) place = await temporaryWarehouse(engine);
  });

  afterEach(async () => {
    await opened?.close();
  });

  afterAll(() => place?.remove());

  it('takes as many ids as the port says and no more, in every read', async () => {
    const warehouse = await open();
    for (const [name, read] of Object.entries(reads)) {
      const answer = (await read(warehouse, ids(maxIds))) as ReadonlyMap<string, unknown>;
      expect([...answer.keys()].sort(), name).toEqual(ids(maxIds).sort());
      await expect(read(warehouse, ids(maxIds + 1)), name).rejects.toThrow('101 ids');
    }
  });

  it('answers for an id that is asked for twice, or written in any letters', async () => {
    const warehouse = await open();
    const odd = ['acc_1', 'acc_1', '', `a"b'c\\d`, '{acc}', 'NULL', 'счёт', '$1', '$tenant'];
    for (const [name, read] of Object.entries(reads)) {
      const answer = (await read(warehouse, odd)) as ReadonlyMap<string, unknown>;
      expect(new Set(answer.keys()), name).toEqual(new Set(odd));
    }
  });

  it('ends with the reason of whoever gave up, before and while it is asked', async () => {
    const warehouse = await open();
    const gone = new AbortController();
    const settled = readMany(warehouse, gone.signal);
    const reason = new Error('gone');
    gone.abort(reason);
    // Those that waited cannot have been answered.
    const rejected = rejections(await settled);
    expect(rejected.length).toBeGreaterThan(many / 2);
    expect(new Set(rejected)).toEqual(new Set([reason]));
    for (const [name, read] of Object.entries(reads)) {
      await expect(read(warehouse, ids(1), gone.signal), name).rejects.toBe(reason);
    }
    await expect(warehouse.channelPerformance('default', 'LAST_7_DAYS', gone.signal)).rejects.toBe(reason);
    await expect(warehouse.mostActiveAccounts('default', 'LAST_7_DAYS', 5, gone.signal)).rejects.toBe(reason);
    expect(await warehouse.usage('default', ids(1), 'LAST_7_DAYS')).toBeInstanceOf(Map);
  });

  it('refuses what would wait too long in line, and answers the rest', async () => {
    const warehouse = await open({ maxWaiting: 1 });
    const rejected = rejections(await readMany(warehouse));
    expect(rejected.length).toBeGreaterThan(0);
    expect(rejected.length).toBeLessThan(many);
    for (const error of rejected) expect(error).toMatchObject({ extensions: { code: 'STORE_BUSY' } });
    await warehouse.ping();
  });

  it('gives up what takes too long, waiting included', async () => {
    const warehouse = await open({ readTimeoutMs: 1 });
    const rejected = rejections(await readMany(warehouse));
    expect(rejected.length).toBeGreaterThan(0);
    for (const error of rejected) expect(error).toMatchObject({ extensions: { code: 'STORE_TIMEOUT' } });
  });

  it('closes in the middle of work: what is not answered is refused, at once, twice', async () => {
    const warehouse = await open();
    const settled = readMany(warehouse);
    await Promise.all([warehouse.close(), warehouse.close()]);
    const rejected = rejections(await settled);
    expect(rejected.length).toBeGreaterThan(many / 2);
    for (const error of rejected) expect((error as Error).message).toBe('The warehouse is closed.');
    await expect(warehouse.ping()).rejects.toThrow();
    await expect(warehouse.setWatermark('default', seen, seen)).rejects.toThrow();
  });
});
