import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf } from '#cli/seed/random.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { natsUrl, removeStreams } from '#test/harness/nats.ts';
import { type Client, startClient } from './clients.ts';
import { type Gateway, startPart } from './gateways.ts';
import { openRoad, type Road } from './road.ts';
import { admits, type BusPlace, eventsOf, filterOf } from './world.ts';

export interface ResumeOptions {
  readonly bus: BusPlace['kind'];
  readonly seed: number;
  readonly clients: number;
  readonly events: number;
  readonly reloads: number;
  readonly kills: number;
  readonly onProgress?: (published: number) => void;
}

export interface ResumeSummary {
  /** Events that the clients were given, together. */
  readonly deliveries: number;
  readonly kills: number;
  readonly reloads: number;
  /** Connections that were broken, and clients that were started again. */
  readonly broken: number;
  readonly restarts: number;
  readonly seconds: number;
}

const root = resolve(import.meta.dirname, '../../..');
const batch = 20;
const patienceMs = 60_000;

/**
 * Clients over all transports live through broken connections, restarts of theirs, killed gateways and reloads, while
 * events are published. Then each must have exactly the events that its filter admits, those of each lead in order.
 * Rejects with what does not hold.
 */
export async function resumeRun(options: ResumeOptions): Promise<ResumeSummary> {
  const startedAt = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'tributary-resume-'));
  const ends: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  const broke = Promise.withResolvers<never>();
  broke.promise.catch(() => {});
  try {
    const supergraph = join(folder, 'supergraph.graphql');
    const text = await readFile(join(root, 'supergraph.graphql'), 'utf8');
    await writeFile(supergraph, text);
    const bus = placeOf(options.bus, folder, ends);
    const subgraphUrls = await serveEntities(ends);
    /* The embedded bus belongs to one process; on JetStream clients go from one gateway to another. */
    const gateways = Array.from({ length: bus.kind === 'embedded' ? 1 : 2 }, () =>
      startPart({ bus, supergraph, subgraphUrls }, broke.reject),
    );
    ends.push(() => Promise.all(gateways.map((gateway) => gateway.end())));
    await Promise.race([broke.promise, Promise.all(gateways.map((gateway) => gateway.ready()))]);
    const road = await openRoad(
      () => gateways.flatMap((gateway) => gateway.port() ?? []),
      randomOf(options.seed, 'road'),
    );
    ends.push(road.close);
    const url = `http://127.0.0.1:${road.port}/graphql`;
    const start = await cursorNow(url);
    const clients = Array.from({ length: options.clients }, (_, nth) =>
      startClient(nth, url, filterOf(nth), start, randomOf(options.seed, 'client', nth)),
    );
    ends.push(() => {
      for (const client of clients) client.stop();
    });
    const reload = (nth: number) => writeFile(supergraph, `${text}\n# ${nth}\n`);
    const events = eventsOf(options.seed, options.events);
    const disturbed = await Promise.race([
      broke.promise,
      disturb({ ...options, gateways, road, subscribers: clients, reload }, events),
    ]);
    const deliveries = await Promise.race([broke.promise, settled(clients, events)]);
    return { ...disturbed, deliveries, seconds: Math.round((performance.now() - startedAt) / 1_000) };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

function placeOf(kind: BusPlace['kind'], folder: string, ends: (() => unknown)[]): BusPlace {
  if (kind === 'embedded') return { kind, file: join(folder, 'events.sqlite') };
  const stream = `test_${randomUUID().replaceAll('-', '')}`;
  ends.push(() => removeStreams(stream));
  return { kind, url: natsUrl, stream };
}

/** Stands in for every subgraph: a lead is what it is asked for by, and its status is one that leads have. */
async function serveEntities(ends: (() => unknown)[]): Promise<Readonly<Record<string, string>>> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { variables } = JSON.parse(Buffer.concat(chunks).toString()) as {
      variables: { representations: readonly { __typename: string; id: string }[] };
    };
    const _entities = variables.representations.map((one) => ({ ...one, status: 'WORKING' }));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: { _entities } }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  return Object.fromEntries(['crm', 'email', 'analytics', 'consent'].map((name) => [name, url]));
}

async function cursorNow(url: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ eventCursor }' }),
  });
  const { data } = (await response.json()) as { data: { eventCursor: string } };
  return data.eventCursor;
}

interface Scene extends ResumeOptions {
  readonly gateways: readonly Gateway[];
  readonly road: Road;
  readonly subscribers: readonly Client[];
  readonly reload: (nth: number) => Promise<void>;
}

async function disturb(
  scene: Scene,
  events: readonly EventEnvelope[],
): Promise<Omit<ResumeSummary, 'deliveries' | 'seconds'>> {
  const { gateways, road, subscribers, seed, kills, reloads, reload, onProgress } = scene;
  const random = randomOf(seed, 'blows');
  const any = <One>(list: readonly One[]) => list[random.integer(0, list.length - 1)] as One;
  const done = { kills: 0, reloads: 0, broken: 0, restarts: 0 };
  const batches = Math.ceil(events.length / batch);
  const isDue = (count: number, of: number, nth: number) => count < Math.floor(((nth + 1) / batches) * of);
  for (let nth = 0; nth < batches; nth++) {
    const publishing = publish(gateways, events.slice(nth * batch, (nth + 1) * batch));
    if (isDue(done.kills, kills, nth)) {
      await sleep(random.integer(0, 5));
      await any(gateways).kill();
      done.kills += 1;
    }
    while (isDue(done.reloads, reloads, nth)) {
      done.reloads += 1;
      await reload(done.reloads);
      await Promise.all(gateways.map((gateway) => gateway.tell({ kind: 'reload' }, 'reloaded')));
    }
    await publishing;
    done.broken += road.break(random.integer(0, 3));
    if (random.integer(0, 3) === 0) {
      any(subscribers).restart();
      done.restarts += 1;
    }
    onProgress?.(Math.min(events.length, (nth + 1) * batch));
  }
  return done;
}

/** Until they are said to be durable: a gateway that dies may have published them or not. */
async function publish(gateways: readonly Gateway[], events: readonly EventEnvelope[]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const gateway = gateways[attempt % gateways.length] as Gateway;
    await gateway.ready();
    if (await gateway.tell({ kind: 'publish', events }, 'published')) return;
  }
}

/** Waits until every client has as many events as it should have, and then compares. Answers how many those are. */
async function settled(clients: readonly Client[], events: readonly EventEnvelope[]): Promise<number> {
  const wanted = clients.map(({ filter }) => events.filter((event) => admits(filter, event)));
  const deadline = performance.now() + patienceMs;
  while (clients.some(({ seen }, nth) => seen.length < (wanted[nth]?.length ?? 0))) {
    if (performance.now() > deadline) break;
    await sleep(50);
  }
  /* What comes twice may come late. */
  await sleep(300);
  const wrong = clients.flatMap((client, nth) => faultsOf(client, nth, wanted[nth] ?? []));
  if (wrong.length > 0) throw new Error(wrong.slice(0, 10).join('\n'));
  return clients.reduce((sum, { seen }) => sum + seen.length, 0);
}

function faultsOf(client: Client, nth: number, wanted: readonly EventEnvelope[]): string[] {
  const { seen, filter, failures } = client;
  const who = `client ${nth} ${JSON.stringify(filter)}`;
  const faults = failures.slice(0, 3).map((failure) => `${who} failed: ${failure}`);
  if (client.gaps() > 0) faults.push(`${who} was told of ${client.gaps()} gaps where there are none`);
  const byId = new Map(wanted.map((event) => [event.id, event]));
  const twice = seen.length - new Set(seen).size;
  if (twice > 0) faults.push(`${who} has ${twice} events twice`);
  const foreign = seen.filter((id) => !byId.has(id));
  if (foreign.length > 0) faults.push(`${who} has ${foreign.length} events that are not for it`);
  const missing = wanted.filter(({ id }) => !seen.includes(id));
  if (missing.length > 0) faults.push(`${who} misses ${missing.length} of ${wanted.length} events`);
  const versions = new Map<string, number>();
  for (const id of seen) {
    const event = byId.get(id);
    if (event === undefined) continue;
    if (event.entityversion < (versions.get(event.subject) ?? 0)) {
      faults.push(`${who} has version ${event.entityversion} of ${event.subject} too late`);
    }
    versions.set(event.subject, event.entityversion);
  }
  return faults;
}
