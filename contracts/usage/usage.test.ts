import { afterEach, describe, expect, it } from 'vitest';
import { openStore } from '#chassis/store/store.ts';
import type { UsageBatch, UsageCount, UsedOperation } from '#gateway/usage/types.ts';
import { collectLog } from '#test/harness/log.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { openUsage, type UsageOptions } from './index.ts';
import { migrations, type UsageTables } from './tables.ts';
import { forgetBefore } from './write.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const today = Date.parse('2026-11-21T12:00:00Z');
const daysAgo = (days: number) => new Date(today - days * 86_400_000).toISOString();

function operation(
  hash: string,
  coordinates: readonly string[],
  name: string | undefined = hash,
): UsedOperation {
  return { hash, name, kind: 'query', text: `query ${hash}{contact{${hash}}}`, coordinates };
}

const titles = operation('titles', ['Contact.title', 'Query.contact', 'Query.contact(id:)']);
const names = operation('names', ['Contact.name', 'Query.contact', 'Query.contact(id:)']);
const nameless = operation('0123456789abcdef', ['Contactless.title', 'Stage.WON'], '');

function count(hash: string, days: number, more: Partial<UsageCount> = {}): UsageCount {
  const at = daysAgo(days);
  return {
    ...{ tenant: 'default', client: 'desk', clientVersion: '1', hash, day: at.slice(0, 10) },
    ...{ requests: 10, errors: 1, firstAt: at, lastAt: at, ...more },
  };
}

describe.each(engines)('usage on $engine', ({ engine, missing }) => {
  async function place() {
    const temporary = await temporaryStore(engine);
    ends.push(temporary.remove);
    const { location } = temporary;
    return {
      location,
      open: async (options: Partial<UsageOptions> = {}) => {
        const usage = await openUsage(location, { log: collectLog().logger, now: () => today, ...options });
        ends.push(usage.close);
        return usage;
      },
    };
  }

  it.skipIf(missing)('adds up counts that come at the same time', async () => {
    const { open } = await place();
    /* A file has one writing process; a server has as many gateways as there are. */
    const gateways = await Promise.all(engine === 'postgres' ? [open(), open()] : [open()]);
    const batch: UsageBatch = {
      operations: [titles, names],
      counts: [count('titles', 0), count('names', 0), count('titles', 1, { client: 'app', errors: 0 })],
    };
    const reversed = { operations: batch.operations.toReversed(), counts: batch.counts.toReversed() };
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        gateways[n % gateways.length]?.write(n % 3 === 0 ? reversed : batch),
      ),
    );
    const [usage] = gateways;
    expect(await usage?.mostUsed({ days: 30, limit: 10 })).toEqual([
      { client: 'desk', hash: 'names', name: 'names', kind: 'query', requests: 200, errors: 20 },
      { client: 'app', hash: 'titles', name: 'titles', kind: 'query', requests: 200, errors: 0 },
      { client: 'desk', hash: 'titles', name: 'titles', kind: 'query', requests: 200, errors: 20 },
    ]);
    expect(await usage?.mostUsed({ days: 1, limit: 1 })).toHaveLength(1);
    expect(await usage?.mostUsed({ tenant: 'acme', days: 30, limit: 10 })).toEqual([]);
  });

  it.skipIf(missing)('says who uses a field, how much, since when and until when', async () => {
    const { open } = await place();
    const usage = await open();
    await usage.write({
      operations: [titles, names, nameless],
      counts: [
        count('titles', 40),
        count('titles', 2),
        count('titles', 0, { tenant: 'acme', requests: 5, errors: 0 }),
        count('titles', 35, { client: 'gone' }),
        count('titles', 3, { clientVersion: '2', requests: 1, errors: 0 }),
        count('names', 1, { client: 'app' }),
        count('0123456789abcdef', 1, { client: 'app', requests: 7 }),
      ],
    });
    expect(await usage.usageOf('Contact.title', { days: 30 })).toEqual([
      {
        ...{ client: 'desk', clientVersion: '1', operation: 'titles', hash: 'titles' },
        ...{ requests: 15, errors: 1, since: daysAgo(40), last: daysAgo(0) },
      },
      {
        ...{ client: 'desk', clientVersion: '2', operation: 'titles', hash: 'titles' },
        ...{ requests: 1, errors: 0, since: daysAgo(3), last: daysAgo(3) },
      },
    ]);
    expect(
      (await usage.usageOf('Contact', { days: 30 })).map(({ client, requests }) => [client, requests]),
    ).toEqual([
      ['desk', 15],
      ['app', 10],
      ['desk', 1],
    ]);
    expect(await usage.usageOf('Query.contact(id:)', { days: 30 })).toHaveLength(3);
    expect(await usage.usageOf('Stage.WON', { days: 30 })).toMatchObject([{ operation: 'unnamed 01234567' }]);
    expect(await usage.usageOf('Contact.email', { days: 30 })).toEqual([]);
    expect(await usage.recordedSince()).toBe(daysAgo(40));
  });

  it.skipIf(missing)('tells the gate what clients send, whatever their version and tenant', async () => {
    const { open } = await place();
    const usage = await open();
    expect(await usage.readSeenOperations({ days: 30 })).toEqual([]);
    await usage.write({
      operations: [titles, nameless],
      counts: [
        count('titles', 0),
        count('titles', 9, { tenant: 'acme', clientVersion: '2' }),
        count('titles', 30),
        count('0123456789abcdef', 29, { client: 'app' }),
      ],
    });
    expect(await usage.readSeenOperations({ days: 30 })).toEqual([
      {
        ...{ client: 'app', name: 'unnamed 01234567', document: nameless.text },
        source: { kind: 'seen', count: 10, since: daysAgo(29), until: daysAgo(29) },
      },
      {
        ...{ client: 'desk', name: 'titles', document: titles.text },
        source: { kind: 'seen', count: 20, since: daysAgo(9), until: daysAgo(0) },
      },
    ]);
  });

  it.skipIf(missing)('forgets what is too old, and operations that nobody sends any more', async () => {
    const { location, open } = await place();
    let now = today - 60 * 86_400_000;
    const early = await open({ now: () => now });
    await early.write({ operations: [titles, names], counts: [count('titles', 60), count('names', 60)] });
    now = today;
    await early.write({ operations: [titles, names], counts: [count('titles', 0)] });
    /* By the clock of the machine, on which every day of this file has gone or is still to come. */
    const store = await openStore<UsageTables>({ name: 'usage', location, migrations });
    ends.push(store.close);
    const day = daysAgo(29).slice(0, 10);
    expect(await store.transaction((trx) => forgetBefore(trx, day, 1))).toBe(1);
    expect(await store.transaction((trx) => forgetBefore(trx, day, 1))).toBe(1);
    expect(await store.transaction((trx) => forgetBefore(trx, day, 1))).toBe(0);
    const left = async (table: 'operations' | 'coordinates' | 'counts') =>
      (await store.db.selectFrom(table).select('hash').execute()).map(({ hash }) => hash);
    expect(await left('operations')).toEqual(['titles']);
    expect(new Set(await left('coordinates'))).toEqual(new Set(['titles']));
    expect(await left('counts')).toEqual(['titles']);
    /* Known to this process, and written again since another day has come. */
    await early.write({ operations: [names], counts: [count('names', 0)] });
    expect(await early.usageOf('Contact.name', { days: 1 })).toHaveLength(1);
  });

  it.skipIf(missing)('does so by itself', async () => {
    const { open } = await place();
    const first = await open();
    const at = new Date(Date.now() - 3 * 86_400_000).toISOString();
    const old = { day: at.slice(0, 10), firstAt: at, lastAt: at };
    await first.write({ operations: [titles], counts: [count('titles', 0, old)] });
    expect(await first.recordedSince()).toBe(at);
    await open({ keepDays: 2 });
    await expect.poll(first.recordedSince).toBeUndefined();
  });

  it.skipIf(missing)('writes a batch whole or not at all', async () => {
    const { open } = await place();
    const usage = await open();
    const broken = { ...count('names', 0), client: null } as unknown as UsageCount;
    const batch = { operations: [titles, names], counts: [count('titles', 0), broken] };
    await expect(usage.write(batch)).rejects.toThrow();
    expect(await usage.mostUsed({ days: 30, limit: 10 })).toEqual([]);
    await usage.write({ ...batch, counts: [count('titles', 0)] });
    expect(await usage.usageOf('Contact.title', { days: 1 })).toMatchObject([{ requests: 10 }]);
  });
});

describe('a store that cannot be reached', () => {
  it('is in the log, and tried again', async () => {
    const { logger, text } = collectLog();
    const location = { engine: 'postgres', url: 'postgres://nobody@127.0.0.1:1/none' } as const;
    const usage = await openUsage(location, { log: logger });
    ends.push(usage.close);
    expect(text()).toContain('the store of usage cannot be opened');
    await expect(usage.mostUsed({ days: 1, limit: 1 })).rejects.toThrow();
  });
});
