import { GraphQLError } from 'graphql';

/**
 * Errors that a client of a subgraph may read. Every one has a stable `extensions.code`; the message names
 * the value that was wrong and what would be right. Anything else that is thrown is masked by the server.
 */
const codes = {
  CONSENT_UNAVAILABLE: 'Whether a person consents cannot be found out at the moment.',
  IDEMPOTENCY_CONFLICT: 'An idempotency key was used before, for something else.',
  INVALID_ARGUMENT: 'An argument is malformed or out of bounds.',
  INVALID_CURSOR: 'A cursor does not belong to this list or this order.',
  INVALID_REPRESENTATION: 'An entity representation lacks a usable key.',
  NOT_FOUND: 'An id that a mutation names is unknown.',
  STORE_BUSY: 'The store has too much to do to take another query.',
  STORE_TIMEOUT: 'The store did not answer in time.',
  TRANSITION_NOT_ALLOWED: 'An entity does not go from its present state to the one that was asked for.',
  VENDOR_UNAVAILABLE:
    'Whether a record exists cannot be found out, since the system of record does not answer.',
  VERSION_CONFLICT: 'An entity is no longer in the version that a mutation was meant for.',
} as const;

export type SubgraphErrorCode = keyof typeof codes;

/** Makes an error that reaches the client as it is. `details` are further extensions, safe to show. */
export function clientError(
  code: SubgraphErrorCode,
  message: string,
  details: Record<string, unknown> = {},
): GraphQLError {
  return new GraphQLError(message, { extensions: { ...details, code } });
}

/**
 * The error as a client may see it: ours and graphql-js's own (which quote nothing but the request) as they
 * are, all others without their text.
 */
export function maskError(error: GraphQLError): { error: GraphQLError; internal: boolean } {
  const original = error.originalError;
  const ours = typeof error.extensions.code === 'string' && Object.hasOwn(codes, error.extensions.code);
  if (ours || original === undefined || original === null || original instanceof GraphQLError) {
    return { error, internal: false };
  }
  const masked = new GraphQLError('Internal error of the subgraph.', {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    path: error.path,
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  });
  return { error: masked, internal: true };
}
