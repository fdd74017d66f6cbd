import { BlockList, isIP } from 'node:net';
import { checkWhole } from '#gateway/limits/operation-limits.ts';

/** What web pages of other origins may do. */
export interface BrowserOptions {
  /**
   * Origins (`https://crm.example.com`) whose pages may call the gateway and open its live connections. Default:
   * none; pages that the gateway serves itself always may.
   */
  readonly origins: readonly string[];
  /**
   * Whose pages may show an embeddable page of the gateway in a frame: origins such as `https://crm.example`, also
   * `https://*.crm.example`, or `'self'`. Default: `'self'` alone; an empty list allows nobody.
   */
  readonly frameAncestors: readonly string[];
  /** Seconds in which a page has to be opened with a pass, or read again with the one it got. Default 300. */
  readonly passSeconds: number;
  /** Seconds that a page can be read again for, from the pass that it was opened with. Default 28,800: a working day. */
  readonly passSessionSeconds: number;
}

/** Requests within a window. The window of a caller begins with its first request. */
export interface RateOptions {
  /** Milliseconds. Default 60,000. */
  readonly windowMs: number;
  /** Of one viewer. Default 6,000; `false` for no limit, here and below. */
  readonly viewer: number | false;
  /** Of one machine's token. Default 60,000. */
  readonly machine: number | false;
  /** From one address (an IPv6 address counts by its /64), whoever asks. Default 60,000. Loopback is not counted. */
  readonly address: number | false;
  /** Callers that are counted at once in this process; the longest unseen is forgotten first. Default 10,000. */
  readonly callers: number;
}

/** Bounds of connections. Deadlines in milliseconds. */
export interface ConnectionOptions {
  /** For all headers of a request to arrive. Default 10,000. */
  readonly headersMs: number;
  /** For the whole request to arrive. Default 30,000. */
  readonly receiveMs: number;
  /** How long an idle connection is kept. Default 65,000: longer than the idle time of usual load balancers. */
  readonly keepAliveMs: number;
  /** Requests over one connection before it is closed. Default 10,000. */
  readonly requests: number;
  /** Connections at once. Default 10,000. */
  readonly connections: number;
  /** Bytes of a request's headers. Default 16,384. */
  readonly headerBytes: number;
}

/** Bounds of WebSockets. Deadlines in milliseconds. */
export interface WebSocketOptions {
  /** From the opening of a connection to its `connection_init`. Default 3,000. */
  readonly initMs: number;
  /** Between two pings; a connection that has not answered one by the next is ended. Default 30,000. */
  readonly pingMs: number;
  /** Operations under way on one connection. Default 100. */
  readonly operations: number;
  /** Bytes that wait for a client to read them; one that has more is ended. Default 4 MB. */
  readonly waitingBytes: number;
}

/** Of connections that stay open for subscriptions, whatever their transport. Milliseconds. */
export interface LastingOptions {
  /** On shutdown connections are closed spread over so long. Default 5,000. */
  readonly drainMs: number;
  /** How long before its token runs out a client is told. Default 30,000. */
  readonly tokenWarningMs: number;
  /** Between two verifications of the token of an open connection. Default 60,000. */
  readonly tokenCheckMs: number;
}

/** Of event streams (SSE). */
export interface SseOptions {
  /**
   * Milliseconds between two comments, which keep proxies from ending a quiet stream. A client whose connection takes
   * nothing for four of them is given up. Default 15,000.
   */
  readonly heartbeatMs: number;
}

/** Of long polls. */
export interface PollOptions {
  /** Milliseconds that a poll may wait. Default 25,000: shorter than the time-outs of usual proxies. */
  readonly waitMs: number;
  /** Results in one answer. Default 100. */
  readonly results: number;
  /** Bytes of results from which on an answer takes no more. Default 1 MB. */
  readonly bytes: number;
}

/** What stands between the network and the transports. */
export interface EdgeOptions {
  readonly browser: BrowserOptions;
  readonly rates: RateOptions;
  readonly connection: ConnectionOptions;
  readonly webSocket: WebSocketOptions;
  readonly lasting: LastingOptions;
  readonly sse: SseOptions;
  readonly poll: PollOptions;
  /** Answers from so many bytes on are compressed for clients that take it; `false` for none. Default 1,024. */
  readonly compressFromBytes: number | false;
  /**
   * Addresses and CIDR blocks of proxies whose `x-forwarded-for` is believed. Default: none, so that nobody can
   * choose the address that is counted.
   */
  readonly trustProxy: readonly string[];
  /** `redis://…`: gateways with the same one count callers together. Default: each counts for itself. */
  readonly redis: string | undefined;
}

/** As given by whoever starts a gateway: what is left out has its default. */
export interface GivenEdgeOptions {
  readonly browser?: Partial<BrowserOptions>;
  readonly rates?: Partial<RateOptions>;
  readonly connection?: Partial<ConnectionOptions>;
  readonly webSocket?: Partial<WebSocketOptions>;
  readonly lasting?: Partial<LastingOptions>;
  readonly sse?: Partial<SseOptions>;
  readonly poll?: Partial<PollOptions>;
  readonly compressFromBytes?: number | false;
  readonly trustProxy?: readonly string[];
}

/** @throws Error naming the value that is none and what is allowed. */
export function edgeWithDefaults(given: GivenEdgeOptions = {}, redis?: string): EdgeOptions {
  const edge: EdgeOptions = {
    browser: {
      origins: [],
      frameAncestors: ["'self'"],
      passSeconds: 300,
      passSessionSeconds: 28_800,
      ...given.browser,
    },
    rates: {
      windowMs: 60_000,
      viewer: 6_000,
      machine: 60_000,
      address: 60_000,
      callers: 10_000,
      ...given.rates,
    },
    connection: {
      headersMs: 10_000,
      receiveMs: 30_000,
      keepAliveMs: 65_000,
      requests: 10_000,
      connections: 10_000,
      headerBytes: 16_384,
      ...given.connection,
    },
    webSocket: {
      initMs: 3_000,
      pingMs: 30_000,
      operations: 100,
      waitingBytes: 4_194_304,
      ...given.webSocket,
    },
    lasting: { drainMs: 5_000, tokenWarningMs: 30_000, tokenCheckMs: 60_000, ...given.lasting },
    sse: { heartbeatMs: 15_000, ...given.sse },
    poll: { waitMs: 25_000, results: 100, bytes: 1_048_576, ...given.poll },
    compressFromBytes: given.compressFromBytes ?? 1_024,
    trustProxy: given.trustProxy ?? [],
    redis,
  };
  checkEdge(edge);
  return edge;
}

const most = 2_147_483_647;
/** Thirty days: whoever holds a pass has the rights of its viewer at the time, whatever became of them. */
const mostPassSeconds = 2_592_000;

function checkEdge(edge: EdgeOptions): void {
  const { browser, rates, connection, compressFromBytes, trustProxy, redis } = edge;
  for (const origin of browser.origins) checkOrigin(origin);
  for (const ancestor of browser.frameAncestors) checkAncestor(ancestor);
  checkWhole('browser.passSeconds', browser.passSeconds, 1, mostPassSeconds);
  checkWhole('browser.passSessionSeconds', browser.passSessionSeconds, 1, mostPassSeconds);
  checkWhole('rates.windowMs', rates.windowMs, 1_000, most);
  checkWhole('rates.callers', rates.callers, 1, most);
  for (const caller of ['viewer', 'machine', 'address'] as const) {
    const rate = rates[caller];
    if (rate !== false) checkWhole(`rates.${caller}`, rate, 1, most, ', or false for no limit');
  }
  for (const group of ['connection', 'webSocket', 'lasting', 'sse', 'poll'] as const) {
    for (const [name, value] of Object.entries(edge[group])) {
      checkWhole(`${group}.${name}`, value, group === 'lasting' ? 0 : 1, most);
    }
  }
  if (connection.headersMs > connection.receiveMs) {
    throw new Error(
      `connection.headersMs is ${connection.headersMs}, longer than connection.receiveMs of ${connection.receiveMs}: headers are part of what is received.`,
    );
  }
  if (compressFromBytes !== false) {
    checkWhole('compressFromBytes', compressFromBytes, 0, most, ', or false for no compression');
  }
  for (const address of trustProxy) checkProxy(address);
  if (redis !== undefined && !/^rediss?:$/.test(protocolOf(redis))) {
    throw new Error('redis is no Redis URL: write it as redis://host:port, or rediss:// for TLS.');
  }
}

const ancestorShape = /^('self'|https?:\/\/(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:(\d{1,5}|\*))?)$/i;

function checkAncestor(ancestor: string): void {
  if (!ancestorShape.test(ancestor)) {
    throw new Error(
      `browser.frameAncestors has "${ancestor}": name origins as https://crm.example or https://*.crm.example, without a path, or 'self'.`,
    );
  }
}

function checkOrigin(origin: string): void {
  const isOrigin = /^https?:$/.test(protocolOf(origin)) && new URL(origin).origin === origin;
  if (!isOrigin) {
    throw new Error(
      `browser.origins has "${origin}", which is no origin: write scheme, host and port alone, such as "https://crm.example.com".`,
    );
  }
}

function checkProxy(address: string): void {
  const [ip = '', bits, ...rest] = address.split('/');
  const family = isIP(ip);
  try {
    if (family === 0 || rest.length > 0) throw new RangeError();
    const name = family === 6 ? 'ipv6' : 'ipv4';
    new BlockList().addSubnet(ip, bits === undefined ? (family === 6 ? 128 : 32) : Number(bits), name);
  } catch {
    throw new Error(
      `trustProxy has "${address}", which is no address: write an IP address or a block such as "10.0.0.0/8".`,
    );
  }
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}
