import type { ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { Usage } from '../overhead/contender-process.ts';
import { load } from '../overhead/load.ts';
import { askProcess, endProcess, nextMessage, pinned, pinSelf, startProcess } from '../overhead/processes.ts';

const operations = [
  { name: 'AccountSnapshot', file: 'contracts/operations/AccountSnapshot.graphql' },
  { name: 'AccountOfDomain', file: 'contracts/operations/AccountOfDomain.graphql' },
] as const;

const connections = 8;
const accounts = 50;
const warmUp = 5_000;
const requests = 2_000;

/** CPU time a request on one operation, in microseconds: medians of all rounds. */
export interface UsageRow {
  readonly operation: string;
  readonly without: number;
  readonly recording: number;
  /** Median of each round's own ratio, in percent more. */
  readonly percent: number;
}

/** Two gateways in one process. */
interface Contenders {
  readonly process: ChildProcess;
  readonly without: string;
  readonly recording: string;
}

/**
 * What recording usage costs a request: two gateways of one process take turns, one of which records into a file, so
 * that the machine and the compiled code are the same for both.
 */
export async function usage({
  rounds,
  folder,
}: {
  rounds: number;
  folder: string;
}): Promise<readonly UsageRow[]> {
  pinSelf();
  const subgraphs = startProcess('./memory-subgraphs.ts', 'beside');
  const { urls } = await nextMessage<{ urls: Record<string, string> }>(subgraphs);
  const started: ChildProcess[] = [subgraphs];
  try {
    const child = startProcess('../usage/contender-recording.ts', 'contender', {
      SUBGRAPH_URLS: JSON.stringify(urls),
    });
    started.unshift(child);
    const answered = await nextMessage<Omit<Contenders, 'process'>>(child);
    const contenders: Contenders = { process: child, ...answered };
    const rows: UsageRow[] = [];
    for (const operation of operations) rows.push(await compare(contenders, operation, rounds));
    await mkdir(folder, { recursive: true });
    const machine = { cores: cpus().length, model: cpus()[0]?.model, node: process.version, pinned };
    await writeFile(`${folder}/usage.json`, `${JSON.stringify({ machine, rounds, rows }, null, 2)}\n`);
    return rows;
  } finally {
    for (const child of started) await endProcess(child);
  }
}

async function compare(
  { process: child, without, recording }: Contenders,
  { name, file }: (typeof operations)[number],
  rounds: number,
): Promise<UsageRow> {
  const query = await readFile(file, 'utf8');
  const bodies = Array.from({ length: accounts }, (_, index) => {
    const variables = { id: `acc_${index}`, domain: `domain-${index}.example` };
    return JSON.stringify({ query, operationName: name, variables });
  });
  const cpuMicros = async () => (await askProcess<Usage>(child)).cpuMicros;
  const ask = async (url: string, amount: number): Promise<number> => {
    const before = await cpuMicros();
    await load({ url, bodies, connections, requests: amount });
    return ((await cpuMicros()) - before) / amount;
  };
  for (const url of [without, recording, without, recording]) await ask(url, warmUp);
  const pairs: { without: number; recording: number }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`round ${round} of ${rounds}: ${name}\n`);
    /* Another one begins each round. */
    const begins = round % 2 === 1 ? without : recording;
    const first = await ask(begins, requests);
    const second = await ask(begins === without ? recording : without, requests);
    pairs.push(
      begins === without ? { without: first, recording: second } : { without: second, recording: first },
    );
  }
  return {
    operation: name,
    without: median(pairs.map(({ without }) => without)),
    recording: median(pairs.map(({ recording }) => recording)),
    percent: (median(pairs.map(({ without, recording }) => recording / without)) - 1) * 100,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}
