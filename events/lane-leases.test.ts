import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LedgerStore, openLedger, post } from '#test/harness/ledger.ts';
import { collectLog } from '#test/harness/log.ts';
import { type MemoryBus, memoryBus } from '#test/harness/memory-bus.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import type { Bus } from './bus/port.ts';
import { shareOf } from './lane-leases.ts';
import { lanes, outboxStatus } from './outbox.ts';
import { type Relay, startRelay } from './relay.ts';

const { missing } = engines.find(({ engine }) => engine === 'postgres')!;
const accounts = Array.from({ length: 60 }, (_, at) => `acc_${at}`);
const leaseMs = 600;

describe('equal shares', () => {
  it('are all lanes, and differ by one at most', () => {
    for (let count = 1; count <= lanes + 2; count++) {
      const live = Array.from({ length: count }, (_, at) => `relay-${at}`);
      const shares = live.map((owner) => shareOf(live, owner));
      expect(shares.reduce((sum, share) => sum + share)).toBe(lanes);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }
  });
});

describe.skipIf(missing)('several relays on one PostgreSQL', () => {
  const ends: (() => Promise<unknown>)[] = [];
  let store: LedgerStore;
  let bus: MemoryBus;
  let duplicates: number;

  beforeEach(async () => {
    const temporary = await temporaryStore('postgres');
    ends.push(temporary.remove);
    store = await openLedger(temporary.location, accounts);
    ends.push(store.close);
    bus = memoryBus();
    duplicates = 0;
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const counted: Pick<Bus, 'publish'> = {
    publish: async (events) => {
      const published = await bus.publish(events);
      duplicates += published.filter(({ duplicate }) => duplicate).length;
      return published;
    },
  };
  const start = (through: Pick<Bus, 'publish'> = counted, from: LedgerStore = store): Relay => {
    const { logger } = collectLog();
    const relay = startRelay({ name: 'ledger', store: from, bus: through, log: logger, leaseMs, pollMs: 50 });
    ends.push(relay.close);
    return relay;
  };
  const postToAll = async (times: number) => {
    for (let n = 0; n < times; n++) {
      await Promise.all(accounts.map((account) => post(store, { account, amount: 1 })));
    }
  };
  /** How many lanes each live owner has, fewest first. */
  const held = async () => {
    const { rows } = await sql<{ count: string }>`
      select count(*) from lane_leases where expires_at > clock_timestamp() group by owner order by 1`.execute(
      store.db,
    );
    return rows.map(({ count }) => Number(count));
  };
  const expectAllInOrder = async (each: number) => {
    await expect.poll(() => outboxStatus(store), { timeout: 10_000 }).toMatchObject({ depth: 0 });
    expect(bus.events).toHaveLength(each * accounts.length);
    const last = new Map<string, number>();
    for (const { subject, entityversion } of bus.events) {
      expect([subject, entityversion]).toEqual([subject, (last.get(subject) ?? 1) + 1]);
      last.set(subject, entityversion);
    }
  };

  it('share the lanes, give them up to one that comes, and take those of one that goes', async () => {
    const first = start();
    await expect.poll(held).toEqual([16]);
    start();
    await expect.poll(held).toEqual([8, 8]);
    const third = start();
    await expect.poll(held).toEqual([5, 5, 6]);
    await postToAll(3);
    await third.close();
    await first.close();
    await expect.poll(held).toEqual([16]);
    await expectAllInOrder(3);
  });

  it('publish nothing that another has in its hands', async () => {
    start();
    start();
    await expect.poll(held).toEqual([8, 8]);
    await postToAll(8);
    await expectAllInOrder(8);
    expect(duplicates).toBe(0);
  });

  it('go on where one stands still while it publishes, and bear what it sends too late', async () => {
    const { promise: gate, resolve: wake } = Promise.withResolvers<void>();
    let late = 0;
    start({
      publish: async (events) => {
        await gate;
        late += events.length;
        return bus.publish(events);
      },
    });
    await expect.poll(held).toEqual([16]);
    await postToAll(1);
    start();
    await expectAllInOrder(1);
    await postToAll(2);
    await expectAllInOrder(3);
    wake();
    await expect.poll(() => late).toBeGreaterThan(0);
    await postToAll(1);
    await expectAllInOrder(4);
  });

  it('read again after standing still past the lease', async () => {
    const { promise: gate, resolve: wake } = Promise.withResolvers<void>();
    let read = 0;
    const slow = store.db.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        if (result.rows.some((row) => 'envelope' in row) && read++ === 0) await gate;
        return result;
      },
    });
    let stale = 0;
    const before = new Set<string>();
    start(
      {
        publish: async (events) => {
          stale += events.filter(({ id }) => before.has(id)).length;
          return bus.publish(events);
        },
      },
      { ...store, db: slow },
    );
    await expect.poll(held).toEqual([16]);
    await postToAll(1);
    await expect.poll(() => read).toBe(1);
    start();
    await expectAllInOrder(1);
    for (const { id } of bus.events) before.add(id);
    wake();
    await expect.poll(held).toEqual([8, 8]);
    await postToAll(1);
    await expectAllInOrder(2);
    expect(stale).toBe(0);
  });
});
