import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { openHouseBus } from '#cli/run/bus.ts';
import { type EventPath, startEventPath } from '#cli/run/event-path.ts';
import { openParts, type Parts, serveParts } from '#cli/run/parts.ts';
import { startVendors } from '#cli/run/start-vendors.ts';
import { type SeedOptions, seed } from '#cli/seed/index.ts';
import type { GivenEdgeOptions } from '#gateway/edge/options.ts';
import { viewerSigner } from '#gateway/identity/internal-token.ts';
import type { AuthenticationOptions } from '#gateway/identity/settings.ts';
import { ephemeralKeys } from '#gateway/identity/signing-keys.ts';
import { type RunningGateway, startGateway } from '#gateway/main.ts';
import type { GatewayTimeouts } from '#gateway/options.ts';
import type { UsageSink } from '#gateway/usage/types.ts';
import { openSite } from '#pages/index.ts';
import { collectLog } from './log.ts';
import type { KnownPlatform } from './vendors/email-place.ts';

const root = resolve(import.meta.dirname, '../..');

/** Everything running in this process, on a data folder of its own. */
export interface House {
  readonly url: string;
  readonly parts: Parts;
  /** What is subscribed to at the gateway. */
  readonly live: RunningGateway['live'];
  /** From outboxes to consumers; undefined where no events were asked for. */
  readonly path: EventPath | undefined;
  /** What the stores ran since the last `statements.length = 0`. */
  readonly statements: { readonly name: string; readonly sql: string }[];
  /** Where the subgraphs are served. */
  readonly subgraphUrl: (name: string) => string | undefined;
  /** Ends one subgraph: its port refuses connections from then on. */
  readonly stop: (name: string) => Promise<void>;
  /** What was logged of the vendors, as text. */
  readonly vendorLog: () => string;
  readonly close: () => Promise<void>;
}

/** Where the records of a part are, if not in its own store. */
export interface RecordsPlace {
  /** What is configured for it. */
  readonly env: NodeJS.ProcessEnv;
  /** Has the world there, and in the other parts, which are opened and empty. */
  readonly fill: (parts: Parts, world: SeedOptions) => Promise<void>;
  /** Brings here what is there, where that needs parts that are served and ask each other. */
  readonly bring?: (house: Pick<House, 'parts' | 'subgraphUrl'>) => Promise<void>;
  /** Where email is at a vendor. */
  readonly email?: KnownPlatform;
  readonly close: () => Promise<void>;
}

/** What of the world is known before a house is opened. */
export const houseWorld = { seed: 7, now: '2026-03-01' };

export interface HouseOptions {
  /** 0 leaves the stores empty. */
  readonly accounts: number;
  /** URLs in place of subgraphs: whatever listens there stands in for them. */
  readonly subgraphUrls?: Readonly<Record<string, string>>;
  readonly timeouts?: Partial<GatewayTimeouts>;
  /** An access file in place of the project's. */
  readonly access?: string;
  /** Who may ask; everybody, where it is left out. */
  readonly authentication?: AuthenticationOptions;
  readonly edge?: GivenEdgeOptions;
  /** Runs the event path, on the bus and the stores that this environment names. */
  readonly events?: NodeJS.ProcessEnv;
  /** Where requests are counted. */
  readonly usage?: UsageSink;
  /** The day that the data ends on. */
  readonly now?: string;
  /** Closed with the house. The stores of its parts, where it is left out. */
  readonly records?: RecordsPlace | undefined;
}

/** Opens, seeds and serves all four subgraphs and the gateway with the composed supergraph of this project. */
export async function startHouse(options: HouseOptions): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  const log = pino({ level: 'silent' });
  const vendorLog = collectLog();
  const statements: { name: string; sql: string }[] = [];
  const registry = new Registry();
  const parts = await openParts(folder, {
    env: { ...(options.events ?? process.env), ...options.records?.env },
    log: vendorLog.logger,
    registry,
    onQuery: (name, sql) => statements.push({ name, sql }),
  });
  const keys = options.authentication === undefined ? undefined : ephemeralKeys();
  const { accounts, now = houseWorld.now, records } = options;
  const world = { ...houseWorld, accounts, now, events: false };
  if (records) await records.fill(parts, world);
  else if (accounts > 0) await seed(parts, world);
  const subgraphs = new Map(
    (
      await serveParts(
        parts,
        log,
        keys && { keys: { kind: 'memory', read: keys.publicKeys }, sign: viewerSigner(keys) },
      )
    ).map((one): [string, RunningSubgraph] => [one.name, one]),
  );
  const bus = options.events && (await openHouseBus(folder, log, options.events));
  const path = bus && (await startEventPath(parts, bus, log, { registry }));
  const vendors = await startVendors(parts, log, registry);
  const subgraphUrl: House['subgraphUrl'] = (name) => subgraphs.get(name)?.url;
  await records?.bring?.({ parts, subgraphUrl });
  const operations = join(root, 'contracts/operations');
  const gateway = await startGateway({
    supergraph: join(root, 'supergraph.graphql'),
    routes: operations,
    site: await openSite(operations),
    access: options.access ?? join(root, 'contracts/access.yaml'),
    port: 0,
    logger: log,
    timeouts: options.timeouts,
    ...(options.authentication && { authentication: options.authentication, internalKeys: keys }),
    ...(options.edge && { edge: options.edge }),
    ...(options.usage && { usage: options.usage }),
    ...(path && { metrics: path.metrics }),
    ...(bus && { bus }),
    subgraphUrls: {
      ...Object.fromEntries([...subgraphs.values()].map(({ name, url }) => [name, url])),
      ...options.subgraphUrls,
    },
  });
  const stop = async (name: string) => {
    const subgraph = subgraphs.get(name);
    subgraphs.delete(name);
    await subgraph?.close();
  };
  return {
    url: gateway.url,
    live: gateway.live,
    parts,
    path,
    statements,
    subgraphUrl,
    stop,
    vendorLog: vendorLog.text,
    close: async () => {
      await gateway.close();
      await vendors.close();
      await path?.close();
      for (const name of [...subgraphs.keys()]) await stop(name);
      await bus?.close();
      await records?.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
