import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { defaultTenant } from '../../context.ts';
import type { Taken, WebhookIntake } from './intake.ts';

/** Where vendors send to; nobody vouches for a viewer there. */
export const webhookPaths = ['/webhooks/:vendor', '/webhooks/:vendor/:tenant'] as const;

/** The largest body that is read, in bytes: vendors send batches of a few hundred kB at most. */
const maxBody = 1024 * 1024;

/** Why a delivery was not taken, as RFC 9457 has it; the codes stay as they are. */
const problems = {
  WEBHOOK_REFUSED: [401, 'The delivery is not signed as agreed, or is too old.'],
  WEBHOOK_UNKNOWN: [404, 'No vendor of this name sends here.'],
  WEBHOOK_METHOD: [405, 'Deliveries are sent by POST.'],
  WEBHOOK_TOO_LARGE: [413, `A delivery has at most ${maxBody} bytes.`],
  WEBHOOK_MALFORMED: [400, 'The request could not be read.'],
  WEBHOOK_NOT_KEPT: [503, 'The delivery could not be kept: send it again.'],
} as const;

type ProblemCode = keyof typeof problems;

function problem(reply: FastifyReply, code: ProblemCode): FastifyReply {
  const [status, title] = problems[code];
  if (code === 'WEBHOOK_METHOD') reply.header('allow', 'POST');
  if (code === 'WEBHOOK_NOT_KEPT') reply.header('retry-after', '10');
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title, status, code });
}

interface Sent {
  readonly Params: { readonly vendor: string; readonly tenant?: string };
}

/** The routes of an intake. Bodies are kept as the bytes they came in: signatures are over these. */
export function webhookRoutes({ publicUrl, take }: WebhookIntake, log: Logger): FastifyPluginAsync {
  const base = publicUrl?.replace(/\/+$/, '');
  const answer = async (request: FastifyRequest<Sent>, reply: FastifyReply): Promise<FastifyReply> => {
    const { vendor, tenant = defaultTenant } = request.params;
    const taken = await take(vendor, tenant, {
      method: request.method,
      url: `${base ?? `${request.protocol}://${request.host}`}${request.url}`,
      headers: singleHeaders(request),
      body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    });
    return answers[taken.kind](reply, taken as never);
  };

  return async (scope: FastifyInstance) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
      const { statusCode = 500 } = error;
      if (statusCode === 413) return problem(reply, 'WEBHOOK_TOO_LARGE');
      if (statusCode < 500) return problem(reply, 'WEBHOOK_MALFORMED');
      log.error({ err: error, requestId: request.id }, 'a delivery could not be kept');
      return problem(reply, 'WEBHOOK_NOT_KEPT');
    });
    for (const url of webhookPaths) {
      scope.post<Sent>(url, { bodyLimit: maxBody }, answer);
      scope.route({
        method: ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        url,
        handler: (_request, reply) => problem(reply, 'WEBHOOK_METHOD'),
      });
    }
  };
}

const answers: {
  readonly [Kind in Taken['kind']]: (
    reply: FastifyReply,
    taken: Extract<Taken, { kind: Kind }>,
  ) => FastifyReply;
} = {
  received: (reply, { receiptId }) =>
    reply
      .code(202)
      .type('application/json')
      .send(JSON.stringify({ receipt: receiptId })),
  refused: (reply) => problem(reply, 'WEBHOOK_REFUSED'),
  unknown: (reply) => problem(reply, 'WEBHOOK_UNKNOWN'),
};

/** A header that came twice is none that a signature can stand in. */
function singleHeaders(request: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}
