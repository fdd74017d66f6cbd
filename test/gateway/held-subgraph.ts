import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';
import { fetchSubgraph } from '#gateway/fetching/fetch.ts';
import { closeScope, endScope, openScope, type RequestScope } from '#gateway/fetching/request-scope.ts';
import type { SharingSettings } from '#gateway/fetching/sharing.ts';
import { closeTargets, openTargets, type SubgraphTarget } from '#gateway/fetching/targets.ts';
import { continueTrace } from '#gateway/fetching/trace.ts';
import { fetchOperation, requestBody } from '#gateway/plan/requests.ts';
import type { FetchOperation, SubgraphAnswer } from '#gateway/plan/types.ts';
import { type LogLine, until } from './fixture.ts';

/** A call that a subgraph has received and not yet answered. */
export interface HeldCall {
  readonly headers: IncomingHttpHeaders;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly response: ServerResponse;
  /** Whether it was answered, or given up by the gateway. */
  isOver: boolean;
  readonly answer: (body: unknown, contentType?: string) => void;
}

/** A subgraph over HTTP that answers when the test says so, and what the gateway asks it with. */
export interface HeldSubgraph {
  readonly calls: HeldCall[];
  readonly target: SubgraphTarget;
  readonly log: LogLine[];
  /** Waits until so many calls have come in. */
  readonly received: (calls: number) => Promise<void>;
  readonly ask: (question: Question) => Asked;
  readonly end: () => Promise<void>;
}

export interface Question {
  readonly operation?: FetchOperation;
  readonly representations?: readonly string[];
  /** Several lists of representations, in place of the one. */
  readonly lists?: readonly (readonly string[])[];
  readonly variables?: string;
  readonly kind?: 'query' | 'mutation';
  /** What stands for viewer and forwarded headers; undefined for a request that shares nothing. */
  readonly sharingKey?: string | undefined;
  readonly timeoutMs?: number;
  readonly sampled?: boolean;
}

/** One client request that waits. */
export interface Asked {
  readonly scope: RequestScope;
  readonly answer: Promise<SubgraphAnswer>;
  readonly leave: () => void;
}

export const defaultSharing: SharingSettings = {
  inFlight: 4,
  queueMs: 60_000,
  representations: 1_000,
  rootRequests: 1,
  characters: 250_000,
  byViewer: false,
};

/** The operation of a fetch node, as compiled plans describe it. */
export const operationOf = (text: string): FetchOperation => fetchOperation(text, undefined);

export const nameOfEntities = operationOf(
  'query($representations:[_Any!]!){_entities(representations:$representations){...on Account{name}}}',
);
export const accountById = operationOf('query($id:ID!){account(id:$id){id name}}');

/** A representation as JSON text. */
export const account = (id: string | number) => `{"__typename":"Account","id":"${id}"}`;

export async function startHeldSubgraph(
  sharing: Partial<SharingSettings> | undefined = {},
  waiting = 1_000,
): Promise<HeldSubgraph> {
  const calls: HeldCall[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const { query, variables } = JSON.parse(Buffer.concat(chunks).toString());
    const call: HeldCall = {
      headers: request.headers,
      query,
      variables,
      response,
      isOver: false,
      answer: (body, contentType = 'application/json') => {
        call.isOver = true;
        response.writeHead(200, { 'content-type': contentType });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      },
    };
    response.once('close', () => {
      call.isOver = true;
    });
    calls.push(call);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const { log, logger } = collectLog();
  const targets = openTargets(
    new Map([['accounts', `http://127.0.0.1:${port}/graphql`]]),
    () => ({
      timeoutMs: 10_000,
      connections: 16,
      maxWaiting: waiting,
      maxAnswerBytes: 100_000,
      sharing: { ...defaultSharing, ...sharing },
    }),
    logger,
  );
  const target = targets.get('accounts') as SubgraphTarget;
  const scopes: RequestScope[] = [];

  function ask(question: Question): Asked {
    const { operation = nameOfEntities, representations, variables = '', kind = 'query' } = question;
    const lists = question.lists ?? (representations && [representations]);
    const flags = question.sampled === false ? '00' : '01';
    const trace = continueTrace(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}`, undefined);
    const id = `request-${scopes.length}`;
    const scope = openScope({ id, trace, deadlineMs: 20_000, recordsFetches: true });
    scopes.push(scope);
    const answer = fetchSubgraph(
      target,
      {
        subgraph: 'accounts',
        body: requestBody(operation, lists, variables),
        kind,
        operation,
        representations: lists,
        variables,
      },
      scope,
      question.timeoutMs ?? 10_000,
      'sharingKey' in question ? question.sharingKey : 'everybody',
    );
    return { scope, answer, leave: () => endScope(scope, 'client-gone') };
  }

  return {
    calls,
    target,
    log,
    received: (count) => until(() => calls.length >= count),
    ask,
    end: async () => {
      scopes.forEach(closeScope);
      await closeTargets(targets);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function collectLog(): { readonly log: LogLine[]; readonly logger: Logger } {
  const log: LogLine[] = [];
  const sink = new Writable({
    write(chunk, _, done) {
      log.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { log, logger: pino({ level: 'debug' }, sink) };
}
