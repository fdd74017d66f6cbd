import { pino } from 'pino';
import { type RunningSubgraph, type Subgraph, serveSubgraph } from '#chassis/serve.ts';

export interface GraphqlAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of any shape
  readonly data: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
}

/** Serves a subgraph on a free port of loopback, silent. */
export function serveForTest(subgraph: Subgraph): Promise<RunningSubgraph> {
  return serveSubgraph(subgraph, { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) });
}

/** Posts an operation as the gateway does and answers the whole GraphQL answer. */
export async function ask(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<GraphqlAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(20_000),
  });
  return (await response.json()) as GraphqlAnswer;
}
