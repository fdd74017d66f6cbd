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
  const answer = answerOf(body);
  return typeof answer === 'string' ? unreadable(status, answer) : answer;
}

/** Reads a JSON value as a GraphQL answer; in words why it is none. */
export function answerOf(body: unknown): Extract<SubgraphAnswer, { kind: 'answer' }> | string {
  if (!isObject(body)) {
    return 'its body is not a JSON object';
  }
  const { data, errors, extensions } = body;
  if (data !== undefined && data !== null && !isObject(data)) {
    return 'its "data" is not an object';
  }
  if (errors === undefined || errors === null) {
    return data === undefined
      ? 'it has neither "data" nor "errors"'
      : { kind: 'answer', data, errors: noErrors, ...staleness(extensions) };
  }
  if (!Array.isArray(errors) || !errors.every(isSubgraphError)) {
    return 'its "errors" is not a list of GraphQL errors';
  }
  if (data === undefined && errors.length === 0) {
    return 'it has no "data" and its "errors" is empty';
  }
  return { kind: 'answer', data: data ?? null, errors, ...staleness(extensions) };
}

/** What the subgraph says of the age of its answer, in `extensions.stale`: ours do, others may. */
function staleness(extensions: unknown): { readonly staleSince?: string } {
  const stale = isObject(extensions) ? extensions.stale : undefined;
  const observedAt = isObject(stale) ? stale.observedAt : undefined;
  return typeof observedAt === 'string' && Number.isFinite(Date.parse(observedAt))
    ? { staleSince: observedAt }
    : {};
}

function unreadable(status: number, cause: string): ReadAnswer {
  const isAbsent = status === 502 || status === 503 || status === 504;
  return { kind: 'unreadable', code: isAbsent ? 'SUBGRAPH_UNAVAILABLE' : 'SUBGRAPH_INVALID_ANSWER', cause };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a JSON value is an error of a GraphQL answer. */
export function isSubgraphError(value: unknown): value is SubgraphError {
  if (!isObject(value) || typeof value.message !== 'string') {
    return false;
  }
  const { path, extensions } = value;
  const pathFits = path === undefined || path === null || Array.isArray(path);
  return pathFits && (extensions === undefined || extensions === null || isObject(extensions));
}
