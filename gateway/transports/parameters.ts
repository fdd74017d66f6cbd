import { describeJson } from '#gateway/pipeline/errors.ts';
import {
  BatchRefused,
  BodyNotAnObject,
  ExtensionsNotAnObject,
  MalformedJson,
  OperationNameNotText,
  QueryMissing,
  QueryNotText,
  VariablesNotAnObject,
} from '#gateway/pipeline/http-errors.ts';
import { PersistedQueryMalformed } from '#gateway/pipeline/operation-errors.ts';
import type { GraphQLParameters } from '#gateway/pipeline/types.ts';

/**
 * Reads a POST body.
 * @throws GatewayError that says what makes it no GraphQL-over-HTTP request.
 */
export function readBody(text: string): GraphQLParameters {
  return checkParameters(readObject(text));
}

/** Reads a body that is a JSON object. */
export function readObject(text: string): Readonly<Record<string, unknown>> {
  const body = parseJson(text, 'The request body');
  if (Array.isArray(body)) {
    throw BatchRefused();
  }
  if (!isObject(body)) {
    throw BodyNotAnObject(describeJson(body));
  }
  return body;
}

/**
 * Reads the query of a GET, where `variables` and `extensions` are JSON text and an empty `operationName` counts as
 * none.
 * @throws GatewayError like `readBody`.
 */
export function readQuery(query: Readonly<Record<string, unknown>>): GraphQLParameters {
  return checkParameters({
    query: query.query,
    operationName: query.operationName === '' ? undefined : query.operationName,
    variables: parseParameter(query.variables, 'variables'),
    extensions: parseParameter(query.extensions, 'extensions'),
  });
}

function parseParameter(value: unknown, name: string): unknown {
  return typeof value === 'string' && value !== '' ? parseJson(value, `"${name}"`) : value || undefined;
}

/**
 * Checks what a request has, whichever way it came.
 * @throws GatewayError like `readBody`.
 */
export function checkParameters(given: Readonly<Record<string, unknown>>): GraphQLParameters {
  const { query, operationName, variables, extensions } = given;
  if (!isAbsent(query) && typeof query !== 'string') {
    throw QueryNotText(describeJson(query));
  }
  if (!isAbsent(operationName) && typeof operationName !== 'string') {
    throw OperationNameNotText(describeJson(operationName));
  }
  if (!isAbsent(variables) && !isObject(variables)) {
    throw VariablesNotAnObject(describeJson(variables));
  }
  if (!isAbsent(extensions) && !isObject(extensions)) {
    throw ExtensionsNotAnObject(describeJson(extensions));
  }
  const queryHash = isAbsent(extensions) ? undefined : readHash(extensions.persistedQuery);
  if (isAbsent(query) && queryHash === undefined) {
    throw QueryMissing();
  }
  return {
    query: query ?? undefined,
    queryHash,
    operationName: operationName ?? undefined,
    variables: variables ?? undefined,
  };
}

const sha256 = /^[0-9a-f]{64}$/i;

/** Apollo's extension for automatic persisted queries, version 1: the SHA-256 of the query in hex. */
function readHash(persistedQuery: unknown): string | undefined {
  if (isAbsent(persistedQuery)) {
    return undefined;
  }
  if (!isObject(persistedQuery)) {
    throw PersistedQueryMalformed(`is ${describeJson(persistedQuery)}`);
  }
  const { version, sha256Hash } = persistedQuery;
  if (version !== 1) {
    throw PersistedQueryMalformed(`has the version ${JSON.stringify(version)}, which is not known here`);
  }
  if (typeof sha256Hash !== 'string' || !sha256.test(sha256Hash)) {
    throw PersistedQueryMalformed('has no "sha256Hash" of 64 hex digits');
  }
  return sha256Hash.toLowerCase();
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw MalformedJson(where, error instanceof Error ? error.message : String(error));
  }
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
