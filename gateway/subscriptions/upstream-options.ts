import { checkWhole } from '#gateway/limits/operation-limits.ts';

/** How the gateway keeps in touch with subgraphs that have subscriptions of their own. Times in milliseconds. */
export interface UpstreamOptions {
  /** From opening a connection to its acknowledgement. Default 10,000. */
  readonly connectMs: number;
  /** Between two pings of a connection. Default 15,000. */
  readonly pingMs: number;
  /** Until a ping is answered; a connection that is silent for longer is given up. Default 10,000. */
  readonly pongMs: number;
  /** Before the first new attempt; each further one waits twice as long. Default 250. */
  readonly retryMs: number;
  /** Longest wait between two attempts. Default 30,000. */
  readonly longestRetryMs: number;
  /** Connections to all subgraphs together. Default 1,000. */
  readonly connections: number;
}

const most = 2_147_483_647;

/** @throws Error naming the value that is none and what is allowed. */
export function upstreamsWithDefaults(given: Partial<UpstreamOptions> = {}): UpstreamOptions {
  const options = {
    connectMs: 10_000,
    pingMs: 15_000,
    pongMs: 10_000,
    retryMs: 250,
    longestRetryMs: 30_000,
    connections: 1_000,
    ...given,
  };
  for (const [name, value] of Object.entries(options)) checkWhole(`upstreams.${name}`, value, 1, most);
  if (options.retryMs > options.longestRetryMs) {
    throw new Error(
      `upstreams.retryMs is ${options.retryMs}, longer than upstreams.longestRetryMs of ${options.longestRetryMs}: make it shorter.`,
    );
  }
  return options;
}

/**
 * Checks URLs that are given for subscriptions.
 * @throws Error naming the subgraph whose URL cannot be used.
 */
export function checkSubscriptionUrls(urls: Readonly<Record<string, string>>): void {
  for (const [subgraph, url] of Object.entries(urls)) {
    if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol)) {
      throw new Error(
        `The subscription URL of subgraph "${subgraph}" is "${url}", which is no WebSocket URL: write it as ws://host:port/path, or wss:// for TLS.`,
      );
    }
  }
}
