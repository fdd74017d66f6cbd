import type { Logger } from 'pino';
import type { Bus } from '#events/bus/port.ts';
import { isLoopback } from './edge/loopback.ts';
import type { GivenEdgeOptions } from './edge/options.ts';
import type { AuthenticationOptions } from './identity/settings.ts';
import type { SigningKeys } from './identity/signing-keys.ts';
import {
  checkOperationLimits,
  checkWhole,
  defaultOperationLimits,
  type OperationLimits,
} from './limits/operation-limits.ts';
import type { LiveOptions } from './subscriptions/options.ts';
import type { UpstreamOptions } from './subscriptions/upstream-options.ts';
import type { Metrics } from './transports/metrics.ts';
import type { Site } from './transports/site.ts';
import type { UsageLimits } from './usage/options.ts';
import type { UsageSink } from './usage/types.ts';

/** Deadlines in milliseconds. */
export interface GatewayTimeouts {
  /** From the first byte of a client's request to its answer. Default 30,000. */
  readonly requestMs: number;
  /** One fetch of a subgraph. Default 10,000. */
  readonly subgraphMs: number;
  /** Other deadlines for fetches of single subgraphs, by name. */
  readonly bySubgraph: Readonly<Record<string, number>>;
  /** How long `close` waits for requests in flight. Default 10,000. */
  readonly closeMs: number;
  /** Planning one operation; one that takes longer is refused. Default 5,000. */
  readonly planMs: number;
  /** Planning workers that had nothing to do for so long are ended; the next miss starts one. Default 60,000. */
  readonly plannerIdleMs: number;
}

/** Sizes of requests, answers, queues and caches; those of single operations are `OperationLimits`. */
export interface GatewayLimits extends OperationLimits {
  /** Bytes of a client's request body. Default 1 MB. */
  readonly bodyBytes: number;
  /** Bytes of one subgraph answer. Default 10 MB. */
  readonly answerBytes: number;
  /** Connections to one subgraph. Default 64. */
  readonly connections: number;
  /** Fetches that may wait for a connection of one subgraph. Default 1,000. */
  readonly waitingFetches: number;
  /** Documents kept parsed and validated. Default 2,000. */
  readonly documents: number;
  /** Characters of all of their texts together. Default 1,000,000. */
  readonly documentCharacters: number;
  /** Compiled plans kept. Default 2,000. */
  readonly plans: number;
  /** Characters of the operations that they were made from. Default 1,000,000. */
  readonly planCharacters: number;
  /** Documents kept for clients that send only their hash; `false` keeps none. Default 1,000. */
  readonly persistedQueries: number | false;
  /** Characters of all of their texts together. Default 1,000,000. */
  readonly persistedQueryCharacters: number;
  /** Operations that may wait to be planned. Default 1,000. */
  readonly waitingPlans: number;
  /** Paths that the planner may hold open for one field before it refuses the operation. Default 10,000. */
  readonly plannerPaths: number;
  /** Megabytes of one planning worker's heap. Default 1,024. */
  readonly plannerMemoryMb: number;
  /** Plans that a new generation makes for the operations asked for most in the previous one. Default 200. */
  readonly warmedPlans: number;
}

/** How fetches are shared between client requests. */
export interface GatewaySharing {
  /** False has each request ask for itself. Default true. */
  readonly enabled: boolean;
  /** Another choice for single subgraphs, by name. */
  readonly bySubgraph: Readonly<Record<string, boolean>>;
  /** Fetches of one shape under way before others queue. Default 4. */
  readonly inFlight: number;
  /** Milliseconds that a fetch queues at most. Default 5. */
  readonly queueMs: number;
  /** Representations in one shared fetch. Default 1,000. */
  readonly representations: number;
  /** Requests for the same root fields with other variables in one shared fetch; 1 for none. Default 16. */
  readonly rootRequests: number;
  /** Characters of the representations, or of the variables, in one shared fetch. Default 250,000. */
  readonly characters: number;
  /**
   * True has only requests of one viewer share: of the same kind, id, roles and scopes. False has those share whose
   * viewers are of one tenant and whose rights come to the same for all that their operations require, which is safe
   * where subgraphs leave rights to the gateway. Default `auto`: false where the supergraph has `@authenticated`,
   * `@requiresScopes` or `@policy`, true where it requires nothing, so that a subgraph may decide by itself.
   */
  readonly byViewer: boolean | 'auto';
  /** Subgraphs that look at the viewer themselves: their fetches are shared by viewer in any case. Default none. */
  readonly viewerSensitive: readonly string[];
}

/**
 * How entity fetches of one client request that may be made at the same time, of the same subgraph, are joined into one
 * HTTP request. That costs the gateway and the subgraph less, but the request is as slow as the slowest of its parts,
 * and what only needs a faster part waits for it. Switch it off for a subgraph that resolves some entities in
 * milliseconds and others in seconds, or that cannot answer several `_entities` fields in one operation: it would be
 * asked twice each time.
 */
export interface GatewayJoining {
  /** False has each fetch go out alone. Default true. */
  readonly enabled: boolean;
  /** Another choice for single subgraphs, by name. */
  readonly bySubgraph: Readonly<Record<string, boolean>>;
}

/** What `startGateway` takes. */
export interface GatewayOptions {
  /** Path of a Federation 2 supergraph file. */
  readonly supergraph: string;
  /** Default 127.0.0.1. Without `authentication` only loopback is served. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly logger: Logger;
  /**
   * Folder of operations (`Name.graphql`), planned before the gateway is ready, and of the REST routes beside some of
   * them (`Name.rest.yaml`). Default: none.
   */
  readonly routes?: string;
  /**
   * YAML file of roles with their scopes and of policies, see `rights/access-file.ts`. It is looked at like the
   * supergraph file. Default: none, and then only whoever uses this machine has more than the scopes of their token.
   */
  readonly access?: string;
  /** A plan file, as `writePlans` writes it: what it holds has not to be planned. Default: none. */
  readonly plans?: string;
  /** How often the supergraph file is looked at, to reload it when it changes. Default 1,000; 0 for never. */
  readonly watchMs?: number;
  /** Subgraph name → URL, in place of the supergraph's own routing URLs. */
  readonly subgraphUrls?: Readonly<Record<string, string>>;
  /**
   * Subgraph name → WebSocket URL, where a subgraph's own subscriptions are served elsewhere than its queries. Default:
   * its URL with `ws:` or `wss:`.
   */
  readonly subscriptionUrls?: Readonly<Record<string, string>>;
  /** How subgraphs are asked for their own subscriptions. */
  readonly upstreams?: Partial<UpstreamOptions>;
  /**
   * True answers only the documents of the folder of operations, by hash or as text, and refuses any other with
   * `PERSISTED_ONLY`, introspection too. What its REST routes ask is always answered. Default false.
   */
  readonly persistedOnly?: boolean;
  readonly timeouts?: Partial<GatewayTimeouts>;
  readonly limits?: Partial<GatewayLimits>;
  readonly sharing?: Partial<GatewaySharing>;
  readonly joining?: Partial<GatewayJoining>;
  /**
   * Names of client headers that every subgraph gets too. Default: none. `x-request-id` and `traceparent` are always
   * sent. Requests share a fetch only where all of these are equal; with `authorization`, `cookie` or
   * `proxy-authorization` among them nothing is shared.
   */
  readonly forwardHeaders?: readonly string[];
  /** What people see at the gateway's address. Default: nothing. */
  readonly site?: Site;
  /** Numbers of this process for whoever watches it, at `/metrics`. Default: nothing is there. */
  readonly metrics?: Metrics;
  /** Where it is kept which operations clients send. Default: nowhere, and nothing is counted. */
  readonly usage?: UsageSink;
  readonly usageLimits?: Partial<UsageLimits>;
  /** Where events lie, which subscriptions and the queries of the graph of events read. Default: there are none. */
  readonly bus?: Bus;
  /** Bounds of live queries. */
  readonly live?: Partial<LiveOptions>;
  /** What stands between the network and the transports: browsers, rates, connections, compression. */
  readonly edge?: GivenEdgeOptions;
  /** `redis://…`: gateways with the same one count requests together. Default: each counts for itself. */
  readonly redis?: string | undefined;
  /** Who may ask, and how that is proved. Default: everybody on this machine is the local viewer. */
  readonly authentication?: AuthenticationOptions;
  /**
   * Path of a secret. Without `authentication`, tokens for trying that are signed with it are accepted, and whoever
   * sends none stays the local viewer. Default: none, and the `authorization` header is not looked at.
   */
  readonly trialSecret?: string;
  /**
   * What the viewer is vouched for with in every fetch: path of a key file as `tributary keys new` makes it, or keys.
   * Default: with `authentication` a key of this process alone; without, subgraphs are not told who asks.
   */
  readonly internalKeys?: string | SigningKeys;
}

export function timeoutsWithDefaults(given: Partial<GatewayTimeouts> = {}): GatewayTimeouts {
  return {
    requestMs: 30_000,
    subgraphMs: 10_000,
    bySubgraph: {},
    closeMs: 10_000,
    planMs: 5_000,
    plannerIdleMs: 60_000,
    ...given,
  };
}

export function limitsWithDefaults(given: Partial<GatewayLimits> = {}): GatewayLimits {
  const limits = {
    ...defaultOperationLimits,
    bodyBytes: 1_048_576,
    answerBytes: 10_485_760,
    connections: 64,
    waitingFetches: 1_000,
    documents: 2_000,
    documentCharacters: 1_000_000,
    plans: 2_000,
    planCharacters: 1_000_000,
    persistedQueries: 1_000,
    persistedQueryCharacters: 1_000_000,
    waitingPlans: 1_000,
    plannerPaths: 10_000,
    plannerMemoryMb: 1_024,
    warmedPlans: 200,
    ...given,
  };
  checkOperationLimits(limits);
  checkPersistedLimits(limits);
  return limits;
}

function checkPersistedLimits({ persistedQueries, persistedQueryCharacters }: GatewayLimits): void {
  const most = Number.MAX_SAFE_INTEGER;
  if (persistedQueries !== false) {
    checkWhole('limits.persistedQueries', persistedQueries, 1, most, ', or false to keep none');
  }
  checkWhole('limits.persistedQueryCharacters', persistedQueryCharacters, 1, most);
}

/** @throws Error naming the bound that is none. */
export function sharingWithDefaults(given: Partial<GatewaySharing> = {}): GatewaySharing {
  const sharing = {
    enabled: true,
    bySubgraph: {},
    inFlight: 4,
    queueMs: 5,
    representations: 1_000,
    rootRequests: 16,
    characters: 250_000,
    byViewer: 'auto' as const,
    viewerSensitive: [],
    ...given,
  };
  const least = { inFlight: 1, queueMs: 0, representations: 1, rootRequests: 1, characters: 1 };
  for (const [name, minimum] of Object.entries(least)) {
    const value = sharing[name as keyof typeof least];
    if (!Number.isInteger(value) || value < minimum) {
      throw new Error(`sharing.${name} is ${value}: set it to a whole number from ${minimum} on.`);
    }
  }
  return sharing;
}

export function joiningWithDefaults(given: Partial<GatewayJoining> = {}): GatewayJoining {
  return { enabled: true, bySubgraph: {}, ...given };
}

/**
 * Refuses to serve anybody but this machine while nobody is authenticated: whoever reached the port would read
 * everything.
 * @throws Error with code `NOT_LOOPBACK`.
 */
export function checkHost(host: string, { authentication }: Pick<GatewayOptions, 'authentication'>): void {
  if (authentication === undefined && !isLoopback(host)) {
    const message = `The gateway cannot be bound to "${host}" without authentication, since whoever reaches it would read everything. Set "authentication" in the file given with --settings, or use 127.0.0.1, ::1 or localhost.`;
    throw Object.assign(new Error(message), { code: 'NOT_LOOPBACK' });
  }
}
