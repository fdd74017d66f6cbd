import { defineError, GatewayError } from './errors.ts';

/* The HTTP request is no well-formed GraphQL request. */

export const BodyTooLarge = defineError(
  'BODY_TOO_LARGE',
  413,
  'http',
  (limit: number) => `The request body is larger than ${limit} bytes, the most that is read.`,
  { headers: { connection: 'close' } },
);
export const UnsupportedMediaType = defineError(
  'UNSUPPORTED_MEDIA_TYPE',
  415,
  'http',
  (given: string | undefined) =>
    `${given === undefined ? 'No Content-Type was sent' : `Content-Type "${given}" is not understood`}: send application/json in UTF-8.`,
);
export const NotAcceptable = defineError(
  'NOT_ACCEPTABLE',
  406,
  'http',
  (accept: string, offered: readonly string[]) =>
    `Accept "${accept}" names nothing that is offered here: ask for ${offered.join(' or ')}.`,
);
export const MethodNotAllowed = defineError(
  'METHOD_NOT_ALLOWED',
  405,
  'http',
  (method: string) => `Method ${method} is not served here: use POST, or GET for queries.`,
  { headers: { allow: 'GET, POST' } },
);
export const MutationOverGet = defineError(
  'MUTATION_OVER_GET',
  405,
  'http',
  () => 'A mutation was sent by GET, which is for queries only: send it by POST.',
  { headers: { allow: 'POST' } },
);
export const PreflightRequired = defineError(
  'PREFLIGHT_REQUIRED',
  400,
  'http',
  () =>
    'A GET that a web page of any origin could send is refused: add the header "x-tributary-preflight: 1" ' +
    '("apollo-require-preflight" does as well) or a Content-Type of application/json.',
);
export const OriginNotAllowed = defineError(
  'ORIGIN_NOT_ALLOWED',
  403,
  'http',
  (origin: string) =>
    `Pages of ${origin} may not open connections here: whoever runs this gateway can name it under edge.browser.origins.`,
);
export const TooManyOperations = defineError(
  'TOO_MANY_OPERATIONS',
  429,
  'http',
  (limit: number) =>
    `${limit} operations are under way on this connection, the most that one may have: end one first.`,
);
export const PollNeedsSubscription = defineError(
  'POLL_NEEDS_SUBSCRIPTION',
  400,
  'request',
  () => 'Only subscriptions are polled: send queries and mutations to /graphql.',
);
export const PollNeedsCursor = defineError(
  'POLL_NEEDS_CURSOR',
  400,
  'request',
  () =>
    'This subscription comes from a subgraph and has no cursors, so that a poll would lose what happens between two: use a WebSocket or an event stream.',
);
export const BadPoll = defineError(
  'BAD_POLL',
  400,
  'http',
  (name: string, what: string) => `"${name}" of the poll ${what}.`,
);
export const HostNotServed = defineError(
  'HOST_NOT_SERVED',
  421,
  'http',
  (host: string) =>
    `Host "${host}" is not served: without authentication only this machine is, as localhost or 127.0.0.1.`,
);
export const MalformedJson = defineError(
  'MALFORMED_JSON',
  400,
  'http',
  (where: string, detail: string) => `${where} is not JSON: ${detail}`,
);
export const BatchRefused = defineError(
  'BATCH_REFUSED',
  400,
  'http',
  () => 'An array of operations was sent: send one operation a request.',
);
export const BodyNotAnObject = defineError(
  'BODY_NOT_AN_OBJECT',
  400,
  'http',
  (given: string) => `The request body is ${given}: send a JSON object with "query".`,
);
export const QueryMissing = defineError(
  'QUERY_MISSING',
  400,
  'http',
  () => 'The request has no "query": send the text of a GraphQL document.',
);
export const QueryNotText = defineError(
  'QUERY_NOT_TEXT',
  400,
  'http',
  (given: string) => `"query" is ${given}: send the text of a GraphQL document.`,
);
export const VariablesNotAnObject = defineError(
  'VARIABLES_NOT_AN_OBJECT',
  400,
  'http',
  (given: string) => `"variables" is ${given}: send a JSON object from variable name to value.`,
);
export const OperationNameNotText = defineError(
  'OPERATION_NAME_NOT_TEXT',
  400,
  'http',
  (given: string) => `"operationName" is ${given}: send the name of an operation, or leave it out.`,
);
export const ExtensionsNotAnObject = defineError(
  'EXTENSIONS_NOT_AN_OBJECT',
  400,
  'http',
  (given: string) => `"extensions" is ${given}: send a JSON object, or leave it out.`,
);
export const MalformedRequest = defineError(
  'MALFORMED_REQUEST',
  400,
  'http',
  (detail: string) => `The HTTP request cannot be read: ${detail}`,
);
export const BadParameter = defineError(
  'BAD_PARAMETER',
  400,
  'http',
  (name: string, what: string) => `Parameter "${name}" ${what}.`,
);
export const Draining = defineError(
  'GATEWAY_DRAINING',
  503,
  'http',
  () => 'This gateway is shutting down: send the request again, to another instance or in a moment.',
  { headers: { 'retry-after': '1', connection: 'close' } },
);

/** @param ttl milliseconds until the caller may ask again */
export function RateLimited(caller: string, ttl: number): GatewayError {
  const seconds = Math.max(1, Math.ceil(ttl / 1000));
  return new GatewayError({
    code: 'RATE_LIMITED',
    status: 429,
    kind: 'http',
    message: `Too many requests came from ${caller}: send the next one in ${seconds} s.`,
    headers: { 'retry-after': String(seconds) },
  });
}
