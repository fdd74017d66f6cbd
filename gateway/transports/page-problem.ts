import type { FastifyReply, FastifyRequest } from 'fastify';
import { toGatewayError } from '#gateway/pipeline/errors.ts';
import type { Serving } from './lifetime.ts';
import { sendProblem } from './problem.ts';

/**
 * What went wrong with a page is a problem like that of every other path; the log has the cause. Nobody keeps it.
 * @returns the HTTP status
 */
export function refusePage(
  serving: Pick<Serving, 'log'>,
  request: FastifyRequest,
  reply: FastifyReply,
  { title, thrown }: { readonly title: string; readonly thrown: unknown },
): number {
  const error = toGatewayError(thrown, request.id);
  const { status, code, message, headers } = error;
  if (error.kind === 'internal') {
    serving.log.error({ requestId: request.id, err: thrown }, 'request failed inside');
  }
  sendProblem(request, reply, {
    status,
    title,
    detail: message,
    code,
    headers: { ...headers, 'cache-control': 'no-store' },
  });
  return status;
}
