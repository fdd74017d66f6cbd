/*
 * One process of a crash run: relays, consumers, a writer, as it is told on its command line. It may be killed at any
 * moment and is then started again.
 */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import type { Bus } from '#events/bus/port.ts';
import { defineConsumer, type StoreContext } from '#events/consumer.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import type { EventObserver } from '#events/observer.ts';
import { outboxStatus } from '#events/outbox.ts';
import { startRelay } from '#events/relay.ts';
import { startConsumer } from '#events/start-consumer.ts';
import { amountPostedV1, openLedger, post } from '#test/harness/ledger.ts';
import {
  amountMirroredV1,
  enter,
  enterAndTell,
  type MirrorTables,
  openMirror,
} from '#test/harness/mirror.ts';
import { openPlace } from './place.ts';
import { lanesOfWriter, postingOf, type Said, type Start, type Told } from './world.ts';

const { world, role, from } = JSON.parse(process.argv[2] as string) as Start;
/** Between two postings of a lane: what follows from them takes several processes their time. */
const paceMs = world.bus.kind === 'embedded' ? 5 : 20;
const log = pino({ level: 'fatal' }, pino.destination(2));
const say = (said: Said) => process.send?.(said);
process.on('disconnect', () => process.exit());

const ledger = await openLedger(world.stores.ledger);
const mirror = await openMirror(world.stores.mirror);
const echo = await openMirror(world.stores.echo, 'echo');
const stores = [ledger, mirror, echo];
const needsBus = role.relay || role.consumers || world.broken === 'publish-first';
const bus =
  needsBus && (role.relay || world.bus.kind === 'jetstream') ? await openPlace(world.bus, log) : null;

const counts = { replayed: 0, dropped: 0 };
const observer: EventObserver = {
  duplicates: (_, events) => {
    counts.dropped += events;
  },
};
const ends: (() => Promise<unknown>)[] = [];
if (bus && role.relay) runRelays(bus);
if (bus && role.consumers) await runConsumers(bus);
let writing: Promise<unknown> = Promise.resolve();
let enough = false;
if (role.writer !== null) writing = write(role.writer);

process.on('message', async (told: Told) => {
  if (told.kind === 'written?') {
    enough = true;
    await writing;
    say({ kind: 'written' });
    return;
  }
  for (const end of ends) await end();
  await bus?.close();
  for (const store of stores) await store.close();
  process.disconnect();
});
say({ kind: 'ready' });
setInterval(tell, 100).unref();

async function tell(): Promise<void> {
  say({ kind: 'counts', ...counts });
  if (!bus || !role.relay) return;
  const depths = await Promise.all(stores.map(outboxStatus));
  const lags = await bus.lag().catch(() => new Map([['unknown', 1]]));
  say({
    kind: 'status',
    outbox: depths.reduce((sum, { depth }) => sum + depth, 0),
    lag: [...lags.values()].reduce((sum, lag) => sum + lag, 0),
  });
}

function runRelays(on: Bus): void {
  const options = { bus: on, log, leaseMs: 2_000 };
  const relays = [
    startRelay({ ...options, name: 'ledger', store: ledger }),
    startRelay({ ...options, name: 'mirror', store: mirror }),
  ];
  ends.push(...relays.map(({ close }) => close));
}

async function runConsumers(on: Bus): Promise<void> {
  /** The same as if there were no inbox: its row does not outlive the transaction. */
  const forget = async ({ id }: EventEnvelope<object>, { trx }: StoreContext<MirrorTables>) => {
    if (world.broken === 'inbox') await sql`delete from inbox where event_id = ${id}`.execute(trx);
  };
  const entries = defineConsumer({
    name: 'mirror.entries',
    events: [amountPostedV1],
    effects: 'store',
    handle: async (event, context: StoreContext<MirrorTables>) => {
      await enterAndTell(event, context);
      await forget(event, context);
    },
  });
  const echoes = defineConsumer({
    name: 'echo.entries',
    events: [amountMirroredV1],
    effects: 'store',
    handle: async (event, context: StoreContext<MirrorTables>) => {
      await enter(context.trx, event);
      await forget(event, context);
    },
  });
  const sink = new DatabaseSync(world.sink, { timeout: 5_000 });
  const insert = sink.prepare(
    'insert or ignore into sunk (event_id, account, version, amount) values (?, ?, ?, ?)',
  );
  const sinking = defineConsumer({
    name: 'mirror.sink',
    events: [amountPostedV1],
    effects: 'outside',
    handle: async (events) => {
      for (const { id, subject, entityversion, data } of events) {
        insert.run(id, subject, entityversion, data.amount);
      }
    },
  });
  const options = { bus: on, log, observer };
  const running = [
    await startConsumer(entries, { ...options, store: mirror }),
    await startConsumer(sinking, { ...options, store: mirror }),
    await startConsumer(echoes, { ...options, store: echo }),
  ];
  ends.unshift(
    ...running.map(
      ({ stop }) =>
        () =>
          stop(),
    ),
  );
}

async function write(writer: number): Promise<void> {
  /** Published, and then a little more of the transaction is to do. */
  const publishFirst = async (on: Bus, event: EventEnvelope) => {
    await on.publish([event]);
    await sleep(5);
  };
  const premature =
    bus && world.broken === 'publish-first' ? (event: EventEnvelope) => publishFirst(bus, event) : undefined;
  const lane = async (at: number) => {
    // What was committed just before it was killed, and not told, is met again before the first that is new.
    let metAll = false;
    for (let n = from[at] ?? 0; !enough || !metAll; ) {
      try {
        const { replayed } = await post(ledger, postingOf(world.seed, writer, at, n), premature);
        if (replayed) counts.replayed += 1;
        else metAll = true;
        n += 1;
        say({ kind: 'wrote', lane: at, next: n });
      } catch (error) {
        log.warn({ err: error }, 'a posting failed and is tried again');
      }
      await sleep(paceMs);
    }
  };
  await Promise.all(Array.from({ length: lanesOfWriter }, (_, at) => lane(at)));
}
