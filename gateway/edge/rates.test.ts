import { randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { GatewayError } from '#gateway/pipeline/errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { hasRedis, redisUrl } from '#test/harness/redis.ts';
import { edgeWithDefaults, type GivenEdgeOptions } from './options.ts';
import { countRequests } from './rates.ts';

const ada: Viewer = { kind: 'user', id: 'ada', tenant: 'acme', roles: [], scopes: [] };
const redisAnswers = await hasRedis();
const opened: FastifyInstance[] = [];

afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

/** A server whose only route counts the viewer of the header `x-viewer`. */
async function serverWith(edge: GivenEdgeOptions, redis?: string): Promise<FastifyInstance> {
  const app = fastify({ trustProxy: true });
  opened.push(app);
  app.setErrorHandler<Error>((error, _, reply) => {
    if (!(error instanceof GatewayError)) throw error;
    return reply.code(error.status).headers(error.headers).send({ code: error.code });
  });
  const countViewer = await countRequests(app, edgeWithDefaults(edge, redis), pino({ level: 'silent' }));
  app.get('/', async (request, reply) => {
    await countViewer(JSON.parse(String(request.headers['x-viewer'])), reply);
    return 'ok';
  });
  await app.ready();
  return app;
}

async function ask(app: FastifyInstance, viewer: Viewer, address = '203.0.113.1') {
  const headers = { 'x-viewer': JSON.stringify(viewer), 'x-forwarded-for': address };
  const { statusCode, headers: answered } = await app.inject({ url: '/', headers });
  return {
    status: statusCode,
    limit: answered['ratelimit-limit'],
    remaining: answered['ratelimit-remaining'],
    reset: Number(answered['ratelimit-reset']),
    retryAfter: answered['retry-after'],
  };
}

describe('by viewer', () => {
  test('headers say what is left, and the one too many is refused until the window ends', async () => {
    const app = await serverWith({ rates: { viewer: 2, windowMs: 30_000 } });
    expect(await ask(app, ada)).toMatchObject({ status: 200, limit: '2', remaining: '1' });
    expect(await ask(app, ada)).toMatchObject({ status: 200, limit: '2', remaining: '0' });
    const refused = await ask(app, ada);
    expect(refused).toMatchObject({ status: 429, limit: '2', remaining: '0' });
    expect(Number(refused.retryAfter)).toBeGreaterThan(0);
    expect(Number(refused.retryAfter)).toBeLessThanOrEqual(30);
  });

  test('others are not counted with them: another id, tenant or kind', async () => {
    const app = await serverWith({ rates: { viewer: 1, machine: 1 } });
    const others: Viewer[] = [ada, { ...ada, id: 'bob' }, { ...ada, tenant: 'globex' }];
    for (const viewer of [...others, { ...ada, kind: 'machine' as const }]) {
      expect((await ask(app, viewer)).status).toBe(200);
    }
    expect((await ask(app, ada)).status).toBe(429);
  });

  test('a machine has its own limit', async () => {
    const app = await serverWith({ rates: { viewer: 1, machine: 2 } });
    const machine: Viewer = { ...ada, kind: 'machine' };
    const statuses = [await ask(app, machine), await ask(app, machine), await ask(app, machine)];
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429]);
  });

  test.each<[string, Viewer, GivenEdgeOptions]>([
    ['whoever uses this machine', { ...ada, kind: 'local' }, { rates: { viewer: 1 } }],
    ['anybody, where the limit is off', ada, { rates: { viewer: false, address: false } }],
  ])('not counted: %s', async (_, viewer, edge) => {
    const app = await serverWith(edge);
    for (let i = 0; i < 3; i++) expect((await ask(app, viewer, '127.0.0.1')).status).toBe(200);
  });
});

describe('by address', () => {
  test('whoever asks from it; another address and loopback are let in', async () => {
    const app = await serverWith({ rates: { address: 1 } });
    expect((await ask(app, ada)).status).toBe(200);
    expect(await ask(app, { ...ada, id: 'bob' })).toMatchObject({ status: 429, remaining: '0' });
    expect((await ask(app, ada, '203.0.113.2')).status).toBe(200);
    for (let i = 0; i < 2; i++) expect((await ask(app, ada, '127.0.0.1')).status).toBe(200);
  });

  test('addresses of one IPv6 network count as one', async () => {
    const app = await serverWith({ rates: { address: 1 } });
    expect((await ask(app, ada, '2001:db8::1')).status).toBe(200);
    expect((await ask(app, ada, '2001:db8::2')).status).toBe(429);
    expect((await ask(app, ada, '2001:db8:0:1::1')).status).toBe(200);
  });
});

describe('with Redis', () => {
  test.runIf(redisAnswers)('two gateways count together', async () => {
    const viewer = { ...ada, id: randomUUID() };
    const edge: GivenEdgeOptions = { rates: { viewer: 2, windowMs: 5_000 } };
    const [one, other] = [await serverWith(edge, redisUrl), await serverWith(edge, redisUrl)];
    expect(await ask(one, viewer, '127.0.0.1')).toMatchObject({ status: 200, remaining: '1' });
    expect(await ask(other, viewer, '127.0.0.1')).toMatchObject({ status: 200, remaining: '0' });
    expect((await ask(one, viewer, '127.0.0.1')).status).toBe(429);
    const redis = new Redis(redisUrl);
    const keys = await redis.keys(`tributary-rate-*${viewer.id}*`);
    expect(keys).toHaveLength(1);
    /* It goes away by itself, even if nobody asks again. */
    expect(await redis.pttl(keys[0] ?? '')).toBeGreaterThan(0);
    redis.disconnect();
  });

  test('requests pass uncounted while Redis is away', async () => {
    const app = await serverWith({ rates: { viewer: 1, address: 1 } }, 'redis://127.0.0.1:1');
    for (let i = 0; i < 3; i++) expect((await ask(app, ada)).status).toBe(200);
  });
});
