import type { RunningSubgraph } from '#chassis/serve.ts';
import { type RunningGateway, startGateway } from '#gateway/main.ts';
import { readSettings } from '#gateway/settings-file.ts';
import { defaults } from '../settings.ts';
import { type ControlServer, startControl } from './control.ts';
import { seedDemoOnce } from './demo.ts';
import { announceInstance, runningInstance, withdrawInstance } from './instance.ts';
import { commandLog } from './log.ts';
import { closeParts, openParts, serveParts } from './parts.ts';
import { progressDisplay } from './progress.ts';

export interface StartOptions {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly supergraph: string;
  /** Seed demo data on the first start. */
  readonly demo: boolean;
  readonly demoAccounts: number;
  /** A settings file of the gateway. */
  readonly settings?: string;
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

/** Starts everything in this process; null where it was asked to stop while it was still seeding. */
export async function startAll(options: StartOptions): Promise<RunningAll | null> {
  const { dataDir, host, port, supergraph, signal } = options;
  const other = await runningInstance(dataDir);
  if (other) {
    throw new Error(
      `Tributary already runs on ${dataDir} (process ${other.pid}, ${other.url}); stop it or set DATA_DIR to another folder.`,
    );
  }
  const log = commandLog();
  const settings = options.settings === undefined ? {} : await readSettings(options.settings);
  const parts = await openParts(dataDir);
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    if (options.demo) {
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
        await closeParts(parts);
        return null;
      }
    }
    // A served subgraph closes its store with itself.
    const subgraphs: readonly RunningSubgraph[] = await serveParts(parts, log);
    closers.push(async () => {
      for (const subgraph of subgraphs) await subgraph.close();
    });
    const control: ControlServer = await startControl(parts, log);
    closers.push(control.close);
    const gateway: RunningGateway = await startGateway({
      ...settings,
      supergraph,
      host,
      port,
      logger: log,
      routes: operations,
      redis: defaults.redis(),
      access: settings.access ?? access,
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
    if (closers.length === 0) await closeParts(parts);
    await close();
    throw error;
  }
}
