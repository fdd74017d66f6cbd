import { randomUUID } from 'node:crypto';
import { buildSubgraphSchema, type GraphQLResolverMap } from '@apollo/subgraph';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type ExecutionResult, GraphQLError, parse } from 'graphql';
import mercurius from 'mercurius';
import type { Logger } from 'pino';
import { type RequestContext, requestContext, type Viewer } from './context.ts';
import { maskError } from './errors.ts';
import { type GatewayKeys, openVouching, type Vouch, viewerHeader } from './identity.ts';
import type { Staleness } from './staleness.ts';
import type { VendorState } from './vendor/watched.ts';
import type { WebhookIntake } from './vendor/webhooks/intake.ts';
import { webhookPaths, webhookRoutes } from './vendor/webhooks/route.ts';

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
  /** How the vendors answer whose records these are, for whoever watches; see `watchSystems`. */
  readonly vendors?: () => Readonly<Record<string, VendorState>>;
  /** Takes what vendors send to `/webhooks/<vendor>` and `/webhooks/<vendor>/<tenant>`. Default: nothing is there. */
  readonly webhooks?: WebhookIntake | undefined;
  /** Closes what the subgraph opened; called after the last request was answered. */
  readonly close: () => Promise<void>;
}

export interface ServeOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly log: Logger;
  /**
   * What is believed of who asks. Without keys everybody on loopback is the local viewer, and no other host is
   * served.
   */
  readonly keys?: GatewayKeys | undefined;
  /** Numbers of this process at `/metrics`: counts and times, which name nobody. Default: nothing is there. */
  readonly metrics?: { readonly contentType: string; readonly read: () => Promise<string> } | undefined;
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

/** Whatever watches a process asks here, and nobody vouches for it. */
const healthPath = '/health';
const metricsPath = '/metrics';
/** Vendors vouch for themselves, by a signature. */
const openPaths = new Set<string | undefined>([healthPath, metricsPath, ...webhookPaths]);

/**
 * Serves a subgraph on a port of its own: `/graphql` for gateways that vouch for a viewer, and `/health` for whoever
 * watches it. Where it cannot be served it is closed, and an Error says why.
 */
export async function serveSubgraph(subgraph: Subgraph, options: ServeOptions): Promise<RunningSubgraph> {
  const log = options.log.child({ subgraph: subgraph.name });
  const vouch = await openVouching(subgraph.name, options.host, options.keys).catch(
    async (error: unknown) => {
      await subgraph.close();
      throw error;
    },
  );
  const app = Fastify({
    logger: false,
    bodyLimit: maxBody,
    requestIdHeader: 'x-request-id',
    // Events are found by it: it must not come again in the next process.
    genReqId: () => randomUUID(),
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

  const viewers = new WeakMap<FastifyRequest, Viewer>();
  app.addHook('onRequest', admission(vouch, viewers, log));

  await app.register(mercurius, {
    schema: buildSubgraphSchema([
      { typeDefs: parse(subgraph.sdl), resolvers: subgraph.resolvers as GraphQLResolverMap },
    ]),
    context: (request: FastifyRequest, reply: FastifyReply) =>
      subgraph.context(requestContext(viewerOf(viewers, request), request, reply, log)),
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

  app.graphql.addHook('onResolution', async (execution, context) => {
    const observedAt = (context as { staleness?: Staleness }).staleness?.oldest();
    if (observedAt !== undefined) Object.assign(execution, { extensions: { stale: { observedAt } } });
  });

  app.get(healthPath, async (_request, reply) => {
    try {
      await subgraph.ping();
      // A vendor that is away is no reason to end a process that has a replica of it.
      return { status: 'ok', ...(subgraph.vendors && { vendors: subgraph.vendors() }) };
    } catch (error) {
      log.error({ err: error }, 'the store does not answer');
      return reply.code(503).send({ status: 'store unavailable' });
    }
  });

  const { metrics } = options;
  if (metrics !== undefined) {
    app.get(metricsPath, async (_request, reply) =>
      reply.type(metrics.contentType).send(await metrics.read()),
    );
  }

  const { webhooks } = subgraph;
  if (webhooks !== undefined) await app.register(webhookRoutes(webhooks, log));

  app.addHook('onClose', subgraph.close);
  const address = await listen(app, subgraph.name, options);
  return { name: subgraph.name, url: `${address}/graphql`, close: () => app.close() };
}

/** Answers nobody but a viewer that is vouched for, before anything else of the request is read. */
function admission(vouch: Vouch, viewers: WeakMap<FastifyRequest, Viewer>, log: Logger) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    if (openPaths.has(request.routeOptions.url)) return undefined;
    const vouching = await vouch(request.headers[viewerHeader]);
    if (vouching.kind === 'viewer') {
      viewers.set(request, vouching.viewer);
      return undefined;
    }
    const requestId = request.id;
    if (vouching.kind === 'unknown') {
      log.error({ err: vouching.cause, requestId }, 'the keys of the gateway are out of reach');
      const message = 'The keys of the gateway cannot be had at the moment.';
      return reply.code(503).send(refusedWith(message, 'INTERNAL_KEYS_UNAVAILABLE'));
    }
    log.warn({ reason: vouching.message, requestId }, 'a request was refused');
    return reply
      .code(401)
      .header('www-authenticate', `${viewerHeader} realm="${viewerHeader}"`)
      .send(refusedWith(vouching.message, 'UNAUTHENTICATED'));
  };
}

function refusedWith(message: string, code: string): object {
  return { errors: [{ message, extensions: { code } }] };
}

function viewerOf(viewers: WeakMap<FastifyRequest, Viewer>, request: FastifyRequest): Viewer {
  const viewer = viewers.get(request);
  if (viewer === undefined) throw new Error('A request came past the admission.');
  return viewer;
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
