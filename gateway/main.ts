import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { edgeWithDefaults } from './edge/options.ts';
import { holdCredentials, readHeaderNames } from './fetching/forwarded-headers.ts';
import { openIdentity } from './identity/index.ts';
import { viewerSigner } from './identity/internal-token.ts';
import { openPagePasses } from './identity/page-pass.ts';
import { openSigningKeys } from './identity/signing-keys.ts';
import {
  checkHost,
  type GatewayOptions,
  joiningWithDefaults,
  limitsWithDefaults,
  sharingWithDefaults,
  timeoutsWithDefaults,
} from './options.ts';
import { openPersistence } from './pipeline/persisted.ts';
import { type LiveParts, openLive as openHub } from './subscriptions/live.ts';
import { openSessions } from './subscriptions/session.ts';
import type { Live, LiveNumbers } from './subscriptions/types.ts';
import { openGenerations, type ReloadOutcome } from './supergraph/generations.ts';
import { drain, type Lifetime } from './transports/lifetime.ts';
import { type LiveTransport, trackConnections } from './transports/live-connections.ts';
import { createServer } from './transports/server.ts';
import { pathsOf } from './transports/site.ts';
import { startUsageRecorder } from './usage/recorder.ts';

export type {
  GatewayJoining,
  GatewayLimits,
  GatewayOptions,
  GatewaySharing,
  GatewayTimeouts,
} from './options.ts';

export interface RunningGateway {
  /** `http://127.0.0.1:4000`, without a path. */
  readonly url: string;
  readonly port: number;
  /**
   * Reads the supergraph, the operations folder and the access file again, and beside them the internal keys. Where
   * something changed, a generation is built and warmed
   * beside the one that is served, and then takes over. A failure is told by the outcome, the log and `/ready`, and
   * changes nothing. The supergraph file is watched as well, so that this is for whoever does not want to wait.
   */
  readonly reload: () => Promise<ReloadOutcome>;
  /** What is subscribed to, and how clients are connected for it. */
  readonly live: () => LiveNumbers & {
    readonly connections: Readonly<Record<LiveTransport, number>>;
    /** Those of them whose token is watched. */
    readonly watchedSessions: number;
  };
  /**
   * Sends the clients of live connections elsewhere, spread over `edge.lasting.drainMs`, answers what is in flight (for at
   * most `timeouts.closeMs`), refuses what comes meanwhile with 503, then ends every connection. Calling it again waits for the same end.
   */
  readonly close: () => Promise<void>;
}

/** Opens what answers subscriptions; tests have one that does as they say. */
export type OpenLive = (parts: LiveParts) => Live;

const defaultHost = '127.0.0.1';
const defaultWatchMs = 1_000;

/**
 * Starts a gateway for any Federation 2 supergraph: GraphQL at `/graphql`, `/health`, `/ready`, the REST routes of
 * the folder given with their description at `/openapi.json`, and the pages of the site given. When the promise
 * resolves it answers.
 * @throws Error with one line for whoever started it: the host is not loopback and nobody is authenticated
 * (`code: 'NOT_LOOPBACK'`), the port is taken (`code: 'EADDRINUSE'`), a secret or key is missing or unfit, the
 * supergraph file is missing or broken, a REST route does not fit it.
 */
export async function startGateway(
  options: GatewayOptions,
  openLive: OpenLive = openHub,
): Promise<RunningGateway> {
  const host = options.host ?? defaultHost;
  checkHost(host, options);
  const timeouts = timeoutsWithDefaults(options.timeouts);
  const limits = limitsWithDefaults(options.limits);
  const edge = edgeWithDefaults(options.edge, options.redis);
  const forwardHeaders = readHeaderNames(options.forwardHeaders ?? []);
  const sharing = holdCredentials(forwardHeaders)
    ? sharingWithDefaults({ enabled: false })
    : sharingWithDefaults(options.sharing);
  const log = options.logger;
  const watchMs = options.watchMs ?? defaultWatchMs;
  const identity = await openIdentity(options);
  const keys = await openSigningKeys(options, watchMs, log);
  const closeIdentity = async () => {
    keys?.close();
    await identity.close();
  };
  const generations = await openGenerations({
    supergraph: options.supergraph,
    subgraphUrls: options.subgraphUrls ?? {},
    subscriptionUrls: options.subscriptionUrls ?? {},
    routes: options.routes,
    access: options.access,
    pagePaths: options.site?.pages.flatMap(pathsOf) ?? [],
    plans: options.plans,
    persistence: openPersistence(options.persistedOnly === true, limits),
    watchMs,
    timeouts,
    limits,
    sharing,
    joining: joiningWithDefaults(options.joining),
    log,
  }).catch(async (error: unknown) => {
    await closeIdentity();
    throw error;
  });
  const lifetime: Lifetime = { isDraining: false, inFlight: 0, onIdle: undefined };
  const { current: generation, failedReload } = generations;
  const signViewer = keys && viewerSigner(keys);
  const { bus, subscriptionUrls, upstreams } = options;
  let live: Live;
  try {
    const given = { options: options.live, subscriptionUrls, upstreams };
    live = openLive({ bus, generations, signViewer, log, ...given });
  } catch (error) {
    await generations.close(0);
    await closeIdentity();
    throw error;
  }
  const sessions = openSessions(identity.authenticate, {
    warningMs: edge.lasting.tokenWarningMs,
    checkMs: edge.lasting.tokenCheckMs,
  });
  const liveConnections = trackConnections();
  const closeLive = async () => {
    sessions.close();
    await live.close();
  };
  const { usage: sink, usageLimits } = options;
  const usage = sink && startUsageRecorder({ sink, log, ...(usageLimits && { limits: usageLimits }) });
  const serving = {
    live,
    sessions,
    liveConnections,
    log,
    timeouts,
    forwardHeaders,
    lifetime,
    generation,
    failedReload,
    authenticate: identity.authenticate,
    signViewer,
    bus,
    recordUsage: usage?.record,
    usage: sink,
    publicKeys: keys?.publicKeys,
    metrics: options.metrics,
    passes: keys && openPagePasses(keys, edge.browser),
  };
  const isLocalOnly = options.authentication === undefined;
  const server = await createServer(serving, edge, {
    bodyLimit: limits.bodyBytes,
    isLocalOnly,
    site: options.site,
  });
  try {
    await listen(server, host, options.port);
  } catch (error) {
    await server.close();
    await closeLive();
    await usage?.close();
    await generations.close(0);
    await closeIdentity();
    throw error;
  }
  const { port } = server.server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const { id, targets, plans } = generation();
  log.info({ url, supergraph: id, subgraphs: [...targets.keys()], plans: plans.size }, 'gateway ready');

  let closing: Promise<void> | undefined;
  const end = async () => {
    generations.stop();
    const answered = drain(lifetime, timeouts.closeMs);
    await liveConnections.drain(edge.lasting.drainMs);
    await answered;
    await server.close();
    await closeLive();
    await usage?.close();
    await generations.close(1_000);
    await closeIdentity();
    log.info({ url }, 'gateway closed');
  };
  return {
    url,
    port,
    reload: () => {
      void keys?.reload();
      return generations.reload();
    },
    live: () => ({
      ...live.numbers(),
      connections: liveConnections.numbers(),
      watchedSessions: sessions.watched(),
    }),
    close: () => {
      closing ??= end();
      return closing;
    },
  };
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
