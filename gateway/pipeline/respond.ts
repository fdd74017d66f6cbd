import type { ResponseError } from '#gateway/plan/types.ts';
import { type GatewayError, toGatewayError } from './errors.ts';
import type { PreparedOperation } from './operation.ts';
import type { PipelineAnswer, Viewer } from './types.ts';

/** The media types of a GraphQL answer. */
export type AnswerType = 'application/graphql-response+json' | 'application/json';

/** Stage 9: the JSON of the answer, whatever the transport does with it. */
export function bodyOf(answer: PipelineAnswer): string | Buffer {
  return answer.kind === 'executed' ? answer.result.body : errorBody(answer.error);
}

/** An answer without `data`, which says that nothing was executed. */
export function errorBody(error: GatewayError): string {
  return JSON.stringify({ errors: error.errors });
}

/**
 * The HTTP status, by GraphQL over HTTP (draft of 2025, "Status Codes"):
 *
 * - `data` is there, whole, partial or null: 200 in both media types. The draft recommends 200 for null too, as
 *   no request error happened.
 * - No `data`, because the GraphQL request was refused: the error's own status (400 for parse, validation, choice
 *   of operation and variables) as `application/graphql-response+json`; 200 as `application/json`, where any other
 *   status could come from an intermediary.
 * - The HTTP request is no well-formed GraphQL request (400, 405, 413, 415 …), or a fault of ours (500): that
 *   status in both.
 */
export function statusOf(answer: PipelineAnswer, type: AnswerType): number {
  if (answer.kind === 'executed') {
    return 200;
  }
  return answer.error.kind === 'request' && type === 'application/json' ? 200 : answer.error.status;
}

/** The errors of an answer, for transports that write their own. */
export function errorsOf(answer: PipelineAnswer): readonly ResponseError[] {
  return answer.kind === 'executed' ? answer.result.errors : answer.error.errors;
}

/** The answer to a request that a stage, or the transport before any stage, refused by throwing. */
export function refused(
  thrown: unknown,
  requestId: string,
  viewer?: Viewer,
  operation?: PreparedOperation,
): PipelineAnswer {
  return { kind: 'refused', error: toGatewayError(thrown, requestId), viewer, operation };
}
