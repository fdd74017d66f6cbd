import type { ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Held } from '../overhead/contender-process.ts';
import { askProcess, endProcess, nextMessage, pinSelf, startProcess } from '../overhead/processes.ts';
import type { ClientOrder, ClientsTold, Moved } from './messages.ts';

/** Distinct operations: one for each owner, by its variables. */
const owners = 100;
/** Connections that come and go before anything is measured, so that code and buffers are there. */
const warmUp = 500;
const patienceMs = 60_000;

/** What connections cost that have one subscription and nothing to do. */
export interface IdleRow {
  readonly what: 'bare ws' | 'tributary';
  readonly connections: number;
  /** Connections a second, with the subscription of each. */
  readonly perSecond: number;
  /** By the process as the system sees it, and by its heap and buffers, garbage collected. */
  readonly rssKilobytes: number;
  readonly heapKilobytes: number;
}

/** What was delivered at one rate. */
export interface DeliveryRow {
  readonly subscribers: number;
  readonly eventsPerSecond: number;
  readonly deliveries: number;
  readonly expected: number;
  readonly deliveriesPerSecond: number;
  /** Milliseconds from the event's time, right before its commit, to the client. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly executionsPerEvent: number;
  readonly cpuMicrosPerDelivery: number;
}

export interface LiveResult {
  readonly idle: readonly IdleRow[];
  readonly deliveries: readonly DeliveryRow[];
}

/**
 * Subscribers of one gateway process: what an idle one costs beside a bare WebSocket, and how long events take to all
 * of them at each rate (deliveries a second). An event goes to the subscribers of one owner in a hundred.
 */
export async function live(given: {
  readonly subscribers: number;
  readonly rates: readonly number[];
  readonly seconds: number;
  readonly folder: string;
}): Promise<LiveResult> {
  pinSelf();
  const { subscribers, rates, seconds, folder } = given;
  const idle = [await bare(subscribers)];
  const subgraphs = startProcess('./memory-subgraphs.ts', 'beside');
  const { urls } = await nextMessage<{ urls: Record<string, string> }>(subgraphs);
  const gateway = startProcess('../live/gateway-process.ts', 'contender', {
    SUBGRAPH_URLS: JSON.stringify(urls),
    OWNERS: `${owners}`,
  });
  const deliveries: DeliveryRow[] = [];
  try {
    const { url } = await nextMessage<{ url: string }>(gateway);
    await withClients(`${url.replace('http', 'ws')}/graphql`, false, async (clients) => {
      idle.push(await connectIdle('tributary', gateway, clients, subscribers));
      await deliver(gateway, clients, subscribers, { perSecond: rates[0] ?? 1_000, seconds: 3 });
      for (const perSecond of rates) {
        process.stderr.write(`${perSecond} deliveries a second\n`);
        deliveries.push(await deliver(gateway, clients, subscribers, { perSecond, seconds }));
      }
    });
  } finally {
    await endProcess(gateway);
    await endProcess(subgraphs);
  }
  const result = { idle, deliveries };
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/live.json`, `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

async function bare(subscribers: number): Promise<IdleRow> {
  const server = startProcess('../live/bare-process.ts', 'contender');
  try {
    const { url } = await nextMessage<{ url: string }>(server);
    return await withClients(url.replace('http', 'ws'), true, (clients) =>
      connectIdle('bare ws', server, clients, subscribers),
    );
  } finally {
    await endProcess(server);
  }
}

async function withClients<Result>(
  url: string,
  isBare: boolean,
  work: (clients: ChildProcess) => Promise<Result>,
): Promise<Result> {
  const env = { GATEWAY_URL: url, OWNERS: `${owners}`, BARE: isBare ? 'yes' : 'no' };
  const clients = startProcess('../live/clients-process.ts', 'beside', env);
  try {
    await nextMessage(clients);
    return await work(clients);
  } finally {
    await endProcess(clients);
  }
}

async function connectIdle(
  what: IdleRow['what'],
  server: ChildProcess,
  clients: ChildProcess,
  connections: number,
): Promise<IdleRow> {
  await order(clients, { kind: 'connect', count: warmUp });
  await order(clients, { kind: 'disconnect' });
  const before = await settled(server);
  const startedAt = performance.now();
  const { open } = await order(clients, { kind: 'connect', count: connections });
  const perSecond = connections / ((performance.now() - startedAt) / 1_000);
  if (open !== connections) throw new Error(`${what}: of ${connections} connections ${open} are open.`);
  const after = await settled(server);
  const each = (bytes: number) => bytes / connections / 1_024;
  return {
    what,
    connections,
    perSecond,
    rssKilobytes: each(after.rss - before.rss),
    heapKilobytes: each(after.heapUsed + after.external - before.heapUsed - before.external),
  };
}

/** What a process holds once what ended lately has been let go. */
async function settled(server: ChildProcess): Promise<Held> {
  await sleep(3_000);
  return askProcess<Held>(server, 'collect');
}

async function deliver(
  gateway: ChildProcess,
  clients: ChildProcess,
  subscribers: number,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<DeliveryRow> {
  const each = subscribers / owners;
  const eventsPerSecond = perSecond / each;
  const count = Math.round(eventsPerSecond * seconds);
  await order(clients, { kind: 'reset' });
  const answer = nextMessage<Moved>(gateway);
  gateway.send({ kind: 'move', count, perSecond: eventsPerSecond });
  const moved = await answer;
  const expected = count * each;
  const told = await allReceived(clients, expected);
  return {
    subscribers,
    eventsPerSecond,
    deliveries: told.received,
    expected,
    deliveriesPerSecond: told.received / ((told.lastAt - told.firstAt) / 1_000),
    p50: told.p50,
    p99: told.p99,
    max: told.max,
    executionsPerEvent: moved.executions / moved.events,
    cpuMicrosPerDelivery: (moved.cpuSeconds * 1e6) / moved.messages,
  };
}

async function allReceived(clients: ChildProcess, expected: number): Promise<ClientsTold> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const told = await order(clients, { kind: 'tell' });
    if (told.errors > 0) throw new Error(`The clients were told of ${told.errors} errors.`);
    if (told.received >= expected || performance.now() > end) return told;
    await sleep(200);
  }
}

function order(clients: ChildProcess, what: ClientOrder): Promise<ClientsTold> {
  const answer = nextMessage<ClientsTold>(clients);
  clients.send(what);
  return answer;
}
