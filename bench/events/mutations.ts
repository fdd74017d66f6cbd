import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { openStaleness } from '#chassis/staleness.ts';
import type { StoreLocation } from '#chassis/store/store.ts';
import { type BusLocation, openBus } from '#events/bus/open.ts';
import { defineConsumer } from '#events/consumer.ts';
import { startRelay } from '#events/relay.ts';
import { leadOwnerAssignedV1 } from '#events/schemas/index.ts';
import { startConsumer } from '#events/start-consumer.ts';
import { openCrm } from '#subgraphs/crm/main.ts';
import { assignLeadOwner } from '#subgraphs/crm/mutations/assign-lead-owner.ts';
import { writeRows } from '#subgraphs/crm/store/rows.ts';
import { openEmail } from '#subgraphs/email/main.ts';
import { quantile } from './quantile.ts';

const leads = 2_000;
const owners = ['usr_a', 'usr_b'] as const;
/** Mutations under way at once. */
const width = 32;
const gentleRate = 200;
const gentleSeconds = 5;
const log = pino({ level: 'silent' });
const retention = { maxAgeMs: 86_400_000, maxBytes: 4_000_000_000 };

/** What one process reached from mutations to a consumer with an inbox, each in a store of its own. */
export interface MutationRow {
  readonly place: string;
  readonly mutations: number;
  /** Mutations a second: row, event and key committed, the changed lead read and answered; relay and consumer beside. */
  readonly committed: number;
  /** Events a second, from the first mutation until the last took effect. */
  readonly consumed: number;
  /** Processor time of the process for one mutation with all that follows, in microseconds. */
  readonly cpuMicros: number;
  /** Milliseconds from the answer of a mutation until its event takes effect, at 200 mutations a second. */
  readonly p50: number;
  readonly p99: number;
  /** The longest time that the event loop was held up at full speed, in milliseconds. */
  readonly longestStall: number;
}

/** Measures mutations of a CRM in a file, with the embedded bus. */
export async function measureMutations(count: number): Promise<MutationRow> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  const file = (name: string): StoreLocation => ({ engine: 'sqlite', file: join(folder, `${name}.sqlite`) });
  const location: BusLocation = { kind: 'embedded', file: join(folder, 'events.sqlite') };
  try {
    return await measure('SQLite, embedded', file, location, count);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  place: string,
  storeOf: (name: string) => StoreLocation,
  location: BusLocation,
  count: number,
): Promise<MutationRow> {
  const bus = await openBus(location, { retention });
  const crm = await openCrm({ location: storeOf('crm') });
  const email = await openEmail({ location: storeOf('email') });
  const arrivals = new Map<string, number>();
  const consumer = await startConsumer(
    defineConsumer({
      name: 'email.bench',
      events: [leadOwnerAssignedV1],
      effects: 'store',
      handle: async ({ id }) => void arrivals.set(id, performance.now()),
    }),
    { bus, store: email.store, log },
  );
  const relay = startRelay({ name: 'crm', store: crm.store, bus, log });
  const context = crm.subgraph.context({
    viewer: { kind: 'local', id: 'local', roles: [], scopes: [], tenant: 'default' },
    tenant: 'default',
    requestId: 'bench',
    traceparent: undefined,
    log,
    signal: new AbortController().signal,
    staleness: openStaleness(),
  });
  let made = 0;
  /** Gives the next lead to its other owner, and answers the id of the event. */
  const assign = async (): Promise<string> => {
    made += 1;
    const leadId = `lea_${made % leads}`;
    const ownerId = owners[Math.floor(made / leads) % 2] as string;
    const input = { idempotencyKey: `bench-${made}`, leadId, ownerId };
    const answered = await (assignLeadOwner as (...given: unknown[]) => Promise<{ event: { id: string } }>)(
      {},
      { input },
      context,
    );
    return answered.event.id;
  };
  const caughtUp = async (events: number) => {
    while (arrivals.size < events) await sleep(2);
  };
  try {
    await seed(crm);
    await atOnce(Math.ceil(count / 4), assign);
    await caughtUp(made);
    const before = process.cpuUsage();
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const startedAt = performance.now();
    await atOnce(count, assign);
    const committedMs = performance.now() - startedAt;
    await caughtUp(made);
    const consumedMs = performance.now() - startedAt;
    delay.disable();
    const { user, system } = process.cpuUsage(before);
    const latencies = await gently(assign, arrivals);
    return {
      place,
      mutations: count,
      committed: count / (committedMs / 1_000),
      consumed: count / (consumedMs / 1_000),
      cpuMicros: (user + system) / count,
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      longestStall: delay.max / 1e6,
    };
  } finally {
    await consumer.stop();
    await relay.close();
    await crm.subgraph.close();
    await email.subgraph.close();
    await bus.close();
  }
}

async function seed({ store }: Awaited<ReturnType<typeof openCrm>>): Promise<void> {
  const observedAt = new Date().toISOString();
  await store.transaction(async (trx) => {
    const users = owners.map((id) => ({ id, name: id, email: null, team: null, managerId: null }));
    await writeRows(trx, 'users', 'default', users, observedAt);
    const rows = Array.from({ length: leads }, (_, nth) => ({
      id: `lea_${nth}`,
      status: 'NEW' as const,
      source: null,
      contactId: null,
      accountId: 'acc_1',
      ownerId: null,
    }));
    await writeRows(trx, 'leads', 'default', rows, observedAt);
  });
}

async function atOnce(count: number, work: () => Promise<unknown>): Promise<void> {
  let begun = 0;
  const worker = async () => {
    while (begun < count) {
      begun += 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** Milliseconds from each answer to the event's effect. */
async function gently(
  assign: () => Promise<string>,
  arrivals: ReadonlyMap<string, number>,
): Promise<readonly number[]> {
  const answered = new Map<string, number>();
  const under: Promise<void>[] = [];
  for (let nth = 0; nth < gentleRate * gentleSeconds; nth += 1) {
    under.push(assign().then((id) => void answered.set(id, performance.now())));
    await sleep(1_000 / gentleRate);
  }
  await Promise.all(under);
  while ([...answered.keys()].some((id) => !arrivals.has(id))) await sleep(5);
  return [...answered].map(([id, at]) => Math.max(0, (arrivals.get(id) as number) - at));
}
