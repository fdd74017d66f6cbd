import { type IncomingHttpHeaders, validateHeaderName } from 'node:http';
import { viewerHeader } from '#gateway/identity/internal-token.ts';

/** Headers that the gateway writes itself, and those that belong to one connection. */
const own = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-version',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
  viewerHeader,
]);

const credentials = new Set(['authorization', 'cookie', 'proxy-authorization']);

/**
 * The names of client headers to forward, in lower case, each once.
 * @throws Error naming the one that cannot be forwarded.
 */
export function readHeaderNames(names: readonly string[]): readonly string[] {
  return [...new Set(names.map(readHeaderName))];
}

function readHeaderName(name: string): string {
  try {
    validateHeaderName(name);
  } catch (error) {
    throw new Error(`"${name}" cannot be forwarded: it is no name of an HTTP header. Correct it.`, {
      cause: error,
    });
  }
  const lower = name.toLowerCase();
  if (own.has(lower)) {
    throw new Error(`Header "${name}" cannot be forwarded: the gateway writes it itself. Leave it out.`);
  }
  return lower;
}

/** Whether one of the headers is a client's own credential, which no answer may be shared over. */
export function holdCredentials(names: readonly string[]): boolean {
  return names.some((name) => credentials.has(name));
}

/** The named headers that a client sent: names and values in turn, in the order of the names. */
export function forwardedFrom(headers: IncomingHttpHeaders, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [name, Array.isArray(value) ? value.join(', ') : value];
  });
}

/**
 * The same for a connection that lasts, whose client may say elsewhere who it is, and again when its token has run out.
 * Undefined where nothing is forwarded.
 * @param authorization as the client gave it last
 */
export function forwardedNow(
  headers: IncomingHttpHeaders,
  names: readonly string[],
  authorization: () => string | undefined,
): Forwarded | undefined {
  if (names.length === 0) return undefined;
  const held = Object.fromEntries(names.map((name) => [name, headers[name]]));
  return names.includes('authorization')
    ? () => forwardedFrom({ ...held, authorization: authorization() }, names)
    : always(forwardedFrom(held, names));
}

/** Headers of a client that subgraphs get too, as they are now: names and values in turn. */
export type Forwarded = () => readonly string[];

function always(forwarded: readonly string[]): Forwarded {
  return () => forwarded;
}
