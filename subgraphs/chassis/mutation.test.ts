import { type Kysely, sql, type Transaction } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defineEvent } from '#events/define-event.ts';
import { type Cause, type EventEnvelope, makeEvent } from '#events/envelope.ts';
import { createOutbox } from '#events/outbox.ts';
import { waitingEvents } from '#test/harness/outbox.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import type { RequestContext, Viewer } from './context.ts';
import { type Done, type MutationTables, mutate } from './mutation.ts';
import { openStaleness } from './staleness.ts';
import { createIdempotency, forgetKeys } from './store/idempotency.ts';
import { openStore, type Store } from './store/store.ts';

interface Tables extends MutationTables {
  things: { readonly tenant: string; readonly id: string };
}

const thingMade = defineEvent({
  name: 'ThingMade',
  version: 1,
  owner: 'shop',
  entity: 'Thing',
  description: 'A thing was made.',
  orderedBy: 'subject',
  routing: [],
  fields: {},
  example: {},
});

const ada: Viewer = { kind: 'user', id: 'ada', roles: [], scopes: [], tenant: 'acme' };

describe.each(engines)('mutate on $engine', ({ engine, missing }) => {
  let place: TemporaryStore;
  let store: Store<Tables>;

  beforeAll(async () => {
    if (missing) return;
    place = await temporaryStore(engine);
    store = await openStore<Tables>({
      name: 'shop',
      location: place.location,
      migrations: {
        '001': async (target) => {
          await sql`create table things (tenant text not null, id text not null)`.execute(target.db);
          await createOutbox(target);
          await createIdempotency(target);
        },
      },
    });
  });

  afterAll(async () => {
    await store?.close();
    await place?.remove();
  });

  beforeEach(async () => {
    if (missing) return;
    await store.transaction(async (trx) => {
      for (const table of ['things', 'outbox', 'idempotency'])
        await sql`delete from ${sql.id(table)}`.execute(trx);
    });
  });

  const contextOf = (viewer: Viewer): RequestContext & { readonly store: Store<Tables> } => ({
    viewer,
    tenant: viewer.tenant,
    requestId: 'req-1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    log: pino({ level: 'silent' }),
    signal: new AbortController().signal,
    staleness: openStaleness(),
    store,
  });

  /** Makes a thing under a key. */
  const make = (
    key: string,
    {
      id = 'thing_1',
      viewer = ada,
      name = 'makeThing',
      work,
    }: {
      readonly id?: string;
      readonly viewer?: Viewer;
      readonly name?: string;
      readonly work?: (trx: Transaction<Tables>, cause: Cause) => Promise<Done>;
    } = {},
  ) =>
    mutate(
      contextOf(viewer),
      { name, idempotencyKey: key, input: { id } },
      work ?? ((trx, cause) => insert(trx, cause, id)),
    );

  const insert = async (trx: Transaction<Tables>, cause: Cause, id: string): Promise<Done> => {
    await trx.insertInto('things').values({ tenant: cause.tenant, id }).execute();
    return { kind: 'changed', subject: id, events: [made(cause, id)] };
  };

  const made = (cause: Cause, id: string): EventEnvelope<object> =>
    makeEvent(thingMade, { subject: id, entityVersion: 1, routing: {}, data: {} }, cause);

  const count = async (table: keyof Tables): Promise<number> => {
    const { rows } = await sql<{ n: number | string }>`select count(*) as n from ${sql.table(table)}`.execute(
      store.db,
    );
    return Number(rows[0]?.n);
  };

  it.skipIf(missing)(
    'writes the row, its event and the key together, and says why in the event',
    async () => {
      const receipt = await make('key-1');
      const [event] = await waitingEvents(store);
      expect(receipt).toEqual({
        kind: 'changed',
        subject: 'thing_1',
        events: [{ id: event?.id, type: 'tributary.shop.ThingMade.v1' }],
        replayed: false,
      });
      expect(event).toMatchObject({
        tenant: 'acme',
        actor: 'user:ada',
        origin: 'mutation',
        correlationid: 'req-1',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        idempotencykey: 'key-1',
        partitionkey: 'thing_1',
      });
      expect([await count('things'), await count('idempotency')]).toEqual([1, 1]);
    },
  );

  it.skipIf(missing)('a request id that may be an address is not told in the event', async () => {
    const context = { ...contextOf(ada), requestId: 'ada@example.com' };
    await mutate(context, { name: 'makeThing', idempotencyKey: 'key-1', input: {} }, (trx, cause) =>
      insert(trx, cause, 'thing_1'),
    );
    const [event] = await waitingEvents(store);
    expect(event?.correlationid).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify(event)).not.toContain('@');
  });

  it.skipIf(missing)('does nothing again under the same key, and answers the first receipt', async () => {
    const first = await make('key-1');
    const again = await make('key-1', { work: () => Promise.reject(new Error('it was done again')) });
    expect(again).toEqual({ ...first, replayed: true });
    expect([await count('things'), await count('outbox')]).toEqual([1, 1]);
  });

  it.skipIf(missing)('refuses a key that was used with other input or for another mutation', async () => {
    await make('key-1');
    for (const other of [{ id: 'thing_2' }, { name: 'breakThing' }]) {
      await expect(make('key-1', other)).rejects.toMatchObject({
        extensions: { code: 'IDEMPOTENCY_CONFLICT', idempotencyKey: 'key-1' },
      });
    }
    expect(await count('outbox')).toBe(1);
  });

  it.skipIf(missing)('takes the same input in another order of its fields for the same', async () => {
    const request = (input: object) => ({ name: 'makeThing', idempotencyKey: 'key-1', input });
    const work = (trx: Transaction<Tables>, cause: Cause) => insert(trx, cause, 'thing_1');
    await mutate(contextOf(ada), request({ a: 1, b: { c: 2, d: [1, 2] } }), work);
    const again = await mutate(contextOf(ada), request({ b: { d: [1, 2], c: 2 }, a: 1 }), work);
    expect(again.replayed).toBe(true);
    await expect(mutate(contextOf(ada), request({ a: 1, b: { c: 2, d: [2, 1] } }), work)).rejects.toThrow(
      'key-1',
    );
  });

  it.skipIf(missing)('keeps the keys of viewers and of tenants apart', async () => {
    const others: Viewer[] = [
      { ...ada, id: 'bert' },
      { ...ada, kind: 'machine' },
      { ...ada, tenant: 'other' },
      { ...ada, kind: 'local', id: null },
    ];
    const viewers = [ada, ...others].map((viewer, n) => ({ viewer, id: `thing_${n}` }));
    const firsts = [];
    for (const one of viewers) firsts.push(await make('key-1', one));
    const seconds = [];
    for (const one of viewers) seconds.push(await make('key-1', one));
    expect(firsts.map(({ replayed }) => replayed)).toEqual(viewers.map(() => false));
    expect(seconds).toEqual(firsts.map((first) => ({ ...first, replayed: true })));
    expect(await count('idempotency')).toBe(5);
  });

  it.skipIf(missing)('frees the key of what was refused, and publishes why', async () => {
    const refuse = async (_: unknown, cause: Cause): Promise<Done> => ({
      kind: 'refused',
      subject: 'thing_1',
      events: [made(cause, 'thing_1')],
    });
    expect(await make('key-1', { work: refuse })).toMatchObject({ kind: 'refused', replayed: false });
    expect(await make('key-1', { work: refuse })).toMatchObject({ kind: 'refused', replayed: false });
    expect([await count('outbox'), await count('idempotency')]).toEqual([2, 0]);
    // What follows may be something else, since nothing stands for the key.
    expect(await make('key-1', { id: 'thing_2' })).toMatchObject({ kind: 'changed', replayed: false });
  });

  it.skipIf(missing)('frees the key of what failed, and keeps nothing of it', async () => {
    const fail = async (trx: Transaction<Tables>, cause: Cause): Promise<Done> => {
      await insert(trx, cause, 'thing_1');
      throw new Error('the vendor said no');
    };
    await expect(make('key-1', { work: fail })).rejects.toThrow('the vendor said no');
    expect([await count('things'), await count('outbox'), await count('idempotency')]).toEqual([0, 0, 0]);
    expect((await make('key-1')).replayed).toBe(false);
  });

  it.skipIf(missing)('writes nothing at all where its events cannot be appended', async () => {
    const twice = async (trx: Transaction<Tables>, cause: Cause): Promise<Done> => {
      const done = await insert(trx, cause, 'thing_1');
      // One id cannot stand in the outbox twice.
      return { ...done, events: [...done.events, ...done.events] };
    };
    await expect(make('key-1', { work: twice })).rejects.toThrow(/unique/i);
    expect([await count('things'), await count('outbox'), await count('idempotency')]).toEqual([0, 0, 0]);
    expect((await make('key-1')).replayed).toBe(false);
  });

  it.skipIf(missing).each(['', 'a b', 'ada@example.com', 'k'.repeat(129), 'ключ', 'a\nb'])(
    'refuses the key %j before anything is done',
    async (key) => {
      const work = () => Promise.reject(new Error('it was begun'));
      await expect(make(key, { work })).rejects.toMatchObject({ extensions: { code: 'INVALID_ARGUMENT' } });
    },
  );

  /** A try that has begun its work and goes on when it is told to. */
  const heldTry = async (end: (trx: Transaction<Tables>, cause: Cause) => Promise<Done>) => {
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const first = make('key-1', {
      work: async (trx, cause) => {
        begun.resolve();
        await goOn.promise;
        return end(trx, cause);
      },
    });
    await begun.promise;
    return { first, goOn: () => goOn.resolve() };
  };

  /** On SQLite a second transaction does not even begin; PostgreSQL says who waits for a lock. */
  const untilOneWaits = async () => {
    if (engine === 'sqlite') return;
    const waiting = sql<{ n: number }>`
      select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    while ((await waiting.execute(store.db as Kysely<Tables>)).rows[0]?.n !== 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  it.skipIf(missing)(
    'waits for a try of the same key that is under way, and answers its receipt',
    async () => {
      const { first, goOn } = await heldTry((trx, cause) => insert(trx, cause, 'thing_1'));
      const second = make('key-1');
      await untilOneWaits();
      goOn();
      expect(await second).toEqual({ ...(await first), replayed: true });
      expect([await count('things'), await count('outbox')]).toEqual([1, 1]);
    },
  );

  it.skipIf(missing)('does what is asked itself where the try that it waited for failed', async () => {
    const { first, goOn } = await heldTry(() => Promise.reject(new Error('it broke off')));
    const second = make('key-1');
    await untilOneWaits();
    goOn();
    await expect(first).rejects.toThrow('it broke off');
    expect((await second).replayed).toBe(false);
    expect([await count('things'), await count('outbox')]).toEqual([1, 1]);
  });

  it.skipIf(missing)('does what many ask under one key at once a single time', async () => {
    const receipts = await Promise.all(Array.from({ length: 20 }, () => make('key-1')));
    expect(receipts.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(receipts.map(({ events }) => events[0]?.id)).size).toBe(1);
    expect([await count('things'), await count('outbox')]).toEqual([1, 1]);
  });

  it.skipIf(missing)(
    'keeps keys for seven days at the least, and forgets older ones a few at a time',
    async () => {
      const day = 24 * 3_600_000;
      for (const key of ['key-1', 'key-2', 'key-3']) await make(key);
      const forget = (days: number, limit: number) =>
        store.transaction((trx) => forgetKeys(trx, new Date(Date.now() + days * day), limit));
      expect(await forget(7, 10)).toBe(0);
      expect(await forget(9, 2)).toBe(2);
      expect(await forget(9, 2)).toBe(1);
      expect((await make('key-1')).replayed).toBe(false);
    },
  );
});
