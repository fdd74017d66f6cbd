import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type DocumentNode, graphql, parse } from 'graphql';
import { type Logger, pino } from 'pino';
import { type GatewayOptions, type OpenLive, type RunningGateway, startGateway } from '#gateway/main.ts';

/** A request as a subgraph got it. */
export interface SeenRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Resolves when the gateway gives up before it is answered. */
  readonly abandoned: Promise<void>;
}

/** Answers in place of the schema. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export interface TinySubgraph {
  readonly name: string;
  readonly sdl: string;
  readonly url: string;
  readonly seen: SeenRequest[];
  /** The schema answers where it is undefined. */
  behaviour: Behaviour | undefined;
  /** Chooses a behaviour for each call, in place of the one above. */
  choose: (() => Behaviour | undefined) | undefined;
  /** How many the gateways hold open. */
  readonly connections: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])';

const accountsSdl = `${link}
  type Query {
    account(id: ID!): Account
    accounts(first: Int = 2): [Account!]!
    strict(id: ID!): Account!
  }
  type Mutation { rename(id: ID!, name: String!): Account }
  type Subscription { renamed(id: ID, after: ID): Account }
  type Account @key(fields: "id") { id: ID! name: String observedAt: String! other: Account }
`;

const usageSdl = `${link}
  enum Window { DAY WEEK }
  type Account @key(fields: "id") { id: ID! usage(window: Window = WEEK): Usage }
  type Usage { visits: Int! window: Window! observedAt: String! }
`;

export interface Resolvable {
  readonly [typeName: string]: Readonly<Record<string, unknown>>;
}

function accountsResolvers(): Resolvable {
  const accounts = new Map([
    ['1', { __typename: 'Account', id: '1', name: 'Ada', observedAt: '2024-05-02T10:00:00Z' }],
    ['2', { __typename: 'Account', id: '2', name: 'Bert', observedAt: '2024-05-01T10:00:00Z' }],
  ]);
  return {
    Query: {
      account: (_: unknown, { id }: { id: string }) => {
        if (id === 'malformed') {
          throw Object.assign(new Error('Id "malformed" is malformed.'), {
            extensions: { code: 'BAD_USER_INPUT' },
          });
        }
        if (id === 'broken') {
          throw new Error('The table is gone.');
        }
        return accounts.get(id) ?? null;
      },
      accounts: (_: unknown, { first }: { first: number }) => [...accounts.values()].slice(0, first),
    },
    Mutation: {
      rename: (_: unknown, { id, name }: { id: string; name: string }) => {
        const account = accounts.get(id);
        return account === undefined ? null : Object.assign(account, { name });
      },
    },
    Account: {
      __resolveReference: ({ id }: { id: string }) => accounts.get(id) ?? null,
      other: ({ id }: { id: string }) => accounts.get(id === '1' ? '2' : '1'),
    },
  };
}

const usageResolvers: Resolvable = {
  Account: {
    __resolveReference: ({ id }: { id: string }) => ({ __typename: 'Account', id }),
    usage: ({ id }: { id: string }, { window }: { window: string }) => ({
      visits: Number(id) * 10,
      window,
      observedAt: id === '1' ? '2024-04-01T00:00:00Z' : '2024-03-01T00:00:00Z',
    }),
  },
};

export async function startSubgraph(name: string, sdl: string, resolvers: Resolvable): Promise<TinySubgraph> {
  const typeDefs: DocumentNode = parse(sdl);
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: resolvers as never }]);
  const server = createServer((request, response) => {
    void receive(request, response);
  });
  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const body = Buffer.concat(chunks).toString();
    const abandoned = new Promise<void>((resolve) => {
      response.once('close', () => {
        if (!response.writableFinished) {
          resolve();
        }
      });
    });
    subgraph.seen.push({ headers: request.headers, body, abandoned });
    const behaviour = subgraph.choose === undefined ? subgraph.behaviour : subgraph.choose();
    if (behaviour !== undefined) {
      behaviour(request, response, body);
      return;
    }
    const { query, variables } = JSON.parse(body);
    const result = await graphql({ schema, source: query, variableValues: variables });
    response.setHeader('content-type', 'application/json; charset=utf-8').end(JSON.stringify(result));
  }
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const subgraph: TinySubgraph = {
    name,
    sdl,
    url: `http://127.0.0.1:${port}/graphql`,
    seen: [],
    behaviour: undefined,
    choose: undefined,
    connections: promisify(server.getConnections.bind(server)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return subgraph;
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly requestId?: string;
  readonly [field: string]: unknown;
}

export interface World {
  readonly accounts: TinySubgraph;
  readonly usage: TinySubgraph;
  readonly folder: string;
  readonly supergraph: string;
  /** Everything the gateways of this world have logged. */
  readonly log: LogLine[];
  readonly logger: Logger;
  /** Starts a gateway on a free port; it ends with the world. */
  readonly start: (options?: Partial<GatewayOptions>, openLive?: OpenLive) => Promise<RunningGateway>;
  /** Ends gateways and subgraphs and removes the folder. */
  readonly end: () => Promise<void>;
}

/** Two subgraphs on loopback, composed into a supergraph file in a folder of its own. */
export async function createWorld(): Promise<World> {
  const accounts = await startSubgraph('accounts', accountsSdl, accountsResolvers());
  const usage = await startSubgraph('usage', usageSdl, usageResolvers);
  const composed = composeServices(
    [accounts, usage].map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
  );
  if (composed.errors !== undefined) {
    throw new AggregateError(composed.errors, 'the fixture does not compose');
  }
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  const supergraph = join(folder, 'supergraph.graphql');
  await writeFile(supergraph, composed.supergraphSdl);
  const log: LogLine[] = [];
  const sink = new Writable({
    write(chunk, _, done) {
      log.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const logger = pino({ level: 'debug' }, sink);
  const gateways: RunningGateway[] = [];
  return {
    accounts,
    usage,
    folder,
    supergraph,
    log,
    logger,
    start: async (options = {}, openLive) => {
      const gateway = await startGateway({ supergraph, port: 0, logger, ...options }, openLive);
      gateways.push(gateway);
      return gateway;
    },
    end: async () => {
      await Promise.all(gateways.map((gateway) => gateway.close()));
      await Promise.all([accounts.stop(), usage.stop()]);
      await rm(folder, { recursive: true });
    },
  };
}

/** Back to subgraphs that answer, that have seen nothing, and an empty log. */
export function resetWorld(world: World): void {
  for (const subgraph of [world.accounts, world.usage]) {
    subgraph.behaviour = undefined;
    subgraph.choose = undefined;
    subgraph.seen.length = 0;
  }
  world.log.length = 0;
}

export interface GraphQLAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly data: unknown;
  readonly errors: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: Readonly<Record<string, unknown>>;
  }[];
}

/** Posts a GraphQL request and reads the answer. */
export async function post(
  gateway: RunningGateway,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<GraphQLAnswer> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return readGraphQL(response);
}

export async function readGraphQL(response: Response): Promise<GraphQLAnswer> {
  const { data, errors } = (await response.json()) as Pick<GraphQLAnswer, 'data' | 'errors'>;
  return { status: response.status, headers: response.headers, data, errors: errors ?? [] };
}

/** Waits until a condition holds, looking again every few milliseconds; the test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
