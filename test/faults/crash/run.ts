import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreLocation } from '#chassis/store/store.ts';
import { randomOf } from '#cli/seed/random.ts';
import { openLedger } from '#test/harness/ledger.ts';
import { openMirror } from '#test/harness/mirror.ts';
import { ownNats } from '#test/harness/nats.ts';
import { temporaryStore } from '#test/harness/stores.ts';
import { check, type Held } from './check.ts';
import { nextBlow, type Part, startPart, type Victim } from './processes.ts';
import { accountsOf, type Broken, type BusPlace, type Role, type World } from './world.ts';

export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  readonly bus: BusPlace['kind'];
  readonly broken?: Broken;
  readonly onKill?: (kills: number) => void;
}

export interface CrashSummary extends Held {
  readonly kills: number;
  /** Kills by the name of the process. */
  readonly killed: Readonly<Record<string, number>>;
  readonly pauses: number;
  /** Mutations that were repeated under their key after their process had died, and did nothing. */
  readonly replayed: number;
  /** Events that came to a consumer again, and were dropped. */
  readonly dropped: number;
  readonly seconds: number;
}

/** How long what was written may take to arrive everywhere after the last kill. */
const drainMs = 60_000;
const startMs = 30_000;

/**
 * Kills processes that write, publish and consume at random moments, starts them again, and then compares all that they
 * did with what they would have done undisturbed. Rejects with what does not hold.
 */
export async function crashRun(options: CrashOptions): Promise<CrashSummary> {
  const started = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'tributary-crash-'));
  const ends: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const { world, server } = await makeWorld(options, folder, ends);
    const summary = await disturb(world, server, options, ends);
    return { ...summary, seconds: Math.round((performance.now() - started) / 1_000) };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function makeWorld(
  { seed, bus, broken = 'nothing' }: CrashOptions,
  folder: string,
  ends: (() => Promise<unknown>)[],
): Promise<{ readonly world: World; readonly server: Victim | null }> {
  const place = await placeOf(bus, folder, ends);
  const location = await locations(bus, folder, ends);
  const sink = join(folder, 'sink.sqlite');
  const world: World = {
    seed,
    stores: { ledger: location('ledger'), mirror: location('mirror'), echo: location('echo') },
    sink,
    bus: place.bus,
    broken,
  };
  const writers = rolesOf(bus).flatMap(({ writer }) => writer ?? []);
  for (const store of [
    await openLedger(world.stores.ledger, accountsOf(writers)),
    await openMirror(world.stores.mirror),
    await openMirror(world.stores.echo, 'echo'),
  ]) {
    await store.close();
  }
  const database = new DatabaseSync(sink);
  database.exec(`pragma journal_mode = wal; create table sunk (
    position integer primary key, event_id text unique, account text, version integer, amount integer)`);
  database.close();
  return { world, server: place.server };
}

async function placeOf(
  kind: BusPlace['kind'],
  folder: string,
  ends: (() => Promise<unknown>)[],
): Promise<{ readonly bus: BusPlace; readonly server: Victim | null }> {
  if (kind === 'embedded') return { bus: { kind, file: join(folder, 'events.sqlite') }, server: null };
  const nats = await ownNats();
  ends.push(nats.remove);
  await nats.start();
  const kill = async () => {
    await nats.kill();
    await nats.start();
  };
  return { bus: { kind, url: nats.url }, server: { name: 'nats-server', kill } };
}

/** The embedded bus goes with files, JetStream with PostgreSQL: as it is run. */
async function locations(
  bus: BusPlace['kind'],
  folder: string,
  ends: (() => Promise<unknown>)[],
): Promise<(name: string) => StoreLocation> {
  if (bus === 'embedded') return (name) => ({ engine: 'sqlite', file: join(folder, `${name}.sqlite`) });
  const { location, remove } = await temporaryStore('postgres');
  ends.push(remove);
  return () => location;
}

/** The embedded bus and all that reads or fills it are one process; a writer beside it shares the file of its store. */
function rolesOf(bus: BusPlace['kind']): readonly Role[] {
  if (bus === 'embedded') {
    return [
      { name: 'house', relay: true, consumers: true, writer: 0 },
      { name: 'writer', relay: false, consumers: false, writer: 1 },
    ];
  }
  return [
    { name: 'writer-1', relay: false, consumers: false, writer: 0 },
    { name: 'writer-2', relay: false, consumers: false, writer: 1 },
    { name: 'relay-1', relay: true, consumers: false, writer: null },
    { name: 'relay-2', relay: true, consumers: false, writer: null },
    { name: 'consumers-1', relay: false, consumers: true, writer: null },
    { name: 'consumers-2', relay: false, consumers: true, writer: null },
  ];
}

async function disturb(
  world: World,
  server: Victim | null,
  { kills, seed, bus, onKill }: CrashOptions,
  ends: (() => Promise<unknown>)[],
): Promise<Omit<CrashSummary, 'seconds'>> {
  const broke = Promise.withResolvers<never>();
  broke.promise.catch(() => {});
  const parts = rolesOf(bus).map((role) => startPart(world, role, broke.reject));
  ends.push(() => Promise.all(parts.map((part) => part.end())));

  const random = randomOf(seed, 'blows');
  const killed: Record<string, number> = {};
  let pauses = 0;
  await Promise.race([
    broke.promise,
    until('all processes have started', startMs, () => parts.every((part) => part.ready())),
  ]);
  for (let count = 0; count < kills; ) {
    const blow = nextBlow(random, server ? [...parts, server] : parts);
    await Promise.race([broke.promise, sleep(blow.afterMs)]);
    if (blow.kind === 'pause') {
      pauses += 1;
      await blow.of.pause(blow.ms);
      continue;
    }
    await blow.of.kill();
    killed[blow.of.name] = (killed[blow.of.name] ?? 0) + 1;
    count += 1;
    onKill?.(count);
  }

  await Promise.race([broke.promise, drained(parts)]);
  const counts = parts.map((part) => part.counts());
  await Promise.all(parts.map((part) => part.end()));
  const written = new Map(
    parts.flatMap(({ role, next }) => (role.writer === null ? [] : [[role.writer, next]])),
  );
  return {
    ...(await check(world, written)),
    kills,
    killed,
    pauses,
    replayed: counts.reduce((sum, { replayed }) => sum + replayed, 0),
    dropped: counts.reduce((sum, { dropped }) => sum + dropped, 0),
  };
}

/** Resolves when the writers have stopped and all that they wrote has arrived. */
async function drained(parts: readonly Part[]): Promise<void> {
  await until('all processes have started again', startMs, () => parts.every((part) => part.ready()));
  await Promise.all(parts.filter(({ role }) => role.writer !== null).map((part) => part.written()));
  const [watched] = parts.filter(({ role }) => role.relay);
  const last = () => watched?.status() ?? null;
  let quiet = 0;
  let seen = 0;
  await until(
    () => `nothing is stuck: ${JSON.stringify(last())}`,
    drainMs,
    () => {
      const status = last();
      if (status === null || status.nth === seen) return false;
      seen = status.nth;
      quiet = status.outbox === 0 && status.lag === 0 ? quiet + 1 : 0;
      return quiet === 5;
    },
  );
}

async function until(what: string | (() => string), ms: number, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > deadline) {
      throw new Error(
        `It does not hold after ${ms / 1_000} s that ${typeof what === 'string' ? what : what()}.`,
      );
    }
    await sleep(20);
  }
}
