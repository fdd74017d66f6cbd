import { Redis } from 'ioredis';

/** The server that tests of what processes share use. */
export const redisUrl = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';

/** Whether there is a Redis. A machine without one skips such tests and says so; in CI its absence is a failure. */
export async function hasRedis(): Promise<boolean> {
  const redis = new Redis(redisUrl, { lazyConnect: true, connectTimeout: 2_000, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return true;
  } catch (error) {
    if (process.env.CI) throw new Error(`No Redis at ${redisUrl}, and CI needs one.`, { cause: error });
    console.warn(`No Redis at ${redisUrl}: tests that need it are skipped.`);
    return false;
  } finally {
    redis.disconnect();
  }
}
