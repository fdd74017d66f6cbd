import { GraphQLError } from 'graphql';
import type { ResponseError } from '#gateway/plan/types.ts';

/**
 * Who an error is for, and with that how much of it leaves the process.
 *
 * - `http`: the HTTP request is no well-formed GraphQL request, or nobody may be made of who sent it. Its status stands
 *   whatever the media type is.
 * - `request`: the GraphQL request is well-formed and refused. Its status stands for
 *   `application/graphql-response+json`; for `application/json` the answer is 200.
 * - `internal`: a fault of ours. Clients see `INTERNAL_SERVER_ERROR` and the request id, the log sees all of it.
 */
export type ErrorKind = 'http' | 'request' | 'internal';

/** An error with a stable code, as every stage and transport throws or returns it. */
export class GatewayError extends Error {
  readonly code: string;
  readonly status: number;
  readonly kind: ErrorKind;
  /** What goes into `errors` of the answer. */
  readonly errors: readonly ResponseError[];
  /** Extra HTTP headers of the answer, such as `Allow`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(parts: {
    code: string;
    status: number;
    kind: ErrorKind;
    message: string;
    errors?: readonly ResponseError[];
    headers?: Readonly<Record<string, string>>;
    cause?: unknown;
  }) {
    super(parts.message, { cause: parts.cause });
    this.name = 'GatewayError';
    this.code = parts.code;
    this.status = parts.status;
    this.kind = parts.kind;
    this.errors = parts.errors ?? [{ message: parts.message, extensions: { code: parts.code } }];
    this.headers = parts.headers ?? {};
  }
}

interface ErrorTraits {
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes the maker of one kind of error: `const TooLong = defineError('TOO_LONG', 413, 'http', (n: number) => …)`. */
function defineError<Detail extends readonly unknown[]>(
  code: string,
  status: number,
  kind: Exclude<ErrorKind, 'internal'>,
  message: (...detail: Detail) => string,
  traits: ErrorTraits = {},
): (...detail: Detail) => GatewayError {
  return (...detail) =>
    new GatewayError({ code, status, kind, message: message(...detail), headers: traits.headers });
}

/** Makes the maker of a refusal for being too large, whose `extensions` are `{ code, limit, value }`. */
function defineLimit(
  code: string,
  message: (what: string, limit: number, value: number) => string,
): (what: string, limit: number, value: number) => GatewayError {
  return (what, limit, value) => {
    const text = message(what, limit, value);
    const errors = [{ message: text, extensions: { code, limit, value } }];
    return new GatewayError({ code, status: 400, kind: 'request', message: text, errors });
  };
}

/** Makes the maker of a request error that carries graphql-js' own errors with their locations. */
function defineGraphQLError(code: string): (errors: readonly GraphQLError[]) => GatewayError {
  return (errors) =>
    new GatewayError({
      code,
      status: 400,
      kind: 'request',
      message: errors[0]?.message ?? code,
      errors: errors.map((error) => ({
        message: error.message,
        locations: error.locations,
        path: error.path,
        extensions: { code },
      })),
    });
}

const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');

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

/* Who asks. Why a token is refused stands in `extensions.reason`. */

export type TokenRefusal =
  | 'PASS_REFUSED'
  | 'TOKEN_MISSING'
  | 'TOKEN_MALFORMED'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_NOT_YET_VALID'
  | 'TOKEN_WRONG_ISSUER'
  | 'TOKEN_WRONG_AUDIENCE'
  | 'TOKEN_WRONG_ALGORITHM'
  | 'TOKEN_UNKNOWN_KEY'
  | 'TOKEN_BAD_SIGNATURE'
  | 'TOKEN_CLAIM_MISSING'
  | 'TOKEN_CLAIM_UNUSABLE';

/**
 * Nobody could be made of the request's token, or it has none. The challenge is that of
 * https://www.rfc-editor.org/rfc/rfc6750#section-3
 * @param message nothing of it may come from the token
 * @param cause for the log
 */
export function Unauthenticated(reason: TokenRefusal, message: string, cause?: unknown): GatewayError {
  const code = 'UNAUTHENTICATED';
  const described = `error="invalid_token", error_description="${message.replace(/[^ !#-[\]-~]/g, '')}"`;
  return new GatewayError({
    code,
    status: 401,
    kind: 'http',
    message,
    errors: [{ message, extensions: { code, reason } }],
    headers: {
      'www-authenticate': `Bearer realm="tributary"${reason === 'TOKEN_MISSING' ? '' : `, ${described}`}`,
    },
    cause,
  });
}

export const PassNotGiven = defineError(
  'PASS_NOT_GIVEN',
  400,
  'http',
  (what: string) => `No pass can be given: ${what}.`,
);

/** The token may be right: what would tell cannot be reached. */
export function IdentityUnavailable(cause: unknown): GatewayError {
  const message = 'Access tokens cannot be checked at the moment: send the request again later.';
  const headers = { 'retry-after': '5' };
  return new GatewayError({
    code: 'IDENTITY_UNAVAILABLE',
    status: 503,
    kind: 'http',
    message,
    headers,
    cause,
  });
}

/** Somebody is known, and may not have what is not GraphQL. */
export const Forbidden = defineError(
  'FORBIDDEN',
  403,
  'http',
  (scope: string) => `This needs the scope "${scope}", which the viewer does not have.`,
);

/* The GraphQL request is well-formed and refused. */

export const ParseFailed = defineGraphQLError('GRAPHQL_PARSE_FAILED');
export const ValidationFailed = defineGraphQLError('GRAPHQL_VALIDATION_FAILED');
export const VariablesInvalid = defineGraphQLError('VARIABLES_INVALID');
export const OperationNameRequired = defineError(
  'OPERATION_NAME_REQUIRED',
  400,
  'request',
  (names: readonly string[]) =>
    `The document holds several operations and "operationName" chooses none: name one of ${list(names)}.`,
);
export const OperationUnknown = defineError(
  'OPERATION_UNKNOWN',
  400,
  'request',
  (name: string, names: readonly string[]) =>
    `The document holds no operation named "${name}": ${names.length === 0 ? 'its operation has no name, leave "operationName" out' : `name one of ${list(names)}`}.`,
);
export const SubscriptionNotServed = defineError(
  'SUBSCRIPTION_NOT_SERVED',
  400,
  'request',
  () => 'Subscriptions are not served by this transport: send a query or a mutation.',
);
export const RequestTimeout = defineError(
  'REQUEST_TIMEOUT',
  504,
  'request',
  (ms: number) => `The request was not authenticated and planned within its deadline of ${ms} ms.`,
);

/* Persisted operations: messages and codes of the first two are those that Apollo's clients look for. */

export const PersistedQueryNotFound = defineError(
  'PERSISTED_QUERY_NOT_FOUND',
  200,
  'request',
  () => 'PersistedQueryNotFound',
);
export const PersistedQueryNotSupported = defineError(
  'PERSISTED_QUERY_NOT_SUPPORTED',
  200,
  'request',
  () => 'PersistedQueryNotSupported',
);
export const PersistedQueryMismatch = defineError(
  'PERSISTED_QUERY_MISMATCH',
  400,
  'request',
  (given: string, actual: string) =>
    `The SHA-256 that was sent, ${given}, is not that of the query, ${actual}: send the hash of the text itself.`,
);
export const PersistedQueryMalformed = defineError(
  'PERSISTED_QUERY_MALFORMED',
  400,
  'http',
  (what: string) =>
    `"extensions.persistedQuery" ${what}: send { "version": 1, "sha256Hash": "<64 hex digits>" }.`,
);
export const PersistedOnly = (hash: string) => {
  const code = 'PERSISTED_ONLY';
  const message = `Only operations of a list are answered here, and the one with the SHA-256 ${hash} is not in it: have it added.`;
  const errors = [{ message, extensions: { code, value: hash } }];
  return new GatewayError({ code, status: 400, kind: 'request', message, errors });
};

/* The operation is larger than the configured limits, which stand in `limits` of the gateway's options. */

const tokenLimit = defineLimit(
  'TOKEN_LIMIT_EXCEEDED',
  (what, limit) => `${what} has more than ${limit} tokens, the most that is read: send a smaller one.`,
);
export const TokenLimitExceeded = (limit: number, value: number) => tokenLimit('The document', limit, value);
export const NestingLimitExceeded = defineLimit(
  'NESTING_LIMIT_EXCEEDED',
  (what, limit) => `${what} is nested more than ${limit} levels deep, the most that is read: flatten it.`,
);
export const DepthLimitExceeded = defineLimit(
  'DEPTH_LIMIT_EXCEEDED',
  (what, limit, value) =>
    `${what} asks for fields at least ${value} levels deep; ${limit} are allowed: ask for less, or in several requests.`,
);
export const AliasLimitExceeded = defineLimit(
  'ALIAS_LIMIT_EXCEEDED',
  (what, limit, value) =>
    `${what} has at least ${value} aliases, counted through its fragments; ${limit} are allowed: use fewer.`,
);
export const RootFieldLimitExceeded = defineLimit(
  'ROOT_FIELD_LIMIT_EXCEEDED',
  (what, limit, value) => `${what} has ${value} root fields; ${limit} are allowed: send several requests.`,
);
export const DirectiveLimitExceeded = defineLimit(
  'DIRECTIVE_LIMIT_EXCEEDED',
  (what, limit, value) =>
    `${what} uses directives at least ${value} times, counted through its fragments; ${limit} are allowed: use fewer.`,
);
export const FieldLimitExceeded = defineLimit(
  'FIELD_LIMIT_EXCEEDED',
  (what, limit, value) =>
    `${what} has at least ${value} fields, counted through its fragments; ${limit} are allowed: ask for less.`,
);
export const CostLimitExceeded = defineLimit(
  'COST_LIMIT_EXCEEDED',
  (what, limit, value) =>
    `${what} is estimated to cost ${value}; ${limit} is allowed: ask for shorter lists, or for fewer fields in them.`,
);
const slicingArguments = defineLimit(
  'SLICING_ARGUMENT_REQUIRED',
  (what, _, value) => `${what} must be given exactly one of these arguments, and got ${value}.`,
);
export const SlicingArgumentRequired = (field: string, names: readonly string[], given: number) =>
  slicingArguments(`Field "${field}" with ${list(names)}`, 1, given);
export const ValidationAborted = defineError(
  'VALIDATION_ABORTED',
  400,
  'request',
  () =>
    'The document repeats the same fields so often that checking whether they can be merged was given up: ask for each field once in a selection set.',
);
export const IntrospectionDisabled = defineError(
  'INTROSPECTION_DISABLED',
  400,
  'request',
  (field: string) => `Introspection is turned off here: "${field}" cannot be asked.`,
);

/* Planning. What the operation itself is refused for has status 400 and stays so; a full queue passes. */

const operationCalled = (name: string | undefined) =>
  name === undefined ? 'The operation without a name' : `Operation "${name}"`;

export const QueryPlanTimeout = defineError(
  'QUERY_PLAN_TIMEOUT',
  400,
  'request',
  (name: string | undefined, ms: number) =>
    `${operationCalled(name)} was not planned within ${ms} ms, and is not tried again: ask for less in one operation.`,
);
export const QueryPlanOutOfMemory = defineError(
  'QUERY_PLAN_OUT_OF_MEMORY',
  400,
  'request',
  (name: string | undefined, megabytes: number) =>
    `${operationCalled(name)} cannot be planned within ${megabytes} MB of memory, and is not tried again: ask for less in one operation.`,
);
export const QueryPlanQueueFull = defineError(
  'QUERY_PLAN_QUEUE_FULL',
  503,
  'request',
  (limit: number) =>
    `${limit} operations wait to be planned already, the most that may: send the request again in a moment.`,
  { headers: { 'retry-after': '1' } },
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

/** What a client is told of a fault: nothing but the id that finds the whole of it in the log. */
export function internalError(requestId: string, cause: unknown): GatewayError {
  const message = `Something went wrong inside the gateway. The log has the whole of it under request id ${requestId}.`;
  return new GatewayError({
    code: 'INTERNAL_SERVER_ERROR',
    status: 500,
    kind: 'internal',
    message,
    errors: [{ message, extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } }],
    cause,
  });
}

/**
 * Turns whatever a stage threw into an error that may be answered with. A GraphQLError that names its own
 * `extensions.code` was written for the client (the planner refuses operations so); everything else is masked.
 */
export function toGatewayError(thrown: unknown, requestId: string): GatewayError {
  if (thrown instanceof GatewayError) {
    return thrown;
  }
  if (thrown instanceof GraphQLError && typeof thrown.extensions.code === 'string') {
    return defineGraphQLError(thrown.extensions.code)([thrown]);
  }
  return internalError(requestId, thrown);
}

/** Says in words what a JSON value is, for messages: `an array`, `null`, `a number`. */
export function describeJson(value: unknown): string {
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return 'an array';
  }
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
