import { afterEach, describe, expect, it } from 'vitest';
import type { Bus } from '#events/bus/port.ts';
import { defineConsumer, type StoreContext } from '#events/consumer.ts';
import { outboxStatus } from '#events/outbox.ts';
import { startRelay } from '#events/relay.ts';
import { replay } from '#events/replay.ts';
import { startConsumer } from '#events/start-consumer.ts';
import { temporaryLog } from '#test/harness/buses.ts';
import { amountPostedV1, type LedgerStore, openLedger, post } from '#test/harness/ledger.ts';
import { collectLog } from '#test/harness/log.ts';
import {
  amountMirroredV1,
  enter,
  enterAndTell,
  entriesOf,
  type MirrorStore,
  type MirrorTables,
  openMirror,
} from '#test/harness/mirror.ts';
import { natsIsMissing } from '#test/harness/nats.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const noNats = await natsIsMissing();
const accounts = Array.from({ length: 12 }, (_, at) => `acc_${at}`);
const { logger: log } = collectLog();

/** Each store on each bus: the embedded bus has one process, JetStream as many as there are. */
const places = engines.flatMap(({ engine, missing }) => [
  { engine, bus: 'embedded' as const, processes: 1, missing },
  { engine, bus: 'jetstream' as const, processes: engine === 'postgres' ? 2 : 1, missing: missing || noNats },
]);

describe.each(places)(
  'from commit to effect on $engine and $bus',
  ({ engine, bus: kind, processes, missing }) => {
    async function place() {
      const temporary = await temporaryStore(engine);
      ends.push(temporary.remove);
      const other = await temporaryStore(engine);
      ends.push(other.remove);
      const events = await temporaryLog(kind);
      ends.push(events.remove);
      const open = async () => {
        const ledger = await openLedger(temporary.location);
        ends.push(ledger.close);
        const mirror = await openMirror(other.location);
        ends.push(mirror.close);
        const bus = await events.open();
        ends.push(startRelay({ name: 'ledger', store: ledger, bus, log }).close);
        ends.push(startRelay({ name: 'mirror', store: mirror, bus, log }).close);
        return { ledger, mirror, bus };
      };
      const first = await openLedger(temporary.location, accounts);
      await first.close();
      return open;
    }

    const mirroring = defineConsumer({
      name: 'mirror.entries',
      events: [amountPostedV1],
      effects: 'store',
      repeatable: true,
      handle: (event, context: StoreContext<MirrorTables>) => enterAndTell(event, context),
    });
    /** Beside the entries of the other consumer, under names of their own. */
    const echoing = defineConsumer({
      name: 'mirror.echoes',
      events: [amountMirroredV1],
      effects: 'store',
      handle: (event, { trx }: StoreContext<MirrorTables>) =>
        enter(trx, { ...event, subject: `echo_${event.subject}` }),
    });
    const run = async (bus: Bus, mirror: MirrorStore) => {
      const running = await startConsumer(mirroring, { bus, store: mirror, log });
      const echoes = await startConsumer(echoing, { bus, store: mirror, log });
      ends.push(
        () => running.stop(),
        () => echoes.stop(),
      );
      return running;
    };
    const postToAll = (ledger: LedgerStore, times: number) =>
      Promise.all(
        accounts.map(async (account) => {
          for (let n = 0; n < times; n++) await post(ledger, { account, amount: n });
        }),
      );
    const versionsOf = async (mirror: MirrorStore, account: string) =>
      (await entriesOf(mirror)).filter((entry) => entry.account === account).map(({ version }) => version);

    it.skipIf(missing)(
      'brings every change to those who react to it, and what they make of it on',
      async () => {
        const open = await place();
        const houses = [];
        for (let at = 0; at < processes; at++) {
          const house = await open();
          await run(house.bus, house.mirror);
          houses.push(house);
        }
        await Promise.all(houses.map(({ ledger }) => postToAll(ledger, 5)));
        const [{ ledger, mirror, bus }] = houses as [Awaited<ReturnType<typeof open>>];
        const each = 5 * processes;
        const all = 2 * accounts.length * each;
        await expect.poll(async () => (await entriesOf(mirror)).length, { timeout: 25_000 }).toBe(all);
        const versions = Array.from({ length: each }, (_, at) => at + 2);
        for (const account of accounts) {
          expect(await versionsOf(mirror, account)).toEqual(versions);
          expect(await versionsOf(mirror, `echo_${account}`)).toEqual(versions);
        }
        for (const store of [ledger, mirror]) {
          await expect.poll(() => outboxStatus(store)).toEqual({ depth: 0, oldestAppendedAt: null });
        }
        await expect.poll(async () => [...(await bus.lag()).values()]).toEqual([0, 0]);
      },
    );

    it.skipIf(missing)('replays while traffic goes on', async () => {
      const open = await place();
      const { ledger, mirror, bus } = await open();
      const running = await run(bus, mirror);
      await postToAll(ledger, 4);
      const traffic = postToAll(ledger, 6);
      const range = { tenant: 'default', from: 'oldest' } as const;
      const { signal } = new AbortController();
      const known = await replay({ bus, consumer: running, range, signal });
      expect(known).toMatchObject({ handled: 0, gaps: 0 });
      expect(known.skipped).toBe(known.read);
      await traffic;
      const count = 2 * 10 * accounts.length;
      await expect.poll(async () => (await entriesOf(mirror)).length, { timeout: 25_000 }).toBe(count);
      for (const account of accounts) {
        expect(await versionsOf(mirror, account)).toEqual(Array.from({ length: 10 }, (_, at) => at + 2));
      }
      const again = await replay({ bus, consumer: running, range, again: true, signal });
      expect(again).toMatchObject({ read: 10 * accounts.length, handled: 10 * accounts.length, skipped: 0 });
      const twice = Array.from({ length: 20 }, (_, at) => (at % 10) + 2);
      for (const account of accounts) expect(await versionsOf(mirror, account)).toEqual(twice);
    });
  },
);
