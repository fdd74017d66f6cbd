import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Usage } from '../overhead/contender-process.ts';
import { load } from '../overhead/load.ts';
import { askProcess, endProcess, nextMessage, pinSelf, startProcess } from '../overhead/processes.ts';

const delays = [0, 5, 30];
const operations = [
  { name: 'SharedSnapshot', file: 'bench/sharing/SharedSnapshot.graphql' },
  { name: 'AccountSnapshot', file: 'contracts/operations/AccountSnapshot.graphql' },
] as const;
const clients = 64;
const accounts = 50;
const requests = 5_000;

export interface SharingRow {
  readonly operation: string;
  /** How long each subgraph holds its answer back, in milliseconds. */
  readonly delayMs: number;
  /** Fetches that one request makes when it is alone. */
  readonly callsAlone: number;
  readonly callsPerRequest: number;
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** Subgraph calls per client request while 64 clients ask for snapshots of 50 accounts, at three delays. */
export async function sharing(folder: string): Promise<readonly SharingRow[]> {
  pinSelf();
  const rows: SharingRow[] = [];
  for (const operation of operations) {
    for (const delayMs of delays) rows.push(await measure(operation, delayMs));
  }
  await mkdir(folder, { recursive: true });
  await writeFile(
    `${folder}/sharing.json`,
    `${JSON.stringify({ clients, accounts, requests, rows }, null, 2)}\n`,
  );
  return rows;
}

async function measure({ name, file }: (typeof operations)[number], delayMs: number): Promise<SharingRow> {
  process.stderr.write(`${name} with answers held back for ${delayMs} ms\n`);
  const subgraphs = startProcess('./memory-subgraphs.ts', 'beside', { DELAY_MS: String(delayMs) });
  const { urls } = await nextMessage<{ urls: Record<string, string> }>(subgraphs);
  const gateway = startProcess('./contender-tributary.ts', 'contender', {
    SUBGRAPH_URLS: JSON.stringify(urls),
  });
  const calls = async () => (await askProcess<{ calls: number }>(subgraphs)).calls;
  try {
    const { url } = await nextMessage<{ url: string }>(gateway);
    const query = await readFile(file, 'utf8');
    const bodies = Array.from({ length: accounts }, (_, index) =>
      JSON.stringify({ query, operationName: name, variables: { id: `acc_${index}` } }),
    );
    const start = await calls();
    await load({ url, bodies, connections: 1, requests: 1 });
    const callsAlone = (await calls()) - start;
    await load({ url, bodies, connections: clients, requests: 2_000 });
    const [callsBefore, before] = [await calls(), await askProcess<Usage>(gateway)];
    const result = await load({ url, bodies, connections: clients, requests });
    const [callsAfter, after] = [await calls(), await askProcess<Usage>(gateway)];
    return {
      operation: name,
      delayMs,
      callsAlone,
      callsPerRequest: (callsAfter - callsBefore) / requests,
      cpuMicrosPerRequest: (after.cpuMicros - before.cpuMicros) / requests,
      requestsPerSecond: result.requestsPerSecond,
      p50: result.p50,
      p99: result.p99,
    };
  } finally {
    await endProcess(gateway);
    await endProcess(subgraphs);
  }
}
