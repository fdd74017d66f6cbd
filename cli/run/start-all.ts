import { Registry } from 'prom-client';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { viewerSigner } from '#gateway/identity/internal-token.ts';
import { ephemeralKeys, keysOfFile } from '#gateway/identity/signing-keys.ts';
import { type RunningGateway, startGateway } from '#gateway/main.ts';
import type { GatewaySettings } from '#gateway/settings-file.ts';
import { openSite } from '#pages/index.ts';
import { defaults } from '../settings.ts';
import { openHouseBus } from './bus.ts';
import { type ControlServer, startControl } from './control.ts';
import { seedDemoOnce } from './demo.ts';
import { startEventPath } from './event-path.ts';
import { announceInstance, runningInstance, withdrawInstance } from './instance.ts';
import { jobsOf } from './jobs.ts';
import { commandLog } from './log.ts';
import { operationsOf } from './operations.ts';
import { closeParts, openParts, serveParts } from './parts.ts';
import { progressDisplay } from './progress.ts';
import { replicasOf } from './replicas.ts';
import { startVendors } from './start-vendors.ts';
import { syncOf } from './sync.ts';
import { trialSecret } from './trial-secret.ts';
import { usageToRecord } from './usage.ts';

export interface StartOptions {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly supergraph: string;
  /** Seed demo data on the first start. */
  readonly demo: boolean;
  readonly demoAccounts: number;
  readonly settings: GatewaySettings;
  /** Aborted when the process is asked to stop: seeding ends between two batches. */
  readonly signal: AbortSignal;
}

export interface RunningAll {
  readonly url: string;
  /** Reads the supergraph and the operations again. */
  readonly reload: RunningGateway['reload'];
  /** Answers what is in flight, from the gateway inwards, and leaves the data folder to the next process. */
  readonly close: () => Promise<void>;
}

/** The operations that the gateway knows by name, with REST routes beside them. */
const operations = new URL('../../contracts/operations', import.meta.url).pathname;

/** What each role may do. */
const access = new URL('../../contracts/access.yaml', import.meta.url).pathname;
/** How often a key file is looked at. */
const keysWatchMs = 1_000;

/** Starts everything in this process; null where it was asked to stop while it was still seeding. */
export async function startAll(options: StartOptions): Promise<RunningAll | null> {
  const { dataDir, host, port, supergraph, settings, signal } = options;
  const other = await runningInstance(dataDir);
  if (other) {
    throw new Error(
      `Tributary already runs on ${dataDir} (process ${other.pid}, ${other.url}); stop it or set DATA_DIR to another folder.`,
    );
  }
  const log = commandLog();
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const bus = await openHouseBus(dataDir, log);
    closers.push(bus.close);
    const registry = new Registry();
    const parts = await openParts(dataDir, { log, registry });
    let closeStores = () => closeParts(parts);
    closers.push(() => closeStores());
    // A demo among somebody's own customers is none.
    if (options.demo && replicasOf(parts).size === 0) {
      try {
        await seedDemoOnce(parts, {
          dataDir,
          accounts: options.demoAccounts,
          display: () => progressDisplay('Seeding demo data'),
          signal,
        });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      if (signal.aborted) {
        await close();
        return null;
      }
    }
    // Subgraphs believe the gateway by the same tokens as in processes of their own.
    const internalKeys =
      settings.internalKeys === undefined
        ? ephemeralKeys()
        : await keysOfFile(settings.internalKeys, settings.watchMs ?? keysWatchMs, log);
    closers.push(async () => internalKeys.close());
    const subgraphs: readonly RunningSubgraph[] = await serveParts(parts, log, {
      keys: { kind: 'memory', read: internalKeys.publicKeys },
      sign: viewerSigner(internalKeys),
    });
    // A served subgraph closes its store with itself.
    closeStores = async () => {
      for (const subgraph of subgraphs) await subgraph.close();
    };
    const path = await startEventPath(parts, bus, log, { registry });
    closers.push(path.close);
    closers.push((await startVendors(parts, log, registry)).close);
    const control: ControlServer = await startControl(
      [jobsOf(parts), operationsOf(path), syncOf(parts)],
      log,
    );
    closers.push(control.close);
    const usage = await usageToRecord(dataDir, log);
    if (usage !== undefined) closers.push(usage.close);
    const gateway: RunningGateway = await startGateway({
      ...settings,
      internalKeys,
      trialSecret: settings.authentication === undefined ? await trialSecret(dataDir) : undefined,
      supergraph,
      host,
      port,
      logger: log,
      metrics: path.metrics,
      bus,
      ...(usage && { usage }),
      routes: operations,
      redis: defaults.redis(),
      access: settings.access ?? access,
      site: await openSite(operations),
      subgraphUrls: Object.fromEntries(subgraphs.map(({ name, url }) => [name, url])),
    });
    closers.push(() => gateway.close());
    await announceInstance(dataDir, {
      pid: process.pid,
      url: gateway.url,
      control: control.url,
      token: control.token,
    });
    closers.push(() => withdrawInstance(dataDir));
    return { url: gateway.url.replace('127.0.0.1', 'localhost'), reload: gateway.reload, close };
  } catch (error) {
    await close();
    throw error;
  }
}
