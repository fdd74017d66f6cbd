import { afterEach, describe, expect, it } from 'vitest';
import {
  amountPostedV1,
  type LedgerStore,
  type LedgerTables,
  openLedger,
  post,
} from '#test/harness/ledger.ts';
import { collectLog } from '#test/harness/log.ts';
import { memoryBus } from '#test/harness/memory-bus.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { BusUnavailable } from './bus/port.ts';
import type { EventEnvelope } from './envelope.ts';
import { outboxStatus } from './outbox.ts';
import { type RelayOptions, startRelay } from './relay.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const accounts = Array.from({ length: 40 }, (_, at) => `acc_${at}`);

/** Each account's versions in the order in which they came. */
function versionsByKey(events: readonly EventEnvelope[]): Map<string, number[]> {
  const versions = new Map<string, number[]>();
  for (const { subject, entityversion } of events) {
    versions.set(subject, [...(versions.get(subject) ?? []), entityversion]);
  }
  return versions;
}

function expectInOrder(events: readonly EventEnvelope[]): void {
  for (const [key, versions] of versionsByKey(events)) {
    expect([key, versions]).toEqual([key, versions.map((_, at) => at + 2)]);
  }
}

describe.each(engines)('the relay on $engine', ({ engine, missing }) => {
  async function place() {
    const temporary = await temporaryStore(engine);
    ends.push(temporary.remove);
    const open = async (): Promise<LedgerStore> => {
      const store = await openLedger(temporary.location, accounts);
      ends.push(store.close);
      return store;
    };
    const bus = memoryBus();
    const start = (store: LedgerStore, more: Partial<RelayOptions<LedgerTables>> = {}) => {
      const { logger } = collectLog();
      const relay = startRelay({ name: 'ledger', store, bus, log: logger, ...more });
      ends.push(relay.close);
      return relay;
    };
    return { open, bus, start };
  }

  const drained = (store: LedgerStore) =>
    expect.poll(() => outboxStatus(store), { timeout: 10_000 }).toMatchObject({ depth: 0 });

  it.skipIf(missing)('publishes what was committed, in order, and then forgets it', async () => {
    const { open, bus, start } = await place();
    const store = await open();
    for (let n = 0; n < 5; n++) await post(store, { account: 'acc_1', amount: n });
    expect(await outboxStatus(store)).toMatchObject({ depth: 5, oldestAppendedAt: expect.any(String) });
    const published: number[] = [];
    start(store, { batchSize: 2, observer: { published: (_, latencies) => published.push(...latencies) } });
    await drained(store);
    expectInOrder(bus.events);
    expect(bus.events.map(({ type }) => type)).toEqual(Array(5).fill(amountPostedV1.type));
    expect(bus.largestBatch()).toBeLessThanOrEqual(2);
    expect(published).toHaveLength(5);
  });

  it.skipIf(missing)('wakes after a commit of its own process without polling', async () => {
    const { open, bus, start } = await place();
    const store = await open();
    start(store, { pollMs: 3_600_000, leaseMs: 3_600_000 });
    await post(store, { account: 'acc_1', amount: 1 });
    await expect.poll(() => bus.events.length).toBe(1);
    await post(store, { account: 'acc_1', amount: 1 });
    await expect.poll(() => bus.events.length).toBe(2);
  });

  it.skipIf(missing || engine === 'sqlite')('wakes after a commit elsewhere without polling', async () => {
    const { open, bus, start } = await place();
    const store = await open();
    const elsewhere = await open();
    start(store, { pollMs: 3_600_000, leaseMs: 3_600_000 });
    // The first may be said before the connection listens, which then looks once.
    await post(elsewhere, { account: 'acc_1', amount: 1 });
    await expect.poll(() => bus.events.length).toBe(1);
    await post(elsewhere, { account: 'acc_1', amount: 1 });
    await expect.poll(() => bus.events.length).toBe(2);
  });

  it.skipIf(missing)('finds by polling what nobody told it', async () => {
    const { open, bus, start } = await place();
    const store = await open();
    start({ ...store, onAppend: () => () => undefined }, { pollMs: 20 });
    await post(store, { account: 'acc_1', amount: 1 });
    await expect.poll(() => bus.events.length).toBe(1);
  });

  it.skipIf(missing)('holds one batch while the bus is away, and publishes all when it is back', async () => {
    const { open, bus, start } = await place();
    const store = await open();
    let failures = 0;
    bus.setDown(true);
    start(store, { batchSize: 10, observer: { publishFailed: () => (failures += 1) } });
    for (let n = 0; n < 60; n++) await post(store, { account: accounts[n % 40]!, amount: 1 });
    await expect.poll(() => failures).toBeGreaterThan(2);
    expect(await outboxStatus(store)).toMatchObject({ depth: 60 });
    bus.setDown(false);
    await drained(store);
    expect(bus.events).toHaveLength(60);
    expect(bus.largestBatch()).toBe(10);
    expectInOrder(bus.events);
  });

  it.skipIf(missing)('tries smaller batches where the bus is too slow for large ones', async () => {
    const { open, bus, start } = await place();
    const store = await open();
    for (let n = 0; n < 40; n++) await post(store, { account: accounts[n]!, amount: 1 });
    const sizes: number[] = [];
    const slow: RelayOptions<LedgerTables>['bus'] = {
      publish: async (events) => {
        sizes.push(events.length);
        if (events.length > 5) throw new BusUnavailable('This took too long.');
        return bus.publish(events);
      },
    };
    start(store, { bus: slow, batchSize: 32 });
    await drained(store);
    expect(bus.events).toHaveLength(40);
    expect(sizes.slice(0, 4)).toEqual([32, 16, 8, 4]);
  });

  it.skipIf(missing)('publishes only what the disk has', async () => {
    const { open, bus, start } = await place();
    const store = await open();
    const { promise: synced, resolve: sync } = Promise.withResolvers<void>();
    let asked = false;
    const durable = async () => {
      asked = true;
      await synced;
    };
    start({ ...store, durable });
    await post(store, { account: 'acc_1', amount: 1 });
    await expect.poll(() => asked).toBe(true);
    await new Promise(setImmediate);
    expect(bus.events).toEqual([]);
    sync();
    await drained(store);
    expect(bus.events).toHaveLength(1);
  });

  it.skipIf(missing)('publishes nothing of a transaction that was rolled back', async () => {
    const { open, bus, start } = await place();
    const store = await open();
    start(store);
    await expect(post(store, { account: 'acc_none', amount: 1 })).rejects.toThrow('There is no Account');
    await post(store, { account: 'acc_1', amount: 1 });
    await drained(store);
    expect(bus.events).toHaveLength(1);
  });
});
