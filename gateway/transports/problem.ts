import type { FastifyReply, FastifyRequest } from 'fastify';

/** What went wrong, as RFC 9457 has it, with a stable code beside its own members. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  /** Further members, such as `errors`. */
  readonly more?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a problem as `application/problem+json`. Its `type` is a URN of the code, `instance` the path asked for. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
  const { status, title, detail, code, more, headers } = problem;
  const [instance] = request.url.split('?', 1);
  const type = `urn:tributary:problem:${code.toLowerCase().replaceAll('_', '-')}`;
  reply
    .code(status)
    .headers(headers ?? {})
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('x-request-id', request.id)
    .send(JSON.stringify({ type, title, status, detail, instance, code, requestId: request.id, ...more }));
}
