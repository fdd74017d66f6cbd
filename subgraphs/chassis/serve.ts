import { buildSubgraphSchema, type GraphQLResolverMap } from '@apollo/subgraph';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type ExecutionResult, GraphQLError, parse } from 'graphql';
import mercurius from 'mercurius';
import type { Logger } from 'pino';
import { type RequestContext, requestContext } from './context.ts';
import { maskError } from './errors.ts';

/** A subgraph that can be served: its published schema and what answers it. */
export interface Subgraph<Context extends RequestContext = RequestContext> {
  readonly name: string;
  /** The text of `schema.graphql`. */
  readonly sdl: string;
  /** Typed by codegen; the federation library's own type of a resolver map knows no reference resolver. */
  readonly resolvers: object;
  /** Per-request loaders and the like, added to the request's context. */
  readonly context: (request: RequestContext) => Context;
  /** Rejects where the store behind it cannot be asked. */
  readonly ping: () => Promise<void>;
  /** Closes what the subgraph opened; called after the last request was answered. */
  readonly close: () => Promise<void>;
}

export interface ServeOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly log: Logger;
}

export interface RunningSubgraph {
  readonly name: string;
  /** Where the gateway sends its fetches. */
  readonly url: string;
  /** Answers what is in flight, then frees the port and the store. */
  readonly close: () => Promise<void>;
}

/** Representations make bodies large: a page of 100 entities of 1 kB keys stays well below. */
const maxBody = 4 * 1024 * 1024;

/** Serves a subgraph on a port of its own: `/graphql`, and `/health` for whoever watches it. */
export async function serveSubgraph(subgraph: Subgraph, options: ServeOptions): Promise<RunningSubgraph> {
  const log = options.log.child({ subgraph: subgraph.name });
  const app = Fastify({
    logger: false,
    bodyLimit: maxBody,
    requestIdHeader: 'x-request-id',
    // Clients are gateways with pooled connections; they close idle ones first.
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
  });

  // What fails before a resolver runs: a body that is no JSON, a context that cannot be made.
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ err: error, requestId: request.id }, 'a request failed');
    const shown =
      status < 500
        ? { message: error.message, extensions: { code: 'BAD_REQUEST' } }
        : { message: 'Internal error of the subgraph.', extensions: { code: 'INTERNAL_SERVER_ERROR' } };
    return reply.code(status).send({ data: null, errors: [shown] });
  });

  await app.register(mercurius, {
    schema: buildSubgraphSchema([
      { typeDefs: parse(subgraph.sdl), resolvers: subgraph.resolvers as GraphQLResolverMap },
    ]),
    context: (request: FastifyRequest, reply: FastifyReply) =>
      subgraph.context(requestContext(request, reply, log)),
    errorFormatter: (result, context) => {
      const requestId = (context as { requestId?: string }).requestId;
      return refusal(result) ?? { statusCode: 200, response: maskErrors(result, log, requestId) };
    },
    graphiql: false,
    additionalRouteOptions: {
      // Mercurius's own serialiser writes the list positions of an error's path as text.
      preSerialization: (_request, reply, payload, done) => {
        reply.serializer(JSON.stringify);
        done(null, payload);
      },
    },
  });

  app.get('/health', async (_request, reply) => {
    try {
      await subgraph.ping();
      return { status: 'ok' };
    } catch (error) {
      log.error({ err: error }, 'the store does not answer');
      return reply.code(503).send({ status: 'store unavailable' });
    }
  });

  app.addHook('onClose', subgraph.close);
  const address = await listen(app, subgraph.name, options);
  return { name: subgraph.name, url: `${address}/graphql`, close: () => app.close() };
}

async function listen(app: FastifyInstance, name: string, { host, port }: ServeOptions): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    await app.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(
      `Port ${port} for the ${name} subgraph is in use; end what listens there or choose another port.`,
      { cause: error },
    );
  }
}

/** A request that was not executed: no JSON, no GraphQL, or not of this schema. Null where it was. */
function refusal(result: ExecutionResult): { statusCode: number; response: ExecutionResult } | null {
  const cause = result.errors?.[0]?.originalError as
    | (Error & { statusCode?: number; errors?: readonly GraphQLError[] })
    | undefined;
  const statusCode = cause?.statusCode;
  if (result.data || cause === undefined || statusCode === undefined || statusCode >= 500) return null;
  const reasons = cause.errors ?? [cause];
  const errors = reasons.map(
    ({ message }) => new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } }),
  );
  return { statusCode, response: { errors } };
}

function maskErrors(
  result: ExecutionResult,
  log: Logger,
  requestId: string | undefined,
): { data: ExecutionResult['data']; errors?: GraphQLError[] } {
  const errors = result.errors?.map((shown) => {
    const { error, internal } = maskError(shown);
    if (internal) log.error({ err: shown.originalError, path: shown.path, requestId }, 'a resolver failed');
    return error;
  });
  return { data: result.data ?? null, errors };
}
