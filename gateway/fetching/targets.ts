import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { Pool } from 'undici';
import { createSharing, type Sharing, type SharingSettings } from './sharing.ts';

/** Bounds of what is asked of one subgraph at a time. */
export interface FetchLimits {
  /** Milliseconds from asking to the last byte. */
  readonly timeoutMs: number;
  /** Connections to one subgraph. */
  readonly connections: number;
  /** Fetches that may wait for a connection of one subgraph; more are refused as unavailable. */
  readonly maxWaiting: number;
  /** Bytes of one answer. */
  readonly maxAnswerBytes: number;
  /** Undefined where each request asks for itself. */
  readonly sharing: SharingSettings | undefined;
}

/** One subgraph as the gateway reaches it. */
export interface SubgraphTarget {
  readonly name: string;
  readonly url: string;
  /** Path and query of the URL. */
  readonly path: string;
  readonly pool: Pool;
  readonly limits: FetchLimits;
  readonly log: Logger;
  readonly sharing: Sharing | undefined;
  /** Fetches that undici holds, running or queued. */
  load: number;
  /** Supergraphs that this is a subgraph of: the next takes over what is as it was. */
  holders: number;
}

/** How long a connection may take to open. A fetch's own deadline is usually earlier. */
const connectTimeoutMs = 5_000;

/**
 * Opens a pool of kept-alive connections for each subgraph. Nothing is connected yet. A previous target that has the
 * same name, URL and limits is kept, with its connections.
 * @throws Error naming the subgraph when its URL cannot be used.
 */
export function openTargets(
  urls: ReadonlyMap<string, string>,
  limitsOf: (subgraph: string) => FetchLimits,
  log: Logger,
  previous: ReadonlyMap<string, SubgraphTarget> = new Map(),
): ReadonlyMap<string, SubgraphTarget> {
  const parsed = [...urls].map(([name, url]) => ({ name, url: parseUrl(name, url), limits: limitsOf(name) }));
  const targets = parsed.map(({ name, url, limits }) => {
    const kept = previous.get(name);
    const isSame = kept?.url === url.href && isDeepStrictEqual(kept.limits, limits);
    return isSame ? kept : openTarget(name, url, limits, log);
  });
  for (const target of targets) {
    target.holders += 1;
  }
  return new Map(targets.map((target) => [target.name, target]));
}

function openTarget(name: string, url: URL, limits: FetchLimits, log: Logger): SubgraphTarget {
  const pool = new Pool(url.origin, {
    connections: limits.connections,
    connect: { timeout: connectTimeoutMs },
    /* Each fetch has one deadline over all of it, so undici's own timers would only repeat it. */
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const sharing = limits.sharing && createSharing(limits.sharing);
  return {
    name,
    url: url.href,
    path: url.pathname + url.search,
    pool,
    limits,
    log,
    sharing,
    load: 0,
    holders: 0,
  };
}

function parseUrl(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Error(
      `Subgraph "${name}" has the routing URL "${text}", which is no http or https URL: give it one when the supergraph is composed, or override it.`,
    );
  }
  return url;
}

/**
 * Gives the targets of one supergraph up, and ends at once every connection that no other supergraph holds. Call it
 * when no request needs them any more.
 */
export async function closeTargets(targets: ReadonlyMap<string, SubgraphTarget>): Promise<void> {
  for (const target of targets.values()) {
    target.holders -= 1;
  }
  const unused = [...targets.values()].filter((target) => target.holders === 0);
  await Promise.all(unused.map((target) => target.pool.destroy()));
}
