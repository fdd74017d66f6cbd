import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GatewayError } from '#gateway/pipeline/errors.ts';
import { IdentityUnavailable, Unauthenticated } from '#gateway/pipeline/identity-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { openSessions, type Sessions } from './session.ts';

const ada: Viewer = { kind: 'user', id: 'ada', tenant: 'acme', roles: ['rep'], scopes: [] };
const local: Viewer = { kind: 'local', id: 'local', tenant: 'default', roles: [], scopes: [] };

let viewers: Map<string, Viewer>;
let refusal: GatewayError | undefined;
let asked: { token: string | undefined; isAgain: boolean }[];
let sessions: Sessions;
let warned: number[];
let told: unknown[];
const owner = { tokenRunsOut: (at: number) => warned.push(at) };
const watcher = {
  viewerChanged: (viewer: Viewer) => told.push(viewer),
  viewerLost: (error: GatewayError) => told.push(error.code),
};

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  viewers = new Map();
  refusal = undefined;
  asked = [];
  warned = [];
  told = [];
  sessions = openSessions(
    (token, isAgain = false) => {
      asked.push({ token, isAgain });
      if (token === undefined) return local;
      const viewer = viewers.get(token);
      return viewer !== undefined && refusal === undefined
        ? Promise.resolve(viewer)
        : Promise.reject(refusal ?? Unauthenticated('TOKEN_MALFORMED', 'No token of ours.'));
    },
    { warningMs: 30_000, checkMs: 60_000 },
  );
});
afterEach(() => {
  sessions.close();
  vi.useRealTimers();
});

async function open(seconds?: number, token = 'first') {
  viewers.set(token, seconds === undefined ? ada : { ...ada, expiresAt: Date.now() + seconds * 1_000 });
  const session = await sessions.open(token, owner);
  session.watchers.add(watcher);
  return session;
}

describe('a session', () => {
  it('is refused as its token is', async () => {
    await expect(sessions.open('nonsense')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(sessions.watched()).toBe(0);
  });

  it('without a token needs no looking at', () => {
    expect(sessions.open(undefined)).toMatchObject({ current: local });
    expect([sessions.watched(), vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('warns once before its token runs out, and is lost when it does', async () => {
    const session = await open(100);
    await vi.advanceTimersByTimeAsync(69_000);
    expect(warned).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(warned).toEqual([1_100_000]);
    await vi.advanceTimersByTimeAsync(28_000);
    expect([told, session.lost()]).toEqual([[], undefined]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([told, session.lost()?.code, warned.length]).toEqual([['TOKEN_EXPIRED'], 'TOKEN_EXPIRED', 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes on with a fresh token, also after the first has run out', async () => {
    const session = await open(10);
    const next = { ...ada, roles: ['admin'], expiresAt: Date.now() + 100_000 };
    viewers.set('second', next);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(session.lost()?.code).toBe('TOKEN_EXPIRED');
    await session.renew('second');
    expect([session.viewer(), session.lost(), told]).toEqual([next, undefined, ['TOKEN_EXPIRED', next]]);
    expect(sessions.watched()).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(warned.at(-1)).toBe(next.expiresAt);
  });

  it.each([
    ['of another person', { ...ada, id: 'bob' }, 'TOKEN_OF_ANOTHER'],
    ['of another tenant', { ...ada, tenant: 'other' }, 'TOKEN_OF_ANOTHER'],
    ['that has run out', { ...ada, expiresAt: 5 }, 'TOKEN_EXPIRED'],
    ['that nobody signed', undefined, 'UNAUTHENTICATED'],
  ])('refuses a token %s, which changes nothing', async (_, viewer, code) => {
    const session = await open(100);
    if (viewer !== undefined) viewers.set('second', viewer);
    await expect(session.renew('second')).rejects.toMatchObject({ code });
    expect([session.viewer().id, session.authorization(), told]).toEqual(['ada', 'first', []]);
  });

  it('has its token verified again within the time given, and ends where it is believed no more', async () => {
    const session = await open();
    await vi.advanceTimersByTimeAsync(61_000);
    const again = asked.filter(({ isAgain }) => isAgain);
    expect(again.length).toBeGreaterThanOrEqual(1);
    refusal = Unauthenticated('TOKEN_UNKNOWN_KEY', 'The key is gone.');
    await vi.advanceTimersByTimeAsync(61_000);
    expect([told, session.lost()?.code]).toEqual([['UNAUTHENTICATED'], 'UNAUTHENTICATED']);
  });

  it('lasts while the keys are out of reach', async () => {
    const session = await open();
    refusal = IdentityUnavailable(new Error('no keys'));
    await vi.advanceTimersByTimeAsync(200_000);
    expect([told, session.lost()]).toEqual([[], undefined]);
  });

  it('is no longer looked at when it is closed, and the last one stops the timer', async () => {
    const [first, second] = [await open(100), await open(100, 'second')];
    first.close();
    expect([sessions.watched(), vi.getTimerCount()]).toEqual([1, 1]);
    second.close();
    expect([sessions.watched(), vi.getTimerCount()]).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(200_000);
    expect(told).toEqual([]);
  });
});
