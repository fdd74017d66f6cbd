import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { amountPostedV1 } from '#test/harness/ledger.ts';
import { collectLog } from '#test/harness/log.ts';
import { memoryBus } from '#test/harness/memory-bus.ts';
import {
  enter,
  enterAndTell,
  entriesOf,
  type MirrorStore,
  type MirrorTables,
  openMirror,
} from '#test/harness/mirror.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { type Consumer, defineConsumer, type RetryPolicy, type StoreContext } from './consumer.ts';
import { deadLetterCounts } from './dead-letter.ts';
import { type Cause, type EventEnvelope, makeEvent } from './envelope.ts';
import { forgetEvents } from './inbox.ts';
import type { EventObserver } from './observer.ts';
import { ReplayRefused, replay } from './replay.ts';
import { startConsumer } from './start-consumer.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const cause: Cause = { tenant: 'default', actor: 'local', origin: 'mutation', correlationId: 'req_1' };
const quick: RetryPolicy = { attempts: 3, firstMs: 5, capMs: 20 };
const never = new AbortController().signal;
type Posted = EventEnvelope<{ amount: number }>;

/** Postings of one account with versions from `first` on, as a relay reads them. */
function postings(account: string, count: number, first = 1): EventEnvelope[] {
  return Array.from({ length: count }, (_, at) => {
    const amount = first + at;
    const change = { subject: account, entityVersion: amount, routing: {}, data: { amount, balance: 0 } };
    return JSON.parse(JSON.stringify(makeEvent(amountPostedV1, change, cause)));
  });
}

interface Counts {
  handled: number;
  duplicates: number;
  retried: number;
  parked: number;
}

describe.each(engines)('consumers on $engine', ({ engine, missing }) => {
  async function place() {
    const temporary = await temporaryStore(engine);
    ends.push(temporary.remove);
    const store = await openMirror(temporary.location);
    ends.push(store.close);
    const bus = memoryBus();
    const counts: Counts = { handled: 0, duplicates: 0, retried: 0, parked: 0 };
    const observer: EventObserver = {
      handled: (_, events) => {
        counts.handled += events;
      },
      duplicates: (_, events) => {
        counts.duplicates += events;
      },
      retried: () => {
        counts.retried += 1;
      },
      parked: () => {
        counts.parked += 1;
      },
    };
    const start = async (consumer: Consumer<MirrorTables>, of: MirrorStore = store) => {
      const running = await startConsumer(consumer, { bus, store: of, log: collectLog().logger, observer });
      ends.push(() => running.stop());
      return running;
    };
    const mirror = (
      handle: (event: Posted, context: StoreContext<MirrorTables>) => Promise<void>,
      more: { readonly repeatable?: boolean; readonly concurrency?: number } = {},
    ) =>
      defineConsumer({
        name: 'mirror.entries',
        events: [amountPostedV1],
        effects: 'store',
        retry: quick,
        handle: (event, context: StoreContext<MirrorTables>) => handle(event, context),
        ...more,
      });
    const versions = async (account: string) =>
      (await entriesOf(store)).filter((entry) => entry.account === account).map(({ version }) => version);
    return { store, bus, counts, start, mirror, versions };
  }

  it.skipIf(missing)('let each event take effect once, in order, however often it is delivered', async () => {
    const { store, bus, counts, start, mirror, versions } = await place();
    await start(mirror(enterAndTell));
    await bus.publish([...postings('acc_1', 150), ...postings('acc_2', 3)]);
    await expect.poll(() => counts.handled).toBe(153);
    bus.redeliver('mirror.entries');
    await expect.poll(() => counts.duplicates).toBe(153);
    expect(await versions('acc_1')).toEqual(Array.from({ length: 150 }, (_, at) => at + 1));
    expect(await versions('acc_2')).toEqual([1, 2, 3]);
    expect(counts).toEqual({ handled: 153, duplicates: 153, retried: 0, parked: 0 });
    const { rows } = await sql<{ envelope: string }>`
      select envelope from outbox order by position`.execute(store.db);
    expect(rows).toHaveLength(153);
    const { causationid, ...envelope } = JSON.parse(rows[0]!.envelope);
    expect(envelope).toMatchObject({
      type: 'tributary.mirror.AmountMirrored.v1',
      actor: 'consumer:mirror.entries',
      origin: 'consumer',
      correlationid: 'req_1',
    });
    expect(bus.events.map(({ id }) => id)).toContain(causationid);
  });

  it.skipIf(missing)(
    'undo what a failing event did, and neither lose nor double its neighbours',
    async () => {
      const { bus, counts, start, mirror, versions } = await place();
      let failures = 0;
      await start(
        mirror(async (event, context) => {
          await enterAndTell(event, context);
          if (event.data.amount === 5 && failures++ < 2) throw new Error('Not now.');
        }),
      );
      await bus.publish(postings('acc_1', 9));
      await expect.poll(() => versions('acc_1')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      // The first failure was of the nine together; the second was its own.
      await expect.poll(() => counts).toEqual({ handled: 9, duplicates: 0, retried: 1, parked: 0 });
    },
  );

  it.skipIf(missing)('park a poisoned event whole, and hold up no other key for it', async () => {
    const { store, bus, counts, start, mirror, versions } = await place();
    let cured = false;
    const running = await start(
      mirror(
        async (event, { trx }) => {
          await enter(trx, event);
          if (event.data.amount === 2 && !cured) throw new Error('This is poison.');
        },
        { concurrency: 1 },
      ),
    );
    await bus.publish([...postings('acc_1', 3), ...postings('acc_2', 1)]);
    await expect.poll(() => versions('acc_2')).toEqual([1]);
    await expect.poll(() => versions('acc_1')).toEqual([1, 3]);
    expect(counts).toMatchObject({ parked: 1, retried: 2 });

    const [letter, ...others] = await running.deadLetters.list({ tenant: 'default', limit: 10 });
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      consumer: 'mirror.entries',
      event: bus.events[1],
      attempts: 3,
      error: expect.stringContaining('This is poison.'),
    });
    expect(await deadLetterCounts(store)).toEqual(new Map([['mirror.entries', 1]]));
    const { id } = letter!.event;
    expect(await running.deadLetters.find('default', id)).toEqual(letter);
    expect(await running.deadLetters.find('other', id)).toBeNull();

    expect(await running.deadLetters.retry('default', id, never)).toMatchObject({ kind: 'failed' });
    expect(await running.deadLetters.find('default', id)).toMatchObject({ attempts: 4 });
    expect(await versions('acc_1')).toEqual([1, 3]);
    cured = true;
    const twice = await Promise.all([
      running.deadLetters.retry('default', id, never),
      running.deadLetters.retry('default', id, never),
    ]);
    expect(twice.map(({ kind }) => kind).sort()).toEqual(['handled', 'none']);
    expect(await versions('acc_1')).toEqual([1, 3, 2]);
    expect(await running.deadLetters.list({ tenant: 'default', limit: 10 })).toEqual([]);
    bus.redeliver('mirror.entries');
    await expect.poll(() => counts.duplicates).toBeGreaterThanOrEqual(4);
    expect(await versions('acc_1')).toEqual([1, 3, 2]);
  });

  it.skipIf(missing)('wait longer with every failure, up to a cap', async () => {
    const { start } = await place();
    const running = await start(
      defineConsumer({
        name: 'mirror.failing',
        events: [amountPostedV1],
        effects: 'store',
        retry: { attempts: 6, firstMs: 100, capMs: 1_000 },
        handle: async (_event, _context: StoreContext<MirrorTables>) => {
          throw new Error('Not now.');
        },
      }),
    );
    const [event] = postings('acc_1', 1);
    for (const longest of [100, 200, 400, 800, 1_000]) {
      const { done, retryInMs } = await running.take([event!], 'new', never);
      expect(done).toBe(0);
      expect(retryInMs).toBeGreaterThanOrEqual(longest / 2);
      expect(retryInMs).toBeLessThanOrEqual(longest);
    }
    expect(await running.take([event!], 'new', never)).toEqual({ done: 1 });
    expect(await running.deadLetters.find('default', event!.id)).toMatchObject({ attempts: 6 });
  });

  it.skipIf(missing)('park nothing because their store is away', async () => {
    const { store, bus, counts, start, mirror, versions } = await place();
    let away = true;
    await start(mirror(enterAndTell), {
      ...store,
      transaction: (work) =>
        away ? Promise.reject(new Error('The store is away.')) : store.transaction(work),
    });
    await bus.publish(postings('acc_1', 2));
    // Three are the attempts after which an event is parked.
    await expect.poll(() => counts.retried).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    away = false;
    await expect.poll(() => versions('acc_1')).toEqual([1, 2]);
    await expect.poll(() => counts).toMatchObject({ handled: 2, parked: 0 });
  });

  it.skipIf(missing)('discard a dead letter for good', async () => {
    const { bus, counts, start, mirror, versions } = await place();
    const running = await start(
      mirror(async () => {
        throw new Error('This is poison.');
      }),
    );
    await bus.publish(postings('acc_1', 1));
    await expect.poll(() => counts.parked).toBe(1);
    const { id } = bus.events[0]!;
    expect(await running.deadLetters.discard('default', id)).toBe(true);
    expect(await running.deadLetters.discard('default', id)).toBe(false);
    expect(await running.deadLetters.retry('default', id, never)).toEqual({ kind: 'none' });
    expect(await versions('acc_1')).toEqual([]);
  });

  it.skipIf(missing)('keep their order where two processes are given the same events', async () => {
    const { counts, start, mirror, versions } = await place();
    const first = await start(mirror(enterAndTell));
    const second = await start(mirror(enterAndTell));
    const events = postings('acc_1', 40);
    const inTwos = async (running: typeof first) => {
      for (let at = 0; at < 40; at += 2) await running.take(events.slice(at, at + 2), 'new', never);
    };
    await Promise.all([inTwos(first), inTwos(second)]);
    expect(await versions('acc_1')).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    expect(counts).toMatchObject({ handled: 40, duplicates: 40 });
  });

  it.skipIf(missing)('take turns at a key with what is handled anew elsewhere', async () => {
    const { store, start, mirror } = await place();
    /** Loses a count where two do this at the same time. */
    const countOn = async (_event: Posted, { trx }: StoreContext<MirrorTables>) => {
      const { rows } = await sql<{ version: number }>`select version from entries`.execute(trx);
      const [row] = rows;
      if (row === undefined) throw new Error('There is nothing to count on.');
      await sql`update entries set version = ${row.version + 1}`.execute(trx);
    };
    await store.transaction((trx) =>
      sql`insert into entries (event_id, account, version, amount) values ('e', 'acc_1', 0, 0)`.execute(trx),
    );
    const [live, again] = [await start(mirror(countOn)), await start(mirror(countOn))];
    const [early, late] = [postings('acc_1', 30), postings('acc_1', 30, 31)];
    const oneByOne = async (running: typeof live, events: readonly EventEnvelope[], mode: 'new' | 'anew') => {
      for (const event of events) expect(await running.take([event], mode, never)).toEqual({ done: 1 });
    };
    await Promise.all([oneByOne(live, late, 'new'), oneByOne(again, early, 'anew')]);
    expect((await entriesOf(store)).map(({ version }) => version)).toEqual([60]);
  });

  it.skipIf(missing)('bring effects elsewhere at least once, and know what was done', async () => {
    const { bus, counts, start } = await place();
    const batches: number[][] = [];
    let fail = true;
    const running = await start(
      defineConsumer({
        name: 'mirror.outside',
        events: [amountPostedV1],
        effects: 'outside',
        retry: quick,
        handle: async (events) => {
          batches.push(events.map(({ entityversion }) => entityversion));
          if (fail && events.some(({ entityversion }) => entityversion === 2)) throw new Error('Not now.');
        },
      }),
    );
    await bus.publish(postings('acc_1', 3));
    await expect.poll(() => counts.parked).toBe(1);
    await expect.poll(() => counts.handled).toBe(2);
    expect(batches).toEqual([[1, 2, 3], [1], [2], [2], [2], [3]]);
    bus.redeliver('mirror.outside');
    await expect.poll(() => counts.duplicates).toBe(3);
    fail = false;
    const { id } = bus.events[1]!;
    expect(await running.deadLetters.retry('default', id, never)).toEqual({ kind: 'handled' });
    expect(await running.deadLetters.find('default', id)).toBeNull();
  });

  it.skipIf(missing)('forget what they handled, in bounded steps', async () => {
    const { store, bus, counts, start, mirror } = await place();
    await start(mirror(enterAndTell));
    await bus.publish(postings('acc_1', 5));
    await expect.poll(() => counts.handled).toBe(5);
    const before = new Date(Date.now() + 1_000).toISOString();
    const steps = [];
    for (let step = 0; step < 4; step++) {
      steps.push(await store.transaction((trx) => forgetEvents(trx, before, 2)));
    }
    expect(steps).toEqual([2, 2, 1, 0]);
  });

  describe('replays', () => {
    const range = { tenant: 'default', from: 'oldest' } as const;

    it.skipIf(missing)('bring what was not handled, and count it before', async () => {
      const { store, bus, start, mirror, versions } = await place();
      await bus.publish(postings('acc_1', 6));
      await bus.publish(postings('acc_2', 2));
      const running = await start(mirror(enterAndTell));
      await expect.poll(async () => (await entriesOf(store)).length).toBe(8);
      const lost = bus.events.slice(1, 3).map(({ id }) => id);
      await store.transaction(async (trx) => {
        await sql`delete from entries where event_id in (${sql.join(lost)})`.execute(trx);
        await sql`delete from inbox where event_id in (${sql.join(lost)})`.execute(trx);
      });
      const options = { bus, consumer: running, range, signal: never };
      expect(await replay({ ...options, dryRun: true })).toMatchObject({ read: 8, handled: 2, skipped: 6 });
      expect(await versions('acc_1')).toEqual([1, 4, 5, 6]);
      const seen: number[] = [];
      expect(await replay({ ...options, onProgress: ({ read }) => seen.push(read) })).toMatchObject({
        read: 8,
        handled: 2,
        skipped: 6,
        gaps: 0,
      });
      expect(await versions('acc_1')).toEqual([1, 4, 5, 6, 2, 3]);
      expect(seen).toEqual([8]);
      expect(await replay(options)).toMatchObject({ read: 8, handled: 0, skipped: 8 });
    });

    it.skipIf(missing)('overtake nothing that is still on its way', async () => {
      const { bus, start, mirror, versions } = await place();
      const { promise: gate, resolve: open } = Promise.withResolvers<void>();
      let waiting = false;
      const running = await start(
        mirror(async (event, context) => {
          if (event.data.amount === 1) {
            waiting = true;
            await gate;
          }
          await enterAndTell(event, context);
        }),
      );
      await bus.publish(postings('acc_1', 1));
      await bus.publish(postings('acc_1', 3, 2));
      await expect.poll(() => waiting).toBe(true);
      const { cursor } = (await bus.publish([bus.events[1]!]))[0]!;
      const replayed = replay({
        bus,
        consumer: running,
        range: { tenant: 'default', from: { cursor } },
        signal: never,
      });
      await new Promise((resolve) => setTimeout(resolve, 100));
      open();
      expect(await replayed).toMatchObject({ read: 2, handled: 0, skipped: 2 });
      await expect.poll(() => versions('acc_1')).toEqual([1, 2, 3, 4]);
    });

    it.skipIf(missing)('handle all anew only where the consumer says that it may', async () => {
      const { bus, counts, start, mirror, versions } = await place();
      const once = await start(mirror(enterAndTell));
      await bus.publish(postings('acc_1', 2));
      await expect.poll(() => counts.handled).toBe(2);
      const options = { bus, range, again: true, signal: never };
      const refused = replay({ ...options, consumer: once });
      await expect(refused).rejects.toThrow(ReplayRefused);
      await expect(refused).rejects.toMatchObject({ code: 'NOT_REPEATABLE' });
      const repeatable = { ...once, repeatable: true };
      expect(await replay({ ...options, consumer: repeatable })).toMatchObject({ handled: 2, skipped: 0 });
      expect(await versions('acc_1')).toEqual([1, 2, 1, 2]);
    });

    it.skipIf(missing)('refuse types that the consumer does not react to', async () => {
      const { bus, start, mirror } = await place();
      const running = await start(mirror(enterAndTell));
      const types = ['tributary.crm.LeadCreated.v1'];
      await expect(
        replay({ bus, consumer: running, range: { ...range, types }, signal: never }),
      ).rejects.toMatchObject({ code: 'NOT_CONSUMED' });
    });
  });
});
