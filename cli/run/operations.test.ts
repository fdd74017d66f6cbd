import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MutationTables } from '#chassis/mutation.ts';
import type { Store } from '#chassis/store/store.ts';
import type { Bus } from '#events/bus/port.ts';
import { defineConsumer, type StoreContext } from '#events/consumer.ts';
import type { DeadLetter } from '#events/dead-letter.ts';
import { type EventEnvelope, makeEvent } from '#events/envelope.ts';
import { startConsumer } from '#events/start-consumer.ts';
import { temporaryLog } from '#test/harness/buses.ts';
import { amountPostedV1 } from '#test/harness/ledger.ts';
import { collectLog } from '#test/harness/log.ts';
import { enter, entriesOf, type MirrorTables, openMirror } from '#test/harness/mirror.ts';
import { temporaryStore } from '#test/harness/stores.ts';
import type { EventPath } from './event-path.ts';
import { type Operation, operate } from './operations.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function posting(subject: string, entityVersion: number): EventEnvelope {
  const cause = {
    tenant: 'default',
    actor: 'local',
    origin: 'mutation',
    correlationId: randomUUID(),
  } as const;
  const change = { subject, entityVersion, routing: {}, data: { amount: entityVersion, balance: 0 } };
  return makeEvent(amountPostedV1, change, cause) as unknown as EventEnvelope;
}

describe('what an operator asks of the event path', () => {
  let bus: Bus;
  let store: Store<MirrorTables>;
  let path: EventPath;
  let isBroken: boolean;
  beforeEach(async () => {
    const log = await temporaryLog('embedded');
    ends.push(log.remove);
    bus = await log.open();
    const place = await temporaryStore('sqlite');
    ends.push(place.remove);
    store = await openMirror(place.location);
    ends.push(store.close);
    isBroken = true;
    const consumer = await startConsumer(
      defineConsumer({
        name: 'mirror.entries',
        events: [amountPostedV1],
        effects: 'store',
        retry: { attempts: 2, firstMs: 1, capMs: 1 },
        handle: async (event, { trx }: StoreContext<MirrorTables>) => {
          if (isBroken && event.subject === 'acc_bad') throw new Error('The ledger is closed.');
          await enter(trx, event);
        },
      }),
      { bus, store, log: collectLog().logger },
    );
    ends.push(() => consumer.stop());
    const stores = new Map([['crm', store as unknown as Store<MutationTables>]] as const);
    path = { bus, stores, consumers: new Map([[consumer.name, consumer]]) } as unknown as EventPath;
  });

  async function does(operation: Operation) {
    const items: unknown[] = [];
    const report = await operate(path, operation, {
      onItem: async (item) => void items.push(item),
      onProgress: () => {},
      signal: new AbortController().signal,
    });
    return { items, report };
  }
  const letters = async () =>
    (await does({ kind: 'dead-letters', tenant: 'default', limit: 1_000 })).items as DeadLetter[];

  it('dead letters are listed, shown, retried and discarded', async () => {
    const bad = Array.from({ length: 3 }, (_, nth) => posting('acc_bad', nth + 1));
    await bus.publish([...bad, posting('acc_good', 1)]);
    await expect.poll(async () => (await letters()).length).toBe(3);
    const [first, second, third] = bad.map(({ id }) => id) as [string, string, string];
    expect((await letters()).map(({ event, attempts }) => [event.id, attempts])).toEqual(
      [first, second, third].map((id) => [id, 2]),
    );
    expect((await does({ kind: 'dead-letters', tenant: 'other', limit: 10 })).report).toEqual({ listed: 0 });
    const chosen = { tenant: 'default', consumer: 'mirror.entries' } as const;
    expect((await does({ kind: 'dead-letter', ...chosen, id: first })).report).toMatchObject({
      consumer: 'mirror.entries',
      event: { id: first, data: { amount: 1 } },
      error: expect.stringContaining('The ledger is closed.'),
    });

    expect(await does({ kind: 'retry', ...chosen, ids: [first] })).toEqual({
      items: [{ id: first, error: 'The ledger is closed.' }],
      report: { handled: 0, failed: 1, unknown: 0 },
    });
    isBroken = false;
    expect((await does({ kind: 'discard', ...chosen, ids: [third, randomUUID()] })).report).toEqual({
      discarded: 1,
      unknown: 1,
    });
    expect((await does({ kind: 'retry', ...chosen })).report).toEqual({ handled: 2, failed: 0, unknown: 0 });
    expect(await letters()).toEqual([]);
    const entered = (await entriesOf(store)).filter(({ account }) => account === 'acc_bad');
    expect(entered.map(({ version }) => version)).toEqual([1, 2]);
  });

  it('a replay counts, and brings what was not handled', async () => {
    isBroken = false;
    await bus.publish([posting('acc_1', 1), posting('acc_1', 2)]);
    await expect.poll(async () => (await entriesOf(store)).length).toBe(2);
    const range = { kind: 'replay', tenant: 'default', consumer: 'mirror.entries', again: false } as const;
    expect((await does({ ...range, dryRun: true })).report).toMatchObject({
      read: 2,
      handled: 0,
      skipped: 2,
    });
    await expect(does({ ...range, dryRun: false, again: true })).rejects.toThrow(
      'mirror.entries must not handle',
    );
    await expect(does({ ...range, dryRun: false, types: ['LeadCreated'] })).rejects.toThrow(
      'does not react to',
    );
  });

  it('an event is followed from a time, from a cursor and from another event', async () => {
    const events = [posting('acc_1', 1), posting('acc_1', 2), posting('acc_1', 3)];
    const published = await bus.publish(events);
    const readFrom = async (from: string) =>
      (await does({ kind: 'tail', tenant: 'default', follow: false, from })).items.map(
        (item) => (item as { event: EventEnvelope }).event.id,
      );
    const ids = events.map(({ id }) => id);
    expect(await readFrom('2020-01-01')).toEqual(ids);
    expect(await readFrom(published[0]?.cursor as string)).toEqual(ids.slice(1));
    expect(await readFrom(ids[1] as string)).toEqual(ids.slice(2));
    await expect(readFrom('nonsense')).rejects.toThrow();
    expect((await does({ kind: 'show', tenant: 'default', id: ids[1] as string })).report).toMatchObject({
      event: { id: ids[1] },
      cursor: published[1]?.cursor,
    });
    await expect(does({ kind: 'show', tenant: 'other', id: ids[1] as string })).rejects.toThrow(
      'has no event',
    );
  });
});
