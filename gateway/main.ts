import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { holdCredentials, readHeaderNames } from './fetching/forwarded-headers.ts';
import {
  checkLoopback,
  type GatewayOptions,
  limitsWithDefaults,
  sharingWithDefaults,
  timeoutsWithDefaults,
} from './options.ts';
import { planOperation } from './pipeline/plan.ts';
import { type Generation, loadGeneration, retire } from './supergraph/generation.ts';
import { drain, type Lifetime, type Serving } from './transports/lifetime.ts';
import { loadRoutes, type RestRoute } from './transports/rest-route.ts';
import { createServer } from './transports/server.ts';

export type { GatewayLimits, GatewayOptions, GatewaySharing, GatewayTimeouts } from './options.ts';

export interface RunningGateway {
  /** `http://127.0.0.1:4000`, without a path. */
  readonly url: string;
  readonly port: number;
  /**
   * Answers what is in flight (for at most `timeouts.closeMs`), refuses what comes meanwhile with 503, then ends
   * every connection. Calling it again waits for the same end.
   */
  readonly close: () => Promise<void>;
}

const defaultHost = '127.0.0.1';

/**
 * Starts a gateway for any Federation 2 supergraph: GraphQL at `/graphql`, `/health`, `/ready`, and the REST routes of
 * the folder given. When the promise resolves it answers.
 * @throws Error with one line for whoever started it: the host is not loopback (`code: 'NOT_LOOPBACK'`), the port is
 * taken (`code: 'EADDRINUSE'`), the supergraph file is missing or broken, a REST route does not fit it.
 */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const host = options.host ?? defaultHost;
  checkLoopback(host);
  const timeouts = timeoutsWithDefaults(options.timeouts);
  const limits = limitsWithDefaults(options.limits);
  const forwardHeaders = readHeaderNames(options.forwardHeaders ?? []);
  const sharing = holdCredentials(forwardHeaders)
    ? sharingWithDefaults({ enabled: false })
    : sharingWithDefaults(options.sharing);
  const log = options.logger;
  const generation = await loadGeneration(options.supergraph, {
    subgraphUrls: options.subgraphUrls ?? {},
    timeouts,
    limits,
    sharing,
    log,
  });
  const lifetime: Lifetime = { isDraining: false, inFlight: 0, onIdle: undefined };
  const serving: Serving = { log, timeouts, forwardHeaders, lifetime, generation: () => generation };
  let app: FastifyInstance | undefined;
  try {
    const routes = await readRoutes(options.routes, generation);
    app = createServer(serving, routes, limits.bodyBytes);
    await listen(app, host, options.port);
  } catch (error) {
    await app?.close();
    await retire(generation, 0);
    throw error;
  }
  const server = app;
  const { port } = server.server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  log.info({ url, supergraph: generation.id, subgraphs: [...generation.targets.keys()] }, 'gateway ready');

  let closing: Promise<void> | undefined;
  const end = async () => {
    await drain(lifetime, timeouts.closeMs);
    await server.close();
    await retire(generation, 1_000);
    log.info({ url }, 'gateway closed');
  };
  return {
    url,
    port,
    close: () => {
      closing ??= end();
      return closing;
    },
  };
}

/** Reads the routes and plans each, so that a route that cannot be planned is known now. */
async function readRoutes(folder: string | undefined, generation: Generation): Promise<readonly RestRoute[]> {
  if (folder === undefined) {
    return [];
  }
  const { planner, targets } = generation;
  const routes = await loadRoutes(folder, planner.schema, [...targets.keys()]);
  for (const { operation } of routes) {
    await planOperation(generation, operation);
  }
  return routes;
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw portError(error as NodeJS.ErrnoException, host, port);
  }
}

function portError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} on ${host} is in use: end the process that holds it, or choose another port.`,
    EACCES: `Port ${port} on ${host} may not be opened by this user: choose one above 1023.`,
    EADDRNOTAVAIL: `This machine has no address ${host}: use 127.0.0.1.`,
  };
  const message =
    reasons[error.code ?? ''] ?? `The gateway cannot listen on ${host}:${port}: ${error.message}`;
  return Object.assign(new Error(message, { cause: error }), { code: error.code });
}
