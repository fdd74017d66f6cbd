import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printSchema } from 'graphql';
import { pino } from 'pino';
import { serveSubgraph } from '#chassis/serve.ts';
import { openBus } from '#events/bus/open.ts';
import { startGateway } from '#gateway/main.ts';
import { createPlanner } from '#gateway/plan/planner.ts';
import { providers } from '../providers/index.ts';
import { type DeliveredMessage, deliveredMessage } from './delivered-message.ts';
import { type Asked, emittedEvents } from './emitted-events.ts';
import type { LiveRequest } from './pact-file.ts';

/** A provider that can be verified. */
export interface Place {
  readonly url: string;
  /** Its schema, where it does not say it by itself as subgraphs do. */
  readonly sdl?: string;
  /** Rejects where the provider does not hold what a state asks for. */
  readonly entityExists: (params: Readonly<Record<string, string>>) => Promise<void>;
  /** One event of each type that the requests make it emit. */
  readonly emitted: (requests: readonly Asked[]) => Promise<ReadonlyMap<string, object>>;
  /** What subscribers get of an example of an event; undefined where nothing comes. */
  readonly delivered: (live: LiveRequest) => Promise<DeliveredMessage | undefined>;
  readonly close: () => Promise<void>;
}

const retention = { maxAgeMs: 86_400_000, maxBytes: 64 * 1024 * 1024 };
const log = pino({ level: 'error' }, pino.destination(2));

/** Serves a subgraph with its examples on stores of its own. Rejects for an unknown name. */
export async function openSubgraph(name: string): Promise<Place> {
  const open = providers[name];
  if (!open) throw new Error(`No provider "${name}"; there are ${Object.keys(providers).join(', ')}.`);
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  const examples = await open(folder);
  const running = await serveSubgraph(examples.subgraph, { host: '127.0.0.1', port: 0, log });
  return {
    url: running.url,
    entityExists: async ({ typename, id }) => {
      if (!examples.holds.includes(`${typename} ${id}`)) {
        throw new Error(`The ${name} subgraph has no example of ${typename} ${id}.`);
      }
    },
    emitted: (requests) => emittedEvents(examples, running.url, requests, folder),
    delivered: async () => undefined,
    close: async () => {
      await running.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Serves the gateway on all subgraphs with their examples, and on a bus of its own; an entity exists where one of the
 * subgraphs holds it.
 */
export async function openGateway(supergraph: string): Promise<Place> {
  const places = new Map<string, Place>();
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  const bus = await openBus({ kind: 'embedded', file: join(folder, 'events.sqlite') }, { retention, log });
  const closeAll = async () => {
    for (const place of places.values()) await place.close();
    await bus.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const name of Object.keys(providers)) places.set(name, await openSubgraph(name));
    const gateway = await startGateway({
      supergraph,
      port: 0,
      logger: log,
      bus,
      subgraphUrls: Object.fromEntries([...places].map(([name, { url }]) => [name, url])),
    });
    return {
      url: `${gateway.url}/graphql`,
      sdl: printSchema(createPlanner(await readFile(supergraph, 'utf8')).schema),
      entityExists: (params) =>
        Promise.any([...places.values()].map((place) => place.entityExists(params))).catch(() => {
          throw new Error(`No subgraph has an example of ${params.typename} ${params.id}.`);
        }),
      emitted: async () => new Map(),
      delivered: (live) => deliveredMessage(`${gateway.url}/graphql/stream`, bus, live),
      close: async () => {
        await gateway.close();
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
