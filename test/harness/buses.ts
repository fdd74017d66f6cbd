import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { openEmbeddedBus } from '#events/bus/embedded/embedded-bus.ts';
import { openJetstreamBus } from '#events/bus/jetstream/jetstream-bus.ts';
import type { Bus, Delivery } from '#events/bus/port.ts';
import type { Retention } from '#events/bus/retention.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { natsIsMissing, natsUrl, removeStreams } from './nats.ts';

export type BusEngine = 'embedded' | 'jetstream';

const keepAll: Retention = { maxAgeMs: 86_400_000, maxBytes: 1_000_000_000 };

/** A log of its own, and what removes it again. */
export interface TemporaryLog {
  /** A bus on the log. The embedded log has one at a time. */
  readonly open: (retention?: Retention) => Promise<Bus>;
  readonly remove: () => Promise<void>;
}

/** A new, empty log on the engine. */
export async function temporaryLog(engine: BusEngine): Promise<TemporaryLog> {
  const opened: Bus[] = [];
  const place = engine === 'embedded' ? await temporaryFile() : temporaryStream();
  return {
    open: async (retention = keepAll) => {
      const bus = await place.open(retention);
      opened.push(bus);
      return bus;
    },
    remove: async () => {
      await Promise.all(opened.map((bus) => bus.close()));
      await place.remove();
    },
  };
}

async function temporaryFile() {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  return {
    open: (retention: Retention) => openEmbeddedBus({ file: join(folder, 'events.sqlite'), retention }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function temporaryStream() {
  const stream = `test_${randomUUID().replaceAll('-', '')}`;
  return {
    open: (retention: Retention) => openJetstreamBus({ url: natsUrl, stream, retention, leaseMs: 1_500 }),
    remove: () => removeStreams(stream),
  };
}

/**
 * The engines that the suite of the bus runs on. A machine without NATS runs it on the embedded log and reports the
 * rest as skipped; CI has the server, and there its absence is a failure.
 */
export const busEngines: readonly { readonly engine: BusEngine; readonly missing: boolean }[] = [
  { engine: 'embedded', missing: false },
  { engine: 'jetstream', missing: await natsIsMissing() },
];

export const testType = 'tributary.crm.LeadStatusChanged.v1';
export const otherType = 'tributary.crm.LeadOwnerAssigned.v1';

/** An event of a lead; what it says is of no matter to the bus. */
export function testEvent(
  given: {
    readonly tenant?: string;
    readonly key?: string;
    readonly type?: string;
    readonly id?: string;
  } = {},
  data: EventEnvelope['data'] = {},
): EventEnvelope {
  const { tenant = 'default', key = `lead_${randomUUID()}`, type = testType, id = uuidv7() } = given;
  return {
    specversion: '1.0',
    id,
    source: '/subgraphs/crm',
    type,
    subject: key,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenant,
    partitionkey: key,
    entityversion: 1,
    origin: 'mutation',
    actor: 'user:usr_7',
    correlationid: uuidv7(),
    leadid: key,
    data,
  };
}

export function testEvents(amount: number, given: Parameters<typeof testEvent>[0] = {}): EventEnvelope[] {
  return Array.from({ length: amount }, (_, n) => testEvent(given, { n }));
}

/** All that a reading gives. */
export async function collect(deliveries: AsyncIterable<Delivery>): Promise<Delivery[]> {
  const all: Delivery[] = [];
  for await (const delivery of deliveries) all.push(delivery);
  return all;
}

/** The ids of events, and `gap`. */
export function namesOf(deliveries: readonly Delivery[]): string[] {
  return deliveries.map((delivery) => (delivery.kind === 'event' ? delivery.event.id : 'gap'));
}
