import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { chart } from './chart.ts';
import type { Usage } from './contender-process.ts';
import { type LoadResult, load } from './load.ts';
import { askProcess, endProcess, nextMessage, pinned, pinSelf, startProcess } from './processes.ts';

export const contenders = ['tributary', 'unshared', 'stock', 'handwritten'] as const;
export type Contender = (typeof contenders)[number];

/** How each is started; `unshared` is the gateway with sharing switched off. */
const starts: Readonly<
  Record<Contender, { readonly script: string; readonly env?: Record<string, string> }>
> = {
  tributary: { script: './contender-tributary.ts' },
  unshared: { script: './contender-tributary.ts', env: { SHARING: 'off' } },
  stock: { script: './contender-stock.ts' },
  handwritten: { script: './contender-handwritten.ts' },
};

/* The warm-up lasts until every contender's code has been compiled for good: before that the noise is larger. */
const operations = [
  {
    name: 'AccountSnapshot',
    file: 'contracts/operations/AccountSnapshot.graphql',
    requests: 2_000,
    warmUp: 5_000,
  },
  { name: 'Dashboard', file: 'contracts/operations/Dashboard.graphql', requests: 250, warmUp: 1_500 },
] as const;

export type OperationName = (typeof operations)[number]['name'];

const connections = 8;
const accounts = 50;

/** One contender on one operation in one round. */
export interface Run extends LoadResult {
  readonly contender: Contender;
  readonly operation: OperationName;
  readonly round: number;
  readonly cpuMicrosPerRequest: number;
  readonly rss: number;
}

/** The medians of all rounds. */
export interface Row {
  readonly operation: OperationName;
  readonly contender: Contender;
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly megabytes: number;
  readonly kilobytesPerAnswer: number;
  /** CPU of the contender ÷ CPU of this one. */
  readonly cpuOfStock: number;
  readonly cpuOfHandwritten: number;
}

/**
 * CPU time a request of the gateway as it ships and with sharing switched off, of stock `@apollo/gateway` under
 * Apollo Server, and of a hand-written handler: the same supergraph, subgraphs answering from memory, the contender
 * alone on one core, rounds interleaved so that a machine that changes its speed changes it for all.
 */
export async function overhead({
  rounds,
  folder,
}: {
  rounds: number;
  folder: string;
}): Promise<readonly Row[]> {
  pinSelf();
  const runs: Run[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    // Another one begins each round, since a machine may slow down while it works.
    const turn = round % contenders.length;
    for (const contender of [...contenders.slice(turn), ...contenders.slice(0, turn)]) {
      for (const operation of operations) {
        process.stderr.write(`round ${round} of ${rounds}: ${contender}, ${operation.name}\n`);
        runs.push(await measure(contender, operation, round));
      }
    }
  }
  const rows = operations.flatMap(({ name }) =>
    contenders.map((contender) => summary(runs, name, contender)),
  );
  const machine = {
    cores: cpus().length,
    model: cpus()[0]?.model,
    memory: totalmem(),
    node: process.version,
    pinned,
  };
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/overhead.json`, `${JSON.stringify({ machine, rounds, rows, runs }, null, 2)}\n`);
  await writeFile(`${folder}/overhead.svg`, chart(rows));
  return rows;
}

async function measure(
  contender: Contender,
  { name, file, requests, warmUp }: (typeof operations)[number],
  round: number,
): Promise<Run> {
  const subgraphs = startProcess('./memory-subgraphs.ts', 'beside');
  const { urls } = await nextMessage<{ urls: Record<string, string> }>(subgraphs);
  const { script, env } = starts[contender];
  const gateway = startProcess(script, 'contender', { SUBGRAPH_URLS: JSON.stringify(urls), ...env });
  try {
    const { url } = await nextMessage<{ url: string }>(gateway);
    const query = await readFile(file, 'utf8');
    const bodies = Array.from({ length: accounts }, (_, index) => {
      const variables = name === 'Dashboard' ? { first: accounts } : { id: `acc_${index}` };
      return JSON.stringify({ query, operationName: name, variables });
    });
    await load({ url, bodies, connections, requests: warmUp });
    const before = await askProcess<Usage>(gateway);
    const result = await load({ url, bodies, connections, requests });
    const after = await askProcess<Usage>(gateway);
    const cpuMicrosPerRequest = (after.cpuMicros - before.cpuMicros) / requests;
    return { contender, operation: name, round, ...result, cpuMicrosPerRequest, rss: after.rss };
  } finally {
    await endProcess(gateway);
    await endProcess(subgraphs);
  }
}

function summary(runs: readonly Run[], operation: OperationName, contender: Contender): Row {
  const of = (who: Contender) => runs.filter((run) => run.operation === operation && run.contender === who);
  const own = of(contender);
  // Ratios are taken round by round: within one round the machine is most alike.
  const ratio = (other: Contender) =>
    median(
      of(other).map(
        (run, index) => run.cpuMicrosPerRequest / (own[index]?.cpuMicrosPerRequest ?? Number.NaN),
      ),
    );
  return {
    operation,
    contender,
    cpuMicrosPerRequest: median(own.map((run) => run.cpuMicrosPerRequest)),
    requestsPerSecond: median(own.map((run) => run.requestsPerSecond)),
    p50: median(own.map((run) => run.p50)),
    p99: median(own.map((run) => run.p99)),
    megabytes: median(own.map((run) => run.rss / 1_048_576)),
    kilobytesPerAnswer: median(own.map((run) => run.bytesPerAnswer / 1_000)),
    cpuOfStock: ratio('stock'),
    cpuOfHandwritten: ratio('handwritten'),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
