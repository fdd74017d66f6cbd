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
export function defineError<Detail extends readonly unknown[]>(
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
export function defineLimit(
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
export function defineGraphQLError(code: string): (errors: readonly GraphQLError[]) => GatewayError {
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

/** Names as a message lists them. */
export const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');

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
