import { defineError, defineGraphQLError, defineLimit, GatewayError, list } from './errors.ts';

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
  () =>
    'A subscription is not answered by one HTTP response: subscribe over WebSocket, as an event stream (`accept: text/event-stream`), or poll (`POST /graphql/poll`).',
);
export const NotASubscription = defineError(
  'NOT_A_SUBSCRIPTION',
  400,
  'request',
  (kind: string) =>
    `Only subscriptions are served here, and this is a ${kind}: send it as a request of its own.`,
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
