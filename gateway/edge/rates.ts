import rateLimit, { type CreateRateLimitOptions } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { RateLimited } from '#gateway/pipeline/http-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { isLoopback } from './loopback.ts';
import type { EdgeOptions } from './options.ts';

/**
 * Counts an operation of a viewer and tells the client in `RateLimit-*` headers what is left, where there is a reply to
 * put them on; nothing to wait for where the viewer is not counted.
 * @throws GatewayError `RATE_LIMITED`, from the promise.
 */
export type CountViewer = (viewer: Viewer, reply: FastifyReply | undefined) => Promise<void> | undefined;

/** What a limiter of viewers sees in place of a request: under which name it counts. */
interface Caller {
  readonly caller: string;
  readonly routeOptions: object;
}

const redisTimeoutMs = 250;
const redisConnectMs = 2_000;

/**
 * Counts requests: by address before anything is read, by viewer once it is known. Where Redis does not answer in
 * time requests pass uncounted: a limit protects the gateway, and must not be what takes it down.
 */
export async function countRequests(
  app: FastifyInstance,
  { rates, redis: url }: EdgeOptions,
  log: Logger,
): Promise<CountViewer> {
  const redis = url === undefined ? undefined : await openRedis(app, url, log);
  await app.register(rateLimit, {
    global: rates.address !== false,
    max: rates.address === false ? 0 : rates.address,
    timeWindow: rates.windowMs,
    cache: rates.callers,
    enableDraftSpec: true,
    skipOnError: true,
    nameSpace: 'tributary-rate-',
    allowList: (request) => isLoopback(request.ip),
    errorResponseBuilder: (_, { ttl }) => RateLimited('this address', ttl),
    ...(redis && { redis }),
  });
  const options = (max: number | false): CreateRateLimitOptions => ({
    max: max === false ? 0 : max,
    timeWindow: rates.windowMs,
    skipOnError: true,
    allowList: [],
    keyGenerator: (request) => (request as unknown as Caller).caller,
  });
  const limits = { user: options(rates.viewer), machine: options(rates.machine) };
  const limiters = {
    user: app.createRateLimit(limits.user),
    machine: app.createRateLimit(limits.machine),
  };
  const count = async (kind: 'user' | 'machine', caller: Caller, reply: FastifyReply | undefined) => {
    const counted = await limiters[kind](caller as unknown as FastifyRequest);
    if (counted.isAllowed) return;
    reply?.headers({
      'ratelimit-limit': counted.max,
      'ratelimit-remaining': counted.remaining,
      'ratelimit-reset': counted.ttlInSeconds,
    });
    if (counted.isExceeded) throw RateLimited('this viewer', counted.ttl);
  };
  return (viewer, reply) => {
    if (viewer.kind !== 'user' && viewer.kind !== 'machine') return undefined;
    if ((viewer.kind === 'user' ? rates.viewer : rates.machine) === false) return undefined;
    const caller = JSON.stringify([viewer.kind, viewer.tenant, viewer.id]);
    return count(viewer.kind, { caller, routeOptions: {} }, reply);
  };
}

/** Connects, and goes on trying in the background where the first attempt fails. */
async function openRedis(app: FastifyInstance, url: string, log: Logger): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: redisConnectMs,
    commandTimeout: redisTimeoutMs,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
  });
  let isDown = false;
  redis.on('error', (error) => {
    if (!isDown) log.error({ err: error }, 'requests are not counted: Redis does not answer');
    isDown = true;
  });
  redis.on('ready', () => {
    if (isDown) log.info('requests are counted again');
    isDown = false;
  });
  app.addHook('onClose', async () => redis.disconnect());
  await redis.connect().catch(() => undefined);
  return redis;
}
