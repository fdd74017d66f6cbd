import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { pino } from 'pino';
import { deadLetterCounts } from '#events/dead-letter.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { outboxStatus } from '#events/outbox.ts';
import { amountPostedV1, openLedger } from '#test/harness/ledger.ts';
import { amountMirroredV1, type Entry, entriesOf, openMirror } from '#test/harness/mirror.ts';
import { openPlace } from './place.ts';
import { postingOf, type World } from './world.ts';

/** How much of what was promised holds. */
export interface Held {
  readonly postings: number;
  readonly eventsOnBus: number;
  readonly effects: number;
}

/** A posting as it must have taken effect: the nth of its account. */
interface Expected {
  readonly account: string;
  readonly version: number;
  readonly amount: number;
  readonly key: string;
}

/**
 * Compares what the processes did with what they would have done had none died: what a writer posts follows from the
 * seed and from how many postings it made. Rejects with all that differs, at most a few of each kind.
 *
 * @param written postings of each lane, by writer
 */
export async function check(world: World, written: ReadonlyMap<number, readonly number[]>): Promise<Held> {
  const expected = undisturbed(world.seed, written);
  const faults: string[] = [];
  const compare = (what: string, found: ReadonlyMap<string, readonly string[]>) => {
    faults.push(...differences(what, byAccount(expected), found));
  };

  const events = await eventsOf(world);
  const posted = events.filter(({ type }) => type === amountPostedV1.type);
  const mirrored = events.filter(({ type }) => type === amountMirroredV1.type);
  compare('AmountPosted on the bus', byAccount(posted.map(stepOf)));
  compare('AmountMirrored on the bus', byAccount(mirrored.map(stepOf)));
  faults.push(
    ...notOnce(
      'A posting has not one event',
      expected.map(({ key }) => key),
      posted.map(({ idempotencykey = '' }) => idempotencykey),
    ),
  );

  const ledger = await openLedger(world.stores.ledger);
  const mirror = await openMirror(world.stores.mirror);
  const echo = await openMirror(world.stores.echo, 'echo');
  try {
    faults.push(...(await wrongBalances(ledger, expected)));
    compare('effects in the mirror', byAccount(await entriesOf(mirror)));
    compare('effects in the echo', byAccount(await entriesOf(echo)));
    compare('effects outside', byAccount(sunk(world.sink)));
    for (const store of [ledger, mirror, echo]) {
      const { depth } = await outboxStatus(store);
      if (depth > 0) faults.push(`${depth} events are left in an outbox.`);
    }
    for (const [consumer, count] of [
      ...(await deadLetterCounts(mirror)),
      ...(await deadLetterCounts(echo)),
    ]) {
      faults.push(`${consumer} has ${count} dead letters.`);
    }
  } finally {
    for (const store of [ledger, mirror, echo]) await store.close();
  }
  if (faults.length > 0) throw new Error(`What was promised does not hold:\n${faults.join('\n')}`);
  return { postings: expected.length, eventsOnBus: events.length, effects: 3 * expected.length };
}

function undisturbed(seed: number, written: ReadonlyMap<number, readonly number[]>): readonly Expected[] {
  const versions = new Map<string, number>();
  const expected: Expected[] = [];
  for (const [writer, lanes] of written) {
    for (const [lane, count] of lanes.entries()) {
      for (let n = 0; n < count; n++) {
        const { account, amount, idempotencyKey } = postingOf(seed, writer, lane, n);
        const version = (versions.get(account) ?? 1) + 1;
        versions.set(account, version);
        expected.push({ account, version, amount, key: idempotencyKey });
      }
    }
  }
  return expected;
}

type Step = Pick<Entry, 'account' | 'version' | 'amount'>;

function stepOf({ subject, entityversion, data }: EventEnvelope): Step {
  return { account: subject, version: entityversion, amount: (data as { amount: number }).amount };
}

/** What happened to each account, in order. */
function byAccount(steps: readonly Step[]): ReadonlyMap<string, readonly string[]> {
  const accounts = new Map<string, string[]>();
  for (const { account, version, amount } of steps) {
    const known = accounts.get(account) ?? [];
    known.push(`${version}:${amount}`);
    accounts.set(account, known);
  }
  return accounts;
}

function differences(
  what: string,
  expected: ReadonlyMap<string, readonly string[]>,
  found: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const different = [...new Set([...expected.keys(), ...found.keys()])].flatMap((account) => {
    const should = expected.get(account) ?? [];
    const is = found.get(account) ?? [];
    const at = Array.from({ length: Math.max(should.length, is.length) }, (_, n) => n).find(
      (n) => should[n] !== is[n],
    );
    if (at === undefined) return [];
    const excerpt = (steps: readonly string[]) =>
      steps.slice(Math.max(0, at - 2), at + 4).join(' ') || 'nothing';
    return [
      `${what}, ${account}: ${is.length} for ${should.length}; … ${excerpt(is)} … for … ${excerpt(should)} …`,
    ];
  });
  return some(different);
}

function notOnce(what: string, expected: readonly string[], found: readonly string[]): readonly string[] {
  const times = new Map(expected.map((key) => [key, 0]));
  for (const key of found) times.set(key, (times.get(key) ?? 0) + 1);
  return some(
    [...times].filter(([, count]) => count !== 1).map(([key, count]) => `${what}: ${key} has ${count}`),
  );
}

function some(faults: readonly string[]): readonly string[] {
  return faults.length <= 3 ? faults : [...faults.slice(0, 3), `… and ${faults.length - 3} more of these.`];
}

async function wrongBalances(
  ledger: Awaited<ReturnType<typeof openLedger>>,
  expected: readonly Expected[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string; version: number; balance: number }>`
    select id, version, balance from accounts`.execute(ledger.db);
  return some(
    rows.flatMap(({ id, version, balance }) => {
      const own = expected.filter(({ account }) => account === id);
      const sum = own.reduce((total, { amount }) => total + amount, 0);
      const holds = version === own.length + 1 && balance === sum;
      return holds ? [] : [`${id} is ${balance} in version ${version}, not ${sum} in ${own.length + 1}.`];
    }),
  );
}

function sunk(file: string): readonly Step[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database
      .prepare('select account, version, amount from sunk order by position')
      .all() as unknown as Step[];
  } finally {
    database.close();
  }
}

async function eventsOf(world: World): Promise<readonly EventEnvelope[]> {
  const bus = await openPlace(world.bus, pino({ level: 'fatal' }));
  const events: EventEnvelope[] = [];
  try {
    for await (const delivery of bus.read({ tenant: 'default', from: 'oldest' })) {
      if (delivery.kind === 'gap') throw new Error('The bus has forgotten events.');
      events.push(delivery.event);
    }
  } finally {
    await bus.close();
  }
  return events;
}
