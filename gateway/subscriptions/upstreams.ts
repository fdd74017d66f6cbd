import { randomUUID } from 'node:crypto';
import type { SubscribePayload } from 'graphql-ws';
import type { Logger } from 'pino';
import type { SubgraphTarget } from '#gateway/fetching/targets.ts';
import type { SignViewer, TokenViewer } from '#gateway/identity/internal-token.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { UpstreamLimitExceeded } from '#gateway/pipeline/upstream-errors.ts';
import { rightsKey, viewerKey } from '#gateway/pipeline/visibility.ts';
import type { SubgraphRequest } from '#gateway/plan/types.ts';
import { type Connection, keepConnection, type UpstreamListener } from './upstream-connection.ts';
import { checkSubscriptionUrls, type UpstreamOptions, upstreamsWithDefaults } from './upstream-options.ts';

/** What a subgraph is asked for, and on whose behalf. */
export interface UpstreamQuestion {
  readonly target: SubgraphTarget;
  /** `primary` of a compiled plan. */
  readonly request: SubgraphRequest;
  readonly viewer: Viewer;
  /** Headers of the client for the subgraph: names and values in turn. */
  readonly forwarded: readonly string[];
}

/** Subscriptions that subgraphs serve themselves. */
export interface Upstreams {
  /**
   * Listens to a subgraph's events: together with others where the same is asked and `upstreamKey` allows it. Gives
   * what leaves again; with the last listener the operation ends, with the last operation the connection.
   * @throws GatewayError `UPSTREAM_LIMIT_EXCEEDED` where it would be one connection too many.
   */
  readonly subscribe: (question: UpstreamQuestion, listener: UpstreamListener) => () => void;
  readonly numbers: () => { readonly connections: number; readonly operations: number };
  /** Ends every connection without a word to whoever listens. */
  readonly close: () => void;
}

export interface UpstreamParts {
  readonly log: Logger;
  /** Vouches for viewers; undefined where subgraphs are not told who asks. */
  readonly signViewer: SignViewer | undefined;
  /** By subgraph, where it is not the target's URL. */
  readonly urls?: Readonly<Record<string, string>> | undefined;
  readonly options?: Partial<UpstreamOptions> | undefined;
}

/**
 * Equal for two viewers who may share a subgraph's events, and undefined where nobody shares. It is stricter than what
 * fetches are shared under: a connection outlasts whoever opened it, and what the subgraph is told of the viewer cannot
 * be changed on it. So all who share have the same roles and scopes.
 */
export function upstreamKey({ limits }: SubgraphTarget, viewer: Viewer): string | undefined {
  if (limits.sharing === undefined) {
    return undefined;
  }
  return limits.sharing.byViewer ? viewerKey(viewer) : rightsKey(viewer);
}

/** Equal for two who may be on one connection to a subgraph. */
export function connectionKey(target: SubgraphTarget, viewer: Viewer, forwarded: readonly string[]): string {
  return [upstreamKey(target, viewer) ?? viewerKey(viewer), ...forwarded].join('\n');
}

/**
 * Prepares connections to subgraphs; none is opened before somebody listens.
 * @throws Error naming the URL or option that cannot be used.
 */
export function openUpstreams({ log, signViewer, urls = {}, options: given }: UpstreamParts): Upstreams {
  const options = upstreamsWithDefaults(given);
  checkSubscriptionUrls(urls);
  const connections = new Map<string, Connection>();
  let unshared = 0;

  const connect = (key: string, { target, viewer, forwarded }: UpstreamQuestion): Connection => {
    if (connections.size >= options.connections) {
      throw UpstreamLimitExceeded(options.connections);
    }
    const url = urls[target.name] ?? webSocketUrl(target);
    const asked = askedFor(target, viewer);
    const connection = keepConnection({
      subgraph: target.name,
      url,
      log,
      attemptSettings() {
        const requestId = randomUUID();
        return {
          url,
          options,
          mostMessageBytes: target.limits.maxAnswerBytes,
          requestId,
          token: signViewer?.(asked, target.name, requestId),
          forwarded,
        };
      },
      onUnused: () => connections.delete(key),
    });
    connections.set(key, connection);
    return connection;
  };

  return {
    subscribe(question, listener) {
      const { target, request, viewer, forwarded } = question;
      const key = JSON.stringify([target.name, target.url, connectionKey(target, viewer, forwarded)]);
      const connection = connections.get(key) ?? connect(key, question);
      const operationKey = upstreamKey(target, viewer) === undefined ? `${++unshared}` : request.body;
      return connection.join(operationKey, JSON.parse(request.body) as SubscribePayload, listener);
    },
    numbers() {
      let operations = 0;
      for (const connection of connections.values()) operations += connection.operations();
      return { connections: connections.size, operations };
    },
    close() {
      for (const connection of connections.values()) connection.end();
      connections.clear();
    },
  };
}

/** Who several people are to a subgraph that leaves rights to the gateway: nobody by name. */
function askedFor({ limits }: SubgraphTarget, viewer: Viewer): TokenViewer {
  return limits.sharing?.byViewer === false ? { ...viewer, id: null } : viewer;
}

function webSocketUrl({ url }: SubgraphTarget): string {
  const address = new URL(url);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  address.hash = '';
  return address.href;
}
