import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { pino } from 'pino';
import { type RunningGateway, startGateway } from '#gateway/main.ts';
import { createRecorder, type LiveRecord, type RecordedOperation, titleOf } from './record.ts';
import { openStandIn, type StandIn } from './stand-ins.ts';
import { readSupergraphConfig } from './supergraph-config.ts';
import { writePacts } from './write-pacts.ts';

/** Where what pacts are made of stands. */
export interface PactSources {
  /** The composed supergraph. */
  readonly supergraph: string;
  /** What it is composed of, in rover's format. */
  readonly config: string;
  /** The operations, each with its examples. */
  readonly operations: string;
}

/** Records every operation of the folder with all of its examples. */
export async function recordOperations(sources: PactSources): Promise<readonly RecordedOperation[]> {
  const subgraphs = await readSupergraphConfig(sources.config);
  const record = createRecorder(await readFile(sources.supergraph, 'utf8'), subgraphs);
  const files = (await readdir(sources.operations)).filter((name) => name.endsWith('.graphql')).sort();
  const recorded: RecordedOperation[] = [];
  for (const file of files) recorded.push(...(await record(join(sources.operations, file))));
  return recorded;
}

/**
 * Records all operations and writes the pacts of the gateway with its subgraphs into the folder. The real gateway
 * answers each operation through mock servers of all subgraphs that it asks; what it sends must be, byte for byte, what
 * was recorded, and its answer the one of the recording. Rejects with the first operation for which one is not.
 */
export async function writeGatewayPacts(
  sources: PactSources,
  folder: string,
): Promise<readonly RecordedOperation[]> {
  const recorded = await recordOperations(sources);
  const names = [...new Set(recorded.flatMap(({ fetches }) => fetches.map(({ subgraph }) => subgraph)))];
  const standIns = new Map<string, StandIn>();
  let gateway: RunningGateway | undefined;
  try {
    for (const name of names) standIns.set(name, await openStandIn());
    gateway = await startGateway({
      supergraph: sources.supergraph,
      port: 0,
      logger: pino({ level: 'silent' }),
      subgraphUrls: Object.fromEntries([...standIns].map(([name, { url }]) => [name, url])),
    });
    const url = `${gateway.url}/graphql`;
    await writePacts(recorded.filter(asksSubgraphs), folder, async (operation, urls) => {
      for (const [subgraph, mock] of Object.entries(urls)) standIns.get(subgraph)?.standFor(mock);
      const data = operation.live
        ? await runLive(operation.live, standIns)
        : await runOperation(operation, url);
      checkSent(operation, data, standIns);
    });
    return recorded;
  } finally {
    await gateway?.close();
    for (const standIn of standIns.values()) await standIn.close();
  }
}

/** Where events are the gateway says by itself. */
function asksSubgraphs({ fetches, live }: RecordedOperation): boolean {
  return live !== undefined || fetches.length > 0;
}

const answerMs = 20_000;

async function runOperation(operation: RecordedOperation, gateway: string): Promise<unknown> {
  const { document: query, example } = operation;
  const answer = await post(gateway, JSON.stringify({ query, variables: example.variables }));
  const [error] = answer.errors ?? [];
  if (!error) return answer.data;
  throw new Error(`${titleOf(operation)} is not answered through the mock servers: ${error.message}`);
}

/** What follows an event, by the gateway's own executor: an event comes by a bus, which nobody here has. */
function runLive({ replay }: LiveRecord, standIns: ReadonlyMap<string, StandIn>): Promise<unknown> {
  return replay(async (subgraph, body) => {
    const { data = null } = await post(standIns.get(subgraph)?.url ?? '', body);
    return { kind: 'answer', data: data as Record<string, unknown> | null, errors: [] };
  });
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string }[];
}

async function post(url: string, body: string): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(answerMs),
  });
  return (await response.json()) as Answer;
}

function checkSent(
  operation: RecordedOperation,
  data: unknown,
  standIns: ReadonlyMap<string, StandIn>,
): void {
  const told = titleOf(operation);
  if (!isDeepStrictEqual(data, operation.data))
    throw new Error(`${told} is not answered as it was recorded.`);
  for (const [subgraph, { seen }] of standIns) {
    const sent = seen.splice(0).map(({ asked }) => asked);
    const own = operation.fetches.filter((fetch) => fetch.subgraph === subgraph);
    const expected = own.map(({ text }) => text);
    if (!isDeepStrictEqual(sent.sort(), expected.sort())) {
      throw new Error(
        `${told}: the gateway does not send ${subgraph} what was recorded: ${sent.join(' | ')}`,
      );
    }
  }
}
