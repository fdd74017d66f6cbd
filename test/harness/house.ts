import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { openParts, type Parts, serveParts } from '#cli/run/parts.ts';
import { seed } from '#cli/seed/index.ts';
import type { GivenEdgeOptions } from '#gateway/edge/options.ts';
import type { AuthenticationOptions } from '#gateway/identity/settings.ts';
import { ephemeralKeys } from '#gateway/identity/signing-keys.ts';
import { startGateway } from '#gateway/main.ts';
import type { GatewayTimeouts } from '#gateway/options.ts';
import { openSite } from '#pages/index.ts';

const root = resolve(import.meta.dirname, '../..');

/** Everything running in this process, on a data folder of its own. */
export interface House {
  readonly url: string;
  readonly parts: Parts;
  /** What the stores ran since the last `statements.length = 0`. */
  readonly statements: { readonly name: string; readonly sql: string }[];
  /** Ends one subgraph: its port refuses connections from then on. */
  readonly stop: (name: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface HouseOptions {
  readonly accounts: number;
  /** URLs in place of subgraphs: whatever listens there stands in for them. */
  readonly subgraphUrls?: Readonly<Record<string, string>>;
  readonly timeouts?: Partial<GatewayTimeouts>;
  /** An access file in place of the project's. */
  readonly access?: string;
  /** Who may ask; everybody, where it is left out. */
  readonly authentication?: AuthenticationOptions;
  readonly edge?: GivenEdgeOptions;
  /** The day that the data ends on. */
  readonly now?: string;
}

/** Opens, seeds and serves all four subgraphs and the gateway with the composed supergraph of this project. */
export async function startHouse(options: HouseOptions): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  const log = pino({ level: 'silent' });
  const statements: { name: string; sql: string }[] = [];
  const parts = await openParts(folder, (name, sql) => statements.push({ name, sql }));
  const { accounts, now = '2026-03-01' } = options;
  await seed(parts, { accounts, seed: 7, now, events: false });
  const keys = options.authentication === undefined ? undefined : ephemeralKeys();
  const subgraphs = new Map(
    (await serveParts(parts, log, keys && { kind: 'memory', read: keys.publicKeys })).map(
      (one): [string, RunningSubgraph] => [one.name, one],
    ),
  );
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
    parts,
    statements,
    stop,
    close: async () => {
      await gateway.close();
      for (const name of [...subgraphs.keys()]) await stop(name);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
