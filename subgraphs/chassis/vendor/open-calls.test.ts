import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { collectLog } from '#test/harness/log.ts';
import { temporaryStore } from '#test/harness/stores.ts';
import { openStore, type Store, type StoreLocation } from '../store/store.ts';
import type { CallLimits } from './call-limits.ts';
import type { CallOptions, Urgency, VendorCalls } from './calls.ts';
import { VendorError, type VendorFailure } from './error.ts';
import { type CallLimitTables, createCallLimits } from './limit-store.ts';
import { vendorMetrics, type WatchedCalls } from './metrics.ts';
import { openVendorCalls, type VendorCallsOptions } from './open-calls.ts';

const noon = Date.parse('2026-03-01T12:00:00Z');
const ends: (() => Promise<unknown>)[] = [];
let location: StoreLocation;

/* One clock for limits, waits, deadlines and the breaker, which stands still unless it is moved. */
beforeEach(async () => {
  const place = await temporaryStore('sqlite');
  ends.push(place.remove);
  location = place.location;
  vi.useFakeTimers({ now: noon, toFake: ['Date', 'setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  vi.useRealTimers();
  for (const end of ends.splice(0).reverse()) await end();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const wide: CallLimits = { default: { windows: [{ points: 1_000, perMs: 1_000 }] } };

async function openedStore(): Promise<Store<CallLimitTables>> {
  const migrations = { '001_limits': createCallLimits };
  const store = await openStore<CallLimitTables>({ name: 'limits', location, migrations });
  ends.push(store.close);
  return store;
}

async function opened(options: Partial<VendorCallsOptions<CallLimitTables>> = {}): Promise<VendorCalls> {
  const calls = openVendorCalls({
    vendor: 'some',
    account: 'main',
    tenant: 'acme',
    store: options.store ?? (await openedStore()),
    log: collectLog().logger,
    limits: wide,
    ...options,
  });
  ends.push(calls.close);
  return calls;
}

const read = (more: Partial<CallOptions> = {}): CallOptions => ({
  endpoint: 'default',
  urgency: 'read',
  repeatable: true,
  signal: new AbortController().signal,
  ...more,
});

const failing = (failure: VendorFailure, cause?: unknown) =>
  vi.fn(async () => {
    throw new VendorError('some', failure, 'it did not work', { cause });
  });

/** What a promise has come to, for those that are watched while the clock is moved. */
function watch<Value>(promise: Promise<Value>) {
  const seen: { state: 'pending' | 'resolved' | 'rejected'; value?: unknown } = { state: 'pending' };
  promise.then(
    (value) => Object.assign(seen, { state: 'resolved', value }),
    (value) => Object.assign(seen, { state: 'rejected', value }),
  );
  return seen;
}

/** Moves the clock until something holds, and lets what is not of the clock, the store above all, take its turns. */
async function passUntil(holds: () => boolean | Promise<boolean>, stepMs = 100): Promise<void> {
  const begun = performance.now();
  while (!(await holds())) {
    if (performance.now() - begun > 10_000) throw new Error(`It did not come to that: ${holds}`);
    await new Promise(setImmediate);
    await pass(stepMs);
  }
}

/* `expect.poll` would move the clock. */
const until = (holds: () => boolean | Promise<boolean>) => passUntil(holds, 0);

describe('turns', () => {
  it('go to the most urgent first, and of those to whoever came first', async () => {
    const calls = await opened({ limits: { default: { windows: [{ points: 1, perMs: 1_000 }] } } });
    await calls.run(read(), async () => {});
    const order: string[] = [];
    const ask = (urgency: Urgency, name: string) =>
      calls.run(read({ urgency }), async () => {
        order.push(name);
      });
    const all = Promise.all([
      ask('sync', 'sync'),
      ask('push', 'push'),
      ask('read', 'read 1'),
      ask('read', 'read 2'),
    ]);
    const done = watch(all);
    await passUntil(() => done.state === 'resolved');
    expect(order).toEqual(['read 1', 'read 2', 'push', 'sync']);
    expect(Date.now() - noon).toBeGreaterThanOrEqual(4_000);
  });

  it('of all processes together are within the limit', async () => {
    const limits: CallLimits = { default: { windows: [{ points: 5, perMs: 1_000 }] } };
    const processes = [await opened({ limits }), await opened({ limits })];
    const made: number[] = [];
    const all = Promise.all(
      Array.from({ length: 24 }, (_, n) =>
        processes[n % 2]!.run(read(), async () => {
          made.push(Date.now());
        }),
      ),
    );
    const done = watch(all);
    await passUntil(() => done.state !== 'pending', 50);
    expect(done).toMatchObject({ state: 'resolved' });
    for (const at of made) {
      expect(made.filter((other) => other > at - 1_000 && other <= at).length).toBeLessThanOrEqual(5);
    }
  });

  it('are held by so many at a time', async () => {
    const calls = await opened({ concurrency: 2 });
    const releases: (() => void)[] = [];
    const started = () => releases.length;
    const all = Array.from({ length: 3 }, () =>
      calls.run(read(), () => new Promise<void>((resolve) => releases.push(resolve))),
    );
    await until(() => started() === 2);
    releases[0]?.();
    await until(() => started() === 3);
    for (const release of releases) release();
    await Promise.all(all);
  });

  it('are refused where too many wait, with what to do about it', async () => {
    const calls = await opened({ concurrency: 1, queue: 1 });
    const releases: (() => void)[] = [];
    const hold = () => calls.run(read(), () => new Promise<void>((resolve) => releases.push(resolve)));
    const first = hold();
    await until(() => releases.length === 1);
    const second = hold();
    await expect(hold()).rejects.toMatchObject({ failure: { kind: 'limited', retryAfterMs: null } });
    for (const done of [first, second]) {
      await until(() => releases.length > 0);
      releases.shift()?.();
      await done;
    }
  });

  it('are refused at once where the wait is known to be too long', async () => {
    const calls = await opened({
      limits: { default: { windows: [{ points: 10, perMs: 1_000 }], perDay: { points: 1 } } },
    });
    await calls.run(read(), async () => {});
    await expect(calls.run(read({ urgency: 'sync' }), async () => {})).rejects.toMatchObject({
      failure: { kind: 'limited', retryAfterMs: 12 * 3_600_000 },
    });
  });

  it('are not waited for longer than a call of its urgency may', async () => {
    const calls = await opened({ concurrency: 1, longestWaitMs: { read: 3_000 } });
    const held = watch(
      calls.run(
        read(),
        ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ),
    );
    const late = watch(calls.run(read(), async () => {}));
    await pass(3_000);
    await until(() => late.state === 'rejected');
    expect(late.value).toMatchObject({ failure: { kind: 'limited' } });
    expect(held.state).toBe('pending');
  });

  it('are of the class default for endpoints without limits of their own', async () => {
    const calls = await opened({
      limits: {
        default: { windows: [{ points: 1, perMs: 600_000 }] },
        search: { windows: [{ points: 1, perMs: 600_000 }] },
      },
    });
    await calls.run(read({ endpoint: 'this' }), async () => {});
    await calls.run(read({ endpoint: 'search' }), async () => {});
    for (const endpoint of ['that', 'search', 'toString']) {
      await expect(calls.run(read({ endpoint }), async () => {})).rejects.toThrow('is reached');
    }
  });
});

describe('what the vendor says of its limit', () => {
  /** Whether it has reached the store, where others look. */
  async function keptIn() {
    const store = await openedStore();
    return async () => {
      const rows = await store.db.selectFrom('callLimits').selectAll().execute();
      return rows.some(({ state }) => state.includes('"until"'));
    };
  }

  it('pauses all processes, and the call is made again whatever it is', async () => {
    const [mine, theirs] = [await opened(), await opened()];
    const attempt = vi
      .fn<() => Promise<string>>()
      .mockRejectedValueOnce(new VendorError('some', { kind: 'limited', retryAfterMs: 2_000 }, '429'))
      .mockResolvedValue('done');
    const first = watch(mine.run(read({ repeatable: false }), attempt));
    await until(() => attempt.mock.calls.length === 1);
    const other = vi.fn(async () => {});
    // The pause is on its way to the store.
    await until(await keptIn());
    const second = watch(theirs.run(read(), other));
    await pass(1_999);
    expect([attempt.mock.calls.length, other.mock.calls.length]).toEqual([1, 0]);
    await passUntil(() => first.state !== 'pending' && second.state !== 'pending', 1);
    expect([first, second.state]).toEqual([{ state: 'resolved', value: 'done' }, 'resolved']);
  });

  it('is told to the caller where it is longer than a call waits', async () => {
    const calls = await opened();
    const attempt = failing({ kind: 'limited', retryAfterMs: 120_000 });
    const done = watch(calls.run(read(), attempt));
    await passUntil(() => done.state !== 'pending', 1);
    expect(done).toMatchObject({ state: 'rejected', value: { failure: { kind: 'limited' } } });
    const { failure } = done.value as { failure: { retryAfterMs: number } };
    expect(failure.retryAfterMs).toBeGreaterThan(110_000);
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  it('narrows what is left until its reset', async () => {
    const [mine, theirs] = [await opened(), await opened()];
    await mine.run(read(), async ({ saw }) => saw({ remaining: 0, resetMs: 900 }));
    await until(await keptIn());
    const attempt = vi.fn(async () => {});
    const done = watch(theirs.run(read(), attempt));
    await pass(899);
    expect(attempt).not.toHaveBeenCalled();
    await passUntil(() => done.state === 'resolved', 1);
  });
});

describe('a failure', () => {
  it.each<[string, VendorFailure, unknown, boolean, number]>([
    ['that may have arrived is repeated where that is safe', { kind: 'unavailable' }, undefined, true, 3],
    ['that may have arrived is not repeated where it is not', { kind: 'unavailable' }, undefined, false, 1],
    [
      'that has not arrived is repeated whatever it is',
      { kind: 'unavailable' },
      new Error('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) }),
      false,
      3,
    ],
    ['of a refusal is not repeated', { kind: 'refused', code: 'BAD' }, undefined, true, 1],
    ['of credentials is not repeated', { kind: 'unauthorized' }, undefined, true, 1],
  ])('%s', async (_, failure, cause, repeatable, times) => {
    const calls = await opened();
    const attempt = failing(failure, cause);
    const done = watch(calls.run(read({ repeatable }), attempt));
    await passUntil(() => done.state !== 'pending');
    expect(done).toMatchObject({ state: 'rejected', value: { failure } });
    expect(attempt).toHaveBeenCalledTimes(times);
  });

  it('that is our own is thrown as it is', async () => {
    const calls = await opened();
    const attempt = vi.fn(async () => {
      throw new TypeError('oops');
    });
    await expect(calls.run(read(), attempt)).rejects.toThrow(TypeError);
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  it('of the store is one of a VendorError', async () => {
    const store = await openedStore();
    const broken = { engine: store.engine, briefly: () => Promise.reject(new Error('disk full')) };
    const calls = await opened({ store: broken });
    await expect(calls.run(read(), async () => {})).rejects.toMatchObject({
      name: 'VendorError',
      failure: { kind: 'unavailable' },
      cause: { message: 'disk full' },
    });
  });

  it('is an attempt that does not end, even one that minds no signal', async () => {
    const calls = await opened({ attemptMs: 10_000 });
    const attempt = vi.fn(() => new Promise<never>(() => {}));
    const done = watch(calls.run(read({ repeatable: false }), attempt));
    await until(() => attempt.mock.calls.length === 1);
    await pass(9_999);
    expect(done.state).toBe('pending');
    await pass(1);
    await until(() => done.state !== 'pending');
    expect(done).toMatchObject({ state: 'rejected', value: { failure: { kind: 'unavailable' } } });
    expect(String(done.value)).toContain('within 10000 ms');
  });
});

describe('the breaker', () => {
  const breaker = { failures: 3, openMs: 5_000 };

  async function broken(calls: VendorCalls) {
    for (let n = 0; n < 3; n += 1) {
      await expect(calls.run(read({ repeatable: false }), failing({ kind: 'unavailable' }))).rejects.toThrow(
        'did not work',
      );
    }
  }

  it('lets nothing through after several failures, then one call, and all once that is answered', async () => {
    const calls = await opened({ breaker });
    await broken(calls);
    const refused = vi.fn(async () => {});
    await expect(calls.run(read(), refused)).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
    await pass(4_999);
    await expect(calls.run(read(), refused)).rejects.toThrow('left alone');
    await pass(1);

    const { promise, resolve } = Promise.withResolvers<string>();
    const probe = vi.fn(() => promise);
    const tried = calls.run(read(), probe);
    await until(() => probe.mock.calls.length === 1);
    await expect(calls.run(read(), refused)).rejects.toThrow('left alone');
    expect(refused).not.toHaveBeenCalled();
    resolve('there');
    expect(await tried).toBe('there');
    expect(await calls.run(read(), async () => 'all')).toBe('all');
  });

  it('stays open where the one call fails, and where it is given up', async () => {
    let state: () => string = () => 'unknown';
    const observer = {
      attempted: () => {},
      repeated: () => {},
      watch: (watched: WatchedCalls) => {
        state = watched.breaker;
        return () => {};
      },
    };
    const calls = await opened({ breaker, observer });
    await broken(calls);
    await pass(5_000);
    const failed = failing({ kind: 'unavailable' });
    await expect(calls.run(read({ repeatable: false }), failed)).rejects.toThrow('did not work');
    await expect(calls.run(read(), async () => {})).rejects.toThrow('left alone');
    await pass(5_000);
    const leaving = new AbortController();
    const probe = vi.fn(() => new Promise<never>(() => {}));
    const tried = calls.run(read({ signal: leaving.signal }), probe);
    await until(() => probe.mock.calls.length === 1);
    leaving.abort(new Error('gone'));
    await expect(tried).rejects.toThrow('gone');
    await until(() => state() !== 'half-open');
    expect(state()).toBe('open');
    await expect(calls.run(read(), async () => {})).rejects.toThrow('left alone');
  });

  it('counts failures in a row, and no answer that is a refusal', async () => {
    const calls = await opened({ breaker });
    for (const kind of ['unavailable', 'unavailable', 'refused', 'unavailable', 'unavailable'] as const) {
      const failure = kind === 'refused' ? { kind, code: 'BAD' } : { kind };
      await expect(calls.run(read({ repeatable: false }), failing(failure))).rejects.toThrow();
    }
    expect(await calls.run(read(), async () => 'through')).toBe('through');
  });
});

describe('ending', () => {
  it.each(['waits for its turn', 'is made', 'waits to be made again'])(
    'a call that %s rejects with the reason, and frees its place',
    async (when) => {
      const calls = await opened({ concurrency: 1 });
      const leaving = new AbortController();
      const attempts = vi.fn();
      let holder: Promise<unknown> | undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      if (when === 'waits for its turn') {
        holder = calls.run(read(), () => promise);
      }
      const ended = calls.run(read({ signal: leaving.signal }), async () => {
        attempts();
        if (when === 'is made') await new Promise(() => {});
        throw new VendorError('some', { kind: 'unavailable' }, 'away');
      });
      if (when === 'waits for its turn') await new Promise(setImmediate);
      else await until(() => attempts.mock.calls.length === 1);
      const reason = new Error('enough');
      leaving.abort(reason);
      await expect(ended).rejects.toBe(reason);
      resolve();
      await holder;
      expect(await calls.run(read(), async () => 'next')).toBe('next');
      await pass(60_000);
      expect(attempts.mock.calls.length).toBe(when === 'waits for its turn' ? 0 : 1);
    },
  );

  it('all of them rejects what is under way and what comes later', async () => {
    const calls = await opened({ concurrency: 1 });
    const attempt = vi.fn(() => new Promise<never>(() => {}));
    const made = calls.run(read(), attempt).catch((error: unknown) => error);
    const waits = calls.run(read(), attempt).catch((error: unknown) => error);
    await until(() => attempt.mock.calls.length === 1);
    await calls.close();
    for (const error of [
      await made,
      await waits,
      await calls.run(read(), attempt).catch((late: unknown) => late),
    ]) {
      expect(error).toMatchObject({ name: 'VendorError', failure: { kind: 'unavailable' } });
    }
    expect(attempt).toHaveBeenCalledTimes(1);
  });
});

describe('numbers', () => {
  it('tell how attempts ended, how many wait and whether the breaker is open', async () => {
    const registry = new Registry();
    const observer = vendorMetrics(registry);
    const calls = await opened({ observer, concurrency: 1, breaker: { failures: 1, openMs: 5_000 } });
    const { promise, resolve } = Promise.withResolvers<void>();
    const attempt = vi.fn(() => promise);
    const both = [calls.run(read(), attempt), calls.run(read(), attempt)];
    await until(() => attempt.mock.calls.length === 1);
    expect(await registry.metrics()).toContain(
      'tributary_vendor_waiting{vendor="some",account="main",endpoint="default"} 1',
    );
    resolve();
    await Promise.all(both);
    await expect(calls.run(read(), failing({ kind: 'refused', code: 'BAD' }))).rejects.toThrow();
    await expect(calls.run(read({ repeatable: false }), failing({ kind: 'unavailable' }))).rejects.toThrow();
    const text = await registry.metrics();
    const counted = (outcome: string) =>
      `tributary_vendor_attempts_total{vendor="some",endpoint="default",outcome="${outcome}"}`;
    expect(text).toContain(`${counted('answered')} 2`);
    expect(text).toContain(`${counted('refused')} 1`);
    expect(text).toContain(`${counted('unavailable')} 1`);
    expect(text).toContain('tributary_vendor_breaker{vendor="some",account="main"} 2');
    expect(text).toContain('tributary_vendor_attempt_seconds_count{vendor="some",endpoint="default"} 4');
    await calls.close();
    expect(await registry.metrics()).not.toContain('tributary_vendor_breaker{');
  });
});
