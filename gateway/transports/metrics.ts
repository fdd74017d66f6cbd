import type { FastifyInstance } from 'fastify';
import { GatewayError, internalError } from '#gateway/pipeline/errors.ts';
import { Forbidden } from '#gateway/pipeline/identity-errors.ts';
import { holdingsOf, metricsScope } from '#gateway/rights/access.ts';
import type { Serving } from './lifetime.ts';
import { liveMetrics } from './live-metrics.ts';
import { sendProblem } from './problem.ts';

/** Numbers of this process, in whatever format their reader takes. */
export interface Metrics {
  /** Such as `text/plain; version=0.0.4; charset=utf-8`. */
  readonly contentType: string;
  readonly read: () => Promise<string>;
}

export const metricsPath = '/metrics';

/**
 * Serves `/metrics` to viewers with the scope `metrics:read`: how much work there is and how much of it fails is nobody
 * else's business. Whoever uses this machine has every scope while nobody is authenticated.
 */
export function serveMetrics(app: FastifyInstance, serving: Serving): void {
  const { metrics, authenticate, generation } = serving;
  if (metrics === undefined) return;
  /* Two texts of Prometheus' own format make one; of another format nothing is known here. */
  const live = metrics.contentType.startsWith('text/plain') ? liveMetrics(serving) : undefined;
  app.get(metricsPath, async (request, reply) => {
    try {
      const viewer = await authenticate(request.headers.authorization);
      if (!holdingsOf(viewer, generation().access).hasScope(metricsScope)) throw Forbidden(metricsScope);
      const text = `${await metrics.read()}${live === undefined ? '' : await live.metrics()}`;
      return reply.header('content-type', metrics.contentType).header('cache-control', 'no-store').send(text);
    } catch (error) {
      const refusal = error instanceof GatewayError ? error : internalError(request.id, error);
      if (refusal.kind === 'internal') {
        serving.log.error({ requestId: request.id, err: error }, 'the metrics could not be read');
      }
      const { status, code, message, headers } = refusal;
      sendProblem(request, reply, { status, title: 'No metrics', detail: message, code, headers });
      return reply;
    }
  });
}
