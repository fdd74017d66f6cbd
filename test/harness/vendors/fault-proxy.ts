import { once } from 'node:events';
import {
  type ClientRequest,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Fault, isFor, isNth, type Match, type Refusal } from './faults.ts';

/** A request as it came: raw headers are name, value, name, value, as they were written. */
export interface ProxiedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** In ms since 1970, on a clock that nothing sets back. */
  readonly at: number;
  readonly fault: Fault['kind'] | undefined;
}

export interface FaultProxy {
  readonly url: string;
  readonly requests: readonly ProxiedRequest[];
  /** Adds a fault; of several that match, the first added counts. The function takes it away again. */
  readonly fault: (match: Match, fault: Fault) => () => void;
  /** Takes all faults away. Answers that are held back stay so until their client goes. */
  readonly heal: () => void;
  readonly clock: VendorClock;
  /** The most requests that came within any window of this length, counted from each of them. */
  readonly busiest: (windowMs: number, match?: Match) => number;
  readonly close: () => Promise<void>;
}

/** The vendor's time in ms: the Date header of every answer, and what a double or a signature takes as its clock. */
export interface VendorClock {
  readonly now: () => number;
  /** Sets it apart from ours. */
  readonly skew: (ms: number) => void;
}

/** Given to a double and to the proxy before it, so that both live in one time. */
export function vendorClock(): VendorClock {
  let skewMs = 0;
  return {
    now: () => Date.now() + skewMs,
    skew: (ms) => {
      skewMs = ms;
    },
  };
}

interface Rule {
  readonly match: Match;
  readonly fault: Fault;
  count: number;
  /** Of an expired token: the Authorization header that no longer counts, once it was seen. */
  expired?: string | undefined;
  spent?: boolean;
}

/** A proxy on loopback in front of `target`, an origin. Bodies and answers pass as bytes, headers as written. */
export async function startFaultProxy(target: string, clock = vendorClock()): Promise<FaultProxy> {
  const requests: ProxiedRequest[] = [];
  const upstreams = new Set<ClientRequest>();
  const timers = new Set<NodeJS.Timeout>();
  let rules: Rule[] = [];
  const at = () => performance.timeOrigin + performance.now();

  const server = createServer(async (incoming, outgoing) => {
    outgoing.sendDate = false;
    try {
      const body = await bytesOf(incoming);
      const { pathname, searchParams } = new URL(incoming.url ?? '/', target);
      const { rawHeaders, headers } = incoming;
      const seen = {
        method: incoming.method ?? 'GET',
        path: pathname,
        query: searchParams,
        rawHeaders,
        headers,
        body,
        at: at(),
      };
      const fault = faultFor(rules, seen);
      requests.push({ ...seen, fault: fault?.kind });
      await answer(fault, incoming, outgoing, body);
    } catch {
      outgoing.destroy();
    }
  });

  async function answer(
    fault: Fault | undefined,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    body: Buffer,
  ) {
    switch (fault?.kind) {
      case 'answer':
        return say(outgoing, fault);
      case 'expired token':
        return say(outgoing, fault.answer);
      case 'timeout':
        if (fault.forwarded) (await forward(incoming, body)).resume();
        return;
      case 'reset':
        if (fault.when === 'unsent') return reset(outgoing);
        break;
    }
    const upstream = await forward(incoming, body);
    const whole = await bytesOf(upstream);
    if (fault?.kind === 'held') await fault.until;
    if (fault?.kind === 'reset' && fault.when === 'unanswered') return reset(outgoing);
    const cut = fault?.kind === 'truncated' ? whole.subarray(0, fault.bytes) : whole;
    const length = fault?.kind === 'truncated' && fault.honest ? cut.length : whole.length;
    outgoing.writeHead(
      upstream.statusCode ?? 502,
      headersOf(upstream, whole.length > 0 ? length : undefined),
    );
    if (fault?.kind === 'reset')
      return writeThen(outgoing, whole.subarray(0, whole.length / 2), () => reset(outgoing));
    if (fault?.kind === 'truncated' && !fault.honest)
      return writeThen(outgoing, cut, () => outgoing.destroy());
    if (fault?.kind === 'slow') return trickle(outgoing, whole, fault);
    outgoing.end(cut);
  }

  async function forward(incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    const upstream = httpRequest(new URL(incoming.url ?? '/', target), {
      method: incoming.method,
      headers: incoming.rawHeaders,
      agent: false,
    });
    upstreams.add(upstream);
    upstream.once('close', () => upstreams.delete(upstream));
    upstream.end(body);
    const [response] = await once(upstream, 'response');
    return response;
  }

  function say(outgoing: ServerResponse, { status, headers, body = '' }: Refusal): void {
    outgoing.writeHead(status, { date: date(), ...headers, 'content-length': Buffer.byteLength(body) });
    outgoing.end(body);
  }

  /** The target's own headers, but for the length of a body that was read, and the vendor's time. */
  function headersOf(upstream: IncomingMessage, length: number | undefined): string[] {
    const replaced = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']);
    const kept: string[] = [];
    for (let i = 0; i < upstream.rawHeaders.length; i += 2) {
      const [name = '', value = ''] = upstream.rawHeaders.slice(i, i + 2);
      if (!replaced.has(name.toLowerCase())) kept.push(name, value);
    }
    kept.push('Date', date());
    if (length !== undefined) kept.push('Content-Length', String(length));
    return kept;
  }

  const date = () => new Date(clock.now()).toUTCString();

  function trickle(
    outgoing: ServerResponse,
    whole: Buffer,
    { bytes, everyMs }: Extract<Fault, { kind: 'slow' }>,
  ) {
    let at = 0;
    const timer = setInterval(() => {
      outgoing.write(whole.subarray(at, at + bytes));
      at += bytes;
      if (at >= whole.length) outgoing.end();
    }, everyMs);
    timers.add(timer);
    outgoing.once('close', () => {
      clearInterval(timer);
      timers.delete(timer);
    });
    outgoing.flushHeaders();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    fault: (match, fault) => {
      const rule: Rule = { match, fault, count: 0 };
      rules.push(rule);
      return () => {
        rules = rules.filter((each) => each !== rule);
      };
    },
    heal: () => {
      rules = [];
    },
    clock,
    busiest: (windowMs, match = {}) => {
      const times = requests.filter((request) => isFor(match, request)).map(({ at }) => at);
      return Math.max(
        0,
        ...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length),
      );
    },
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      for (const upstream of upstreams) upstream.destroy();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Every rule that matches counts the request, also where an earlier one decides. */
function faultFor(rules: readonly Rule[], request: Omit<ProxiedRequest, 'fault'>): Fault | undefined {
  const matching = rules.filter(({ match }) => isFor(match, request));
  for (const rule of matching) rule.count += 1;
  return matching.find(
    (rule) => isNth(rule.match, rule.count) && stillHolds(rule, request.headers.authorization),
  )?.fault;
}

function stillHolds(rule: Rule, authorization: string | undefined): boolean {
  if (rule.fault.kind !== 'expired token') return true;
  if (rule.fault.until === 'once') {
    const first = rule.spent !== true;
    rule.spent = true;
    return first;
  }
  rule.expired ??= authorization ?? '';
  return rule.expired === (authorization ?? '');
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const reset = (outgoing: ServerResponse) => (outgoing.socket as Socket | null)?.resetAndDestroy();

/** The bytes are with the system before the connection ends, so that a client sees them. */
function writeThen(outgoing: ServerResponse, bytes: Buffer, end: () => void): void {
  outgoing.write(bytes, () => setImmediate(end));
}
