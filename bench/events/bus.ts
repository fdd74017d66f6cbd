import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { type BusLocation, openBus } from '#events/bus/open.ts';
import type { Bus } from '#events/bus/port.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { removeStreams } from '#test/harness/nats.ts';

const type = 'tributary.crm.LeadStatusChanged.v1';
const keys = 5_000;
/** Calls of `publish` under way at once while as much as possible is published, and events of each. */
const writers = 32;
const eventsOfCall = 50;
/** Events a second while it is measured how long one takes to its delivery. */
const gentleRate = 2_000;
const gentleSeconds = 5;
const retention = { maxAgeMs: 86_400_000, maxBytes: 4_000_000_000 };

/** What one process reached with one adapter, publishing and consuming as a group of its own. */
export interface BusRow {
  readonly bus: string;
  readonly events: number;
  /** Bytes of one event as JSON. */
  readonly bytesOfEvent: number;
  /** Events a second, from the first call of `publish` until the last was durable; nobody consumes. */
  readonly appended: number;
  /** Events a second, from the first call of `publish` until the last was delivered and done. */
  readonly consumed: number;
  /** Processor time of the process for one event, published and consumed, in microseconds. */
  readonly cpuMicros: number;
  /** Milliseconds from the call of `publish` to the delivery, at 2,000 events a second. */
  readonly p50: number;
  readonly p99: number;
  /** The longest time that the event loop was held up while as much as possible went through, in milliseconds. */
  readonly longestStall: number;
}

/** Measures each adapter that there is a server for. */
export async function measureBuses({
  count,
  natsUrl,
}: {
  readonly count: number;
  readonly natsUrl: string;
}): Promise<readonly BusRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  const stream = `bench_${randomUUID().replaceAll('-', '')}`;
  try {
    return [
      await measure({ kind: 'embedded', file: join(folder, 'events.sqlite') }, count),
      await measure({ kind: 'jetstream', url: natsUrl, stream }, count),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
    await removeStreams(stream);
  }
}

async function measure(location: BusLocation, count: number): Promise<BusRow> {
  const bus = await openBus(location, { retention });
  try {
    await bus.ping();
    await publishAll(bus, Math.ceil(count / 4));
    const appended = await publishAll(bus, count);
    const consuming = await consume(bus);
    await consuming.caughtUp();
    const before = process.cpuUsage();
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const startedAt = performance.now();
    await publishAll(bus, count);
    await consuming.caughtUp();
    const seconds = (performance.now() - startedAt) / 1_000;
    delay.disable();
    const { user, system } = process.cpuUsage(before);
    const latencies = await publishGently(bus, consuming);
    return {
      bus: location.kind,
      events: count,
      bytesOfEvent: JSON.stringify(event(0)).length,
      appended,
      consumed: count / seconds,
      cpuMicros: (user + system) / count,
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      longestStall: delay.max / 1e6,
    };
  } finally {
    await bus.close();
  }
}

/** Publishes as fast as it is taken; answers events a second. */
async function publishAll(bus: Bus, count: number): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const write = async () => {
    while (next < count) {
      const from = next;
      next = Math.min(count, from + eventsOfCall);
      await bus.publish(Array.from({ length: next - from }, (_, n) => event(from + n)));
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return count / ((performance.now() - startedAt) / 1_000);
}

interface Consuming {
  readonly caughtUp: () => Promise<void>;
  /** Called with each event that is delivered. */
  onEvent: (event: EventEnvelope) => void;
}

/** Consumes as a group that does nothing but count. */
async function consume(bus: Bus): Promise<Consuming> {
  const consuming: Consuming = {
    caughtUp: async () => {
      while ((await bus.lag()).get('bench') !== 0) await sleep(20);
    },
    onEvent: () => {},
  };
  await bus.consume({ name: 'bench', types: [type], concurrency: 16 }, async (events) => {
    for (const one of events) consuming.onEvent(one);
    return { done: events.length };
  });
  return consuming;
}

/** Publishes single events at a steady rate; answers how long each took to its delivery, in milliseconds. */
async function publishGently(bus: Bus, consuming: Consuming): Promise<readonly number[]> {
  const publishedAt = new Map<string, number>();
  const latencies: number[] = [];
  consuming.onEvent = ({ id }) => {
    const at = publishedAt.get(id);
    if (at !== undefined) latencies.push(performance.now() - at);
  };
  const total = gentleRate * gentleSeconds;
  const startedAt = performance.now();
  const calls: Promise<unknown>[] = [];
  for (let n = 0; n < total; ) {
    const due = Math.min(total, ((performance.now() - startedAt) / 1_000) * gentleRate);
    for (; n < due; n += 1) {
      const one = event(n);
      publishedAt.set(one.id, performance.now());
      calls.push(bus.publish([one]));
    }
    await sleep(1);
  }
  await Promise.all(calls);
  await consuming.caughtUp();
  return latencies;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function event(n: number): EventEnvelope {
  const lead = `lead_${n % keys}`;
  return {
    specversion: '1.0',
    id: uuidv7(),
    source: '/subgraphs/crm',
    type,
    subject: lead,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenant: 'default',
    partitionkey: lead,
    entityversion: 1,
    origin: 'mutation',
    actor: 'user:usr_7',
    correlationid: '018f6f2e-7d6c-7b0a-9d2f-3a5b8c1d4e6f',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    idempotencykey: `bench-${n}`,
    leadid: lead,
    contactid: `con_${n % keys}`,
    accountid: `acc_${n % 500}`,
    ownerid: `usr_${n % 50}`,
    data: { from: 'NEW', to: 'WORKING', reason: 'PHONE_CALL' },
  };
}
