import { Registry } from 'prom-client';
import { gatewayKeysOf } from '#chassis/identity.ts';
import { type RunningSubgraph, serveSubgraph } from '#chassis/serve.ts';
import { emailQuestions } from './ask-graph.ts';
import { eventRetention, openHouseBus } from './bus.ts';
import { startControl } from './control.ts';
import { startEventPath } from './event-path.ts';
import { announceInstance, type InstanceName, runningInstance, withdrawInstance } from './instance.ts';
import { commandLog } from './log.ts';
import { operationsOf } from './operations.ts';
import { openPart, type PartName } from './parts.ts';
import { startVendors } from './start-vendors.ts';
import { syncOf } from './sync.ts';

export interface StartOneOptions {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** `INTERNAL_JWKS`, `GRAPH_URL`, `GRAPH_TOKENS` and `BUS_URL` are read. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Starts one subgraph in a process of its own. Where `BUS_URL` names a bus that others have too, its outbox is relayed
 * and its consumers run here; the embedded bus would be no use to it, since that belongs to one process.
 */
export async function startOne(
  name: PartName,
  { host, port, dataDir, env }: StartOneOptions,
): Promise<Pick<RunningSubgraph, 'url' | 'close'>> {
  const instanceName: InstanceName = `${name}-instance`;
  const other = await runningInstance(dataDir, instanceName);
  if (other) {
    throw new Error(
      `The ${name} subgraph already runs on ${dataDir} (process ${other.pid}, ${other.url}); stop it or name another folder.`,
    );
  }
  const log = commandLog();
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const keys = gatewayKeysOf(env.INTERNAL_JWKS);
    const questions = name === 'email' ? await emailQuestions(env) : undefined;
    const registry = new Registry();
    const part = await openPart(name, dataDir, { env, log, registry });
    let closeStore = part.subgraph.close;
    closers.push(() => closeStore());
    if (questions && 'connectConsent' in part) {
      part.connectConsent(questions.consent);
      part.connectContacts(questions.contacts);
    }
    closers.push((await startVendors({ [name]: part }, log, registry)).close);
    if (!env.BUS_URL) {
      log.warn(
        { subgraph: name },
        'events wait in the outbox: set BUS_URL to the NATS servers of all processes',
      );
      const running = await serveSubgraph(part.subgraph, { host, port, log, keys });
      closeStore = running.close;
      return { url: running.url, close };
    }
    const bus = await openHouseBus(dataDir, log, env);
    closers.unshift(bus.close);
    const path = await startEventPath({ [name]: part }, bus, log, {
      retention: eventRetention(env),
      registry,
    });
    closers.push(path.close);
    const { metrics } = path;
    const running = await serveSubgraph(part.subgraph, { host, port, log, keys, metrics });
    // A served subgraph closes its store with itself, and its relay needs that until then.
    closeStore = running.close;
    const control = await startControl([operationsOf(path), syncOf({ [name]: part })], log);
    closers.push(control.close);
    const { token } = control;
    await announceInstance(
      dataDir,
      { pid: process.pid, url: running.url, control: control.url, token },
      instanceName,
    );
    closers.push(() => withdrawInstance(dataDir, instanceName));
    return { url: running.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}
