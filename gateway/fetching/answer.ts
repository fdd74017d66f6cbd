import type { SubgraphAnswer, SubgraphError, SubgraphFailureCode } from '#gateway/plan/types.ts';

/** A body read as a GraphQL answer, or why it is none. */
export type ReadAnswer =
  | Extract<SubgraphAnswer, { kind: 'answer' }>
  | { readonly kind: 'unreadable'; readonly code: SubgraphFailureCode; readonly cause: string };

const noErrors: readonly SubgraphError[] = [];
const jsonTypes = /^application\/(graphql-response\+)?json\s*(;|$)/i;

/**
 * Reads what a subgraph sent. The status does not decide: GraphQL over HTTP allows an answer with 4xx and 5xx. What
 * decides is that the media type is JSON and that the body has the shape of a GraphQL answer; a proxy's page with
 * 502, 503 or 504 then means that the subgraph is not there.
 */
export function readAnswer(status: number, contentType: string | undefined, text: string): ReadAnswer {
  if (contentType === undefined || !jsonTypes.test(contentType)) {
    return unreadable(status, `its Content-Type is ${contentType ?? 'missing'}`);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return unreadable(status, `its body is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isObject(body)) {
    return unreadable(status, 'its body is not a JSON object');
  }
  const { data, errors } = body;
  if (data !== undefined && data !== null && !isObject(data)) {
    return unreadable(status, 'its "data" is not an object');
  }
  if (errors === undefined || errors === null) {
    return data === undefined
      ? unreadable(status, 'it has neither "data" nor "errors"')
      : { kind: 'answer', data, errors: noErrors };
  }
  if (!Array.isArray(errors) || !errors.every(isSubgraphError)) {
    return unreadable(status, 'its "errors" is not a list of GraphQL errors');
  }
  if (data === undefined && errors.length === 0) {
    return unreadable(status, 'it has no "data" and its "errors" is empty');
  }
  return { kind: 'answer', data: data ?? null, errors };
}

function unreadable(status: number, cause: string): ReadAnswer {
  const isAbsent = status === 502 || status === 503 || status === 504;
  return { kind: 'unreadable', code: isAbsent ? 'SUBGRAPH_UNAVAILABLE' : 'SUBGRAPH_INVALID_ANSWER', cause };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSubgraphError(value: unknown): value is SubgraphError {
  if (!isObject(value) || typeof value.message !== 'string') {
    return false;
  }
  const { path, extensions } = value;
  const pathFits = path === undefined || path === null || Array.isArray(path);
  return pathFits && (extensions === undefined || extensions === null || isObject(extensions));
}
