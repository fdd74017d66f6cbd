import { Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { collectLog } from '#test/harness/log.ts';
import { temporaryStore } from '#test/harness/stores.ts';
import { openStore, type Store } from '../store/store.ts';
import type { CallLimits } from './call-limits.ts';
import type { CallOptions, VendorCalls } from './calls.ts';
import { VendorError, type VendorFailure } from './error.ts';
import { type CallLimitTables, createCallLimits } from './limit-store.ts';
import { vendorMetrics } from './metrics.ts';
import { openVendorCalls, type VendorCallsOptions } from './open-calls.ts';

const noon = Date.parse('2026-03-01T12:00:00Z');
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function openedStore(): Promise<Store<CallLimitTables>> {
  const { location, remove } = await temporaryStore('sqlite');
  ends.push(remove);
  const migrations = { '001_limits': createCallLimits };
  const store = await openStore<CallLimitTables>({ name: 'limits', location, migrations });
  ends.push(store.close);
  return store;
}

const perMinute = (points: number) => ({ windows: [{ points, perMs: 60_000 }] });
const wide: CallLimits = {
  default: perMinute(1_000),
  search: perMinute(1_000),
  account: { ...perMinute(1_000), perDay: { points: 1_000 } },
};

/** Calls by a clock that stands still: what has to wait is refused at once. */
async function opened(options: Partial<VendorCallsOptions<CallLimitTables>> = {}): Promise<VendorCalls> {
  const calls = openVendorCalls({
    ...{ vendor: 'some', account: 'main', tenant: 'acme', limits: wide, now: () => noon },
    store: options.store ?? (await openedStore()),
    log: collectLog().logger,
    repetitions: 0,
    ...options,
  });
  ends.push(calls.close);
  return calls;
}

const read = (endpoint: string): CallOptions => ({
  ...{ endpoint, urgency: 'read', repeatable: true },
  signal: new AbortController().signal,
});
const refused = (calls: VendorCalls, endpoint: string, failure: VendorFailure) =>
  expect(
    calls.run(read(endpoint), async () => {
      throw new VendorError('some', failure, '429');
    }),
  ).rejects.toMatchObject({ failure });
const isLet = async (calls: VendorCalls, endpoint: string) =>
  calls.run(read(endpoint), async () => true).catch((error: VendorError) => error.failure.kind);

describe('a refusal', () => {
  it('of the account stops all its classes, wherever they are called', async () => {
    const store = await openedStore();
    const [mine, theirs] = [await opened({ store }), await opened({ store })];
    await refused(mine, 'search', { kind: 'limited', retryAfterMs: 60_000, reached: { of: 'account' } });
    expect(await isLet(theirs, 'default')).toBe('limited');
    expect(await isLet(await opened({ store, account: 'second' }), 'default')).toBe(true);
  });

  it.each<[string, VendorFailure]>([
    ['that does not say of what', { kind: 'limited', retryAfterMs: 60_000 }],
    ['of the class', { kind: 'limited', retryAfterMs: 60_000, reached: { of: 'class' } }],
  ])('%s stops the class', async (_, failure) => {
    const calls = await opened();
    await refused(calls, 'search', failure);
    expect([await isLet(calls, 'search'), await isLet(calls, 'default')]).toEqual(['limited', true]);
  });

  it('stops the account where the class has no limits of its own', async () => {
    const calls = await opened({ limits: { account: perMinute(9), search: perMinute(9) } });
    await refused(calls, 'default', { kind: 'limited', retryAfterMs: 60_000 });
    expect(await isLet(calls, 'search')).toBe('limited');
  });

  it('of an account without limits stops the class', async () => {
    const calls = await opened({ limits: { default: perMinute(9), search: perMinute(9) } });
    await refused(calls, 'search', { kind: 'limited', retryAfterMs: 60_000, reached: { of: 'account' } });
    expect([await isLet(calls, 'search'), await isLet(calls, 'default')]).toEqual(['limited', true]);
  });

  it('of the day stops for longer than one of a window', async () => {
    const calls = await opened();
    const reached = { of: 'account', per: 'day' } as const;
    await refused(calls, 'search', { kind: 'limited', retryAfterMs: null, reached });
    await expect(calls.run(read('default'), async () => {})).rejects.toMatchObject({
      failure: { kind: 'limited', retryAfterMs: 3_600_000 },
    });
  });
});

describe('what the vendor says is left', () => {
  it.each([
    ['of the account', { remaining: 0, resetMs: 60_000, of: 'account' } as const, 'limited'],
    ["of the account's day", { remaining: 0, per: 'day', of: 'account' } as const, 'limited'],
    ['of the class', { remaining: 0, resetMs: 60_000 } as const, true],
  ])('%s is kept to by whom it concerns', async (_, seen, inOtherClass) => {
    const calls = await opened();
    await calls.run(read('search'), async ({ saw }) => saw(seen));
    await expect.poll(() => isLet(calls, 'search')).toBe('limited');
    expect(await isLet(calls, 'default')).toBe(inOtherClass);
  });
});

it('calls that wait for the account are counted as its own', async () => {
  const registry = new Registry();
  const limits = { ...wide, account: perMinute(1) };
  const longestWaitMs = { read: 600_000 };
  const calls = await opened({ limits, longestWaitMs, observer: vendorMetrics(registry) });
  await calls.run(read('search'), async () => {});
  const never = vi.fn(async () => {});
  const waiting = ['search', 'default'].map((endpoint) => calls.run(read(endpoint), never).catch(() => {}));
  const line = (endpoint: string, count: number) =>
    `tributary_vendor_waiting{vendor="some",account="main",endpoint="${endpoint}"} ${count}`;
  await expect.poll(() => registry.metrics()).toContain(line('account', 2));
  expect(await registry.metrics()).toContain(line('search', 0));
  await calls.close();
  await Promise.all(waiting);
  expect(never).not.toHaveBeenCalled();
});
