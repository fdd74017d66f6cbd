import type { Logger } from 'pino';
import type { RequestScope } from '#gateway/fetching/request-scope.ts';
import type { GatewayError } from '#gateway/pipeline/errors.ts';
import { errorsOf } from '#gateway/pipeline/respond.ts';
import type { PipelineAnswer } from '#gateway/pipeline/types.ts';

/** As nginx writes it: the client closed the connection before it was answered. */
const clientGone = 499;
const mostCodes = 10;

/**
 * Writes the one line that each request gets, and for a fault of ours another one with the cause. Values of variables
 * are in neither: error messages may quote them, so that only the codes are written.
 */
export function logRequest(log: Logger, scope: RequestScope, answer: PipelineAnswer, status: number): void {
  const codes = errorsOf(answer)
    .slice(0, mostCodes)
    .map((error) => error.extensions.code);
  log.info(
    {
      requestId: scope.id,
      traceId: scope.traceId,
      tenant: answer.viewer?.tenant,
      viewer: answer.viewer?.id,
      operation: answer.operation?.name,
      cost: answer.kind === 'executed' ? answer.cost : undefined,
      status: scope.ended === 'client-gone' ? clientGone : status,
      ms: Math.round((performance.now() - scope.startedAt) * 10) / 10,
      fetches: scope.fetches,
      codes: codes.length === 0 ? undefined : codes,
    },
    'request',
  );
  if (answer.kind === 'refused' && answer.error.cause !== undefined) {
    logCause(log, scope, answer.error);
  }
}

/** Of a client's fault only the message is written: the error itself may carry what the client sent. */
function logCause(
  log: Logger,
  { id, traceId }: RequestScope,
  { kind, status, code, cause }: GatewayError,
): void {
  const ids = { requestId: id, traceId };
  if (kind === 'internal') {
    log.error({ ...ids, err: cause }, 'request failed inside');
  } else if (status >= 500) {
    log.error({ ...ids, code, err: cause }, 'request refused');
  } else {
    log.info(
      { ...ids, code, cause: cause instanceof Error ? cause.message : String(cause) },
      'request refused',
    );
  }
}
