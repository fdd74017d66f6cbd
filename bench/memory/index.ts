import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Held } from '../overhead/contender-process.ts';
import { load } from '../overhead/load.ts';
import { askProcess, endProcess, nextMessage, pinSelf, startProcess } from '../overhead/processes.ts';

const clients = 64;
const accounts = 50;
const quarters = 4;
const warmUp = 5_000;
const operation = {
  name: 'AccountSnapshot',
  file: 'contracts/operations/AccountSnapshot.graphql',
} as const;

/** What the gateway holds after so many requests, its garbage collected. */
export interface MemoryRow {
  readonly requests: number;
  /** Objects of JavaScript: what grows here without end is a leak of ours. */
  readonly heapMegabytes: number;
  /** Buffers and other memory that objects of JavaScript hold. */
  readonly externalMegabytes: number;
  /** The process as the system sees it, with what the allocators keep for later. */
  readonly megabytes: number;
}

/** Memory after a warm-up and after each quarter of the requests, of 64 clients asking for snapshots of 50 accounts. */
export async function memory({
  requests,
  folder,
}: {
  requests: number;
  folder: string;
}): Promise<readonly MemoryRow[]> {
  pinSelf();
  const subgraphs = startProcess('./memory-subgraphs.ts', 'beside');
  const { urls } = await nextMessage<{ urls: Record<string, string> }>(subgraphs);
  const gateway = startProcess('./contender-tributary.ts', 'contender', {
    SUBGRAPH_URLS: JSON.stringify(urls),
  });
  const rows: MemoryRow[] = [];
  try {
    const { url } = await nextMessage<{ url: string }>(gateway);
    const query = await readFile(operation.file, 'utf8');
    const bodies = Array.from({ length: accounts }, (_, index) =>
      JSON.stringify({ query, operationName: operation.name, variables: { id: `acc_${index}` } }),
    );
    const send = (amount: number) => load({ url, bodies, connections: clients, requests: amount });
    await send(warmUp);
    rows.push(row(0, await askProcess<Held>(gateway, 'collect')));
    const quarter = Math.floor(requests / quarters);
    for (let sent = quarter; sent <= quarter * quarters; sent += quarter) {
      process.stderr.write(`${sent} of ${requests} requests\n`);
      await send(quarter);
      rows.push(row(sent, await askProcess<Held>(gateway, 'collect')));
    }
  } finally {
    await endProcess(gateway);
    await endProcess(subgraphs);
  }
  await mkdir(folder, { recursive: true });
  const text = JSON.stringify({ operation: operation.name, clients, accounts, warmUp, rows }, null, 2);
  await writeFile(`${folder}/memory.json`, `${text}\n`);
  return rows;
}

function row(requests: number, { heapUsed, external, rss }: Held): MemoryRow {
  const megabytes = (bytes: number) => bytes / 1_048_576;
  return {
    requests,
    heapMegabytes: megabytes(heapUsed),
    externalMegabytes: megabytes(external),
    megabytes: megabytes(rss),
  };
}
