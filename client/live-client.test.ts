import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cursorAt, type LiveServer, startLiveServer } from '#test/harness/live-server.ts';
import {
  createLiveClient,
  type LiveClientOptions,
  type LiveFailure,
  type LiveGap,
  type LiveOperation,
  type LiveState,
  memoryStorage,
  type TransportName,
  webStorage,
} from './index.ts';

interface Value {
  readonly value: string;
}
const values: LiveOperation<Value, { readonly after?: string | null; readonly initial?: boolean }> =
  'subscription Values($after: ID) { value(after: $after) }';
const every: readonly TransportName[] = ['websocket', 'sse', 'poll'];
/* Short, so that a lost connection is soon tried again. */
const timing = { firstRetryMs: 20, lastRetryMs: 100, connectMs: 2_000, upgradeMs: 100, pollWaitMs: 500 };

let server: LiveServer;
const stops: (() => void)[] = [];
beforeEach(async () => {
  server = await startLiveServer();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await server.close();
});

/** Subscribes, and writes down what is told. */
function follow(options: Partial<LiveClientOptions> = {}, operation = values, key = 'values') {
  const told = {
    values: [] as (string | undefined)[],
    gaps: [] as LiveGap[],
    failures: [] as LiveFailure[],
    states: [] as LiveState[],
  };
  const client = createLiveClient({ url: server.url, timing, ...options });
  const stop = client.subscribe(
    operation,
    {},
    {
      key,
      onMessage: ({ data }) => void told.values.push(data?.value),
      onGap: (gap) => void told.gaps.push(gap),
      onError: (failure) => void told.failures.push(failure),
      onState: (state) => void told.states.push(state),
    },
  );
  stops.push(stop);
  const reaches = (phase: LiveState['phase']) => expect.poll(() => told.states.at(-1)?.phase).toBe(phase);
  return { told, stop, client, reaches };
}

describe.each(every)('over %s', (transport) => {
  it('brings every event once and in order, through lost connections', async () => {
    const { told, reaches } = follow({ transports: [transport] });
    await reaches('live');
    server.publish('a', 'b');
    await expect.poll(() => told.values).toEqual(['a', 'b']);
    for (const value of ['c', 'd', 'e']) {
      server.cutAll();
      server.publish(value);
      await expect.poll(() => told.values.at(-1)).toBe(value);
    }
    expect(told.values).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(told.gaps).toEqual([]);
    expect(told.states).toContainEqual({ phase: 'live', transport });
  });

  it('loses nothing where the connection is lost before the first event', async () => {
    const { told, reaches } = follow({ transports: [transport] });
    await reaches('live');
    server.cutAll();
    server.publish('a');
    await expect.poll(() => told.values).toEqual(['a']);
    expect(told.gaps).toEqual([]);
  });

  it('loses nothing that comes while it asks where to begin', async () => {
    let isAsking = true;
    const slowly: typeof fetch = async (input, init) => {
      if (!isAsking) return fetch(input, init);
      isAsking = false;
      const question = { ...JSON.parse(String(init?.body)), waitMs: 5_000 };
      const answer = fetch(input, { ...init, body: JSON.stringify(question) });
      await expect.poll(() => server.listeners.size).toBe(1);
      server.publish('a');
      return answer;
    };
    const { told, reaches } = follow({ transports: [transport], fetch: slowly });
    await reaches('live');
    server.publish('b');
    await expect.poll(() => told.values).toEqual(['a', 'b']);
  });

  it('goes on where it was left, in another process and over another transport', async () => {
    const storage = memoryStorage();
    const first = follow({ transports: [transport], storage });
    await first.reaches('live');
    server.publish('a');
    await expect.poll(() => storage.get('values')).toBe(cursorAt(1));
    first.stop();
    server.publish('b', 'c');
    for (const other of every) {
      const next = follow({ transports: [other], storage });
      await next.reaches('live');
      if (other === every[0]) expect(next.told.values).toEqual(['b', 'c']);
      expect(next.told.states).toContainEqual({ phase: 'catching-up', transport: other });
      next.stop();
    }
  });

  it('leaves nothing behind when it is stopped', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
    const before = timers();
    const { stop, told, reaches } = follow({ transports: [transport] });
    await reaches('live');
    await expect.poll(() => server.listeners.size).toBe(1);
    const states = told.states.length;
    stop();
    const until = performance.now() + 5_000;
    while (timers() > before && performance.now() < until) await setImmediate();
    expect(timers()).toBeLessThanOrEqual(before);
    await expect.poll(() => server.listeners.size).toBe(0);
    server.publish('late');
    expect(told.values).toEqual([]);
    expect(told.states).toHaveLength(states);
  });

  it('gives a gap to its own callback and goes on', async () => {
    const { told, reaches } = follow({ transports: [transport] });
    await reaches('live');
    await expect.poll(() => server.listeners.size).toBe(1);
    const missed = { message: 'Too old.', extensions: { code: 'EVENTS_MISSED', cursor: cursorAt(0) } };
    for (const listener of server.listeners) {
      listener.send({ errors: [missed], data: null, extensions: { cursor: cursorAt(0) } }, cursorAt(0));
    }
    await expect.poll(() => told.gaps).toEqual([{ code: 'EVENTS_MISSED', message: 'Too old.' }]);
    server.publish('a');
    await expect.poll(() => told.values).toEqual(['a']);
  });

  it('ends with what the gateway says', async () => {
    server.refusals.set('Values', [{ message: 'Not for you.', extensions: { code: 'FORBIDDEN' } }]);
    const { told, reaches } = follow({ transports: [transport] });
    await reaches('ended');
    expect(told.failures).toMatchObject([{ code: 'FORBIDDEN', message: 'Not for you.' }]);
  });

  it('comes with a fresh token where the old one has run out', async () => {
    let token = 'Bearer 1';
    server.tokens = [token];
    const { told, reaches } = follow({ transports: [transport], authorization: () => token });
    await reaches('live');
    await expect.poll(() => server.listeners.size).toBe(1);
    token = 'Bearer 2';
    server.tokens = [token];
    for (const listener of [...server.listeners]) {
      listener.end([{ message: 'Over.', extensions: { code: 'TOKEN_EXPIRED' } }]);
    }
    await expect.poll(() => server.asked.at(-1)?.authorization).toBe('Bearer 2');
    server.publish('a');
    await expect.poll(() => told.values).toEqual(['a']);
    expect(told.failures).toEqual([]);
  });

  it('ends where every token is refused', async () => {
    server.tokens = [];
    const { told, reaches } = follow({ transports: [transport], authorization: async () => 'Bearer old' });
    await reaches('ended');
    expect(told.failures).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
  });

  it('says that events may be missing where its cursor is worth nothing, and begins from now', async () => {
    const storage = memoryStorage();
    await storage.set('values', 'of another stream');
    const { told, reaches } = follow({ transports: [transport], storage });
    await reaches('live');
    server.publish('a');
    await expect.poll(() => told.values).toEqual(['a']);
    expect(told.gaps).toMatchObject([{ code: 'INVALID_CURSOR' }]);
  });
});

describe('falling back', () => {
  it.each([
    ['sse', ['websocket']],
    ['poll', ['websocket', 'sse']],
  ] as const)('reaches %s where nothing better can be opened', async (transport, blocked) => {
    for (const one of blocked) server.blocked.add(one);
    const { told, reaches } = follow({ timing: { ...timing, upgradeMs: 60_000 } });
    await reaches('live');
    server.publish('a');
    await expect.poll(() => told.values).toEqual(['a']);
    expect(told.states.at(-1)).toEqual({ phase: 'live', transport });
    expect(told.states.filter(({ phase }) => phase === 'waiting')).toEqual([]);
  });

  it('goes back to the better one when that can be opened, without losing anything', async () => {
    server.blocked.add('websocket');
    const { told, reaches } = follow();
    await reaches('live');
    server.publish('a');
    await expect.poll(() => told.values).toEqual(['a']);
    server.blocked.clear();
    await expect.poll(() => told.states.at(-1)).toEqual({ phase: 'live', transport: 'websocket' });
    server.publish('b');
    await expect.poll(() => told.values).toEqual(['a', 'b']);
  });

  it('keeps to a WebSocket that was open before while the gateway starts again', async () => {
    const { told, reaches } = follow({ timing: { ...timing, firstRetryMs: 200, lastRetryMs: 200 } });
    await reaches('live');
    server.blocked.add('websocket');
    server.cutAll();
    await expect.poll(() => told.states.filter(({ phase }) => phase === 'waiting').length).toBeGreaterThan(0);
    server.blocked.clear();
    await reaches('live');
    expect(told.states.some((state) => 'transport' in state && state.transport !== 'websocket')).toBe(false);
  });
});

describe('a WebSocket', () => {
  it('sends a fresh token in place when the old one is about to run out', async () => {
    let token = 'Bearer 1';
    const { reaches } = follow({ transports: ['websocket'], authorization: () => token });
    await reaches('live');
    token = 'Bearer 2';
    server.ping({ expiresAt: new Date().toISOString() });
    await expect.poll(() => server.pings).toEqual([{ authorization: 'Bearer 2' }]);
    expect(server.asked).toHaveLength(1);
  });

  it('takes the cursors of a gateway that goes away, and comes again with them', async () => {
    const storage = memoryStorage();
    const { told, reaches } = follow({ transports: ['websocket'], storage });
    await reaches('live');
    const [listener] = server.listeners;
    server.ping({ code: 'GATEWAY_DRAINING', cursors: { [listener?.id as string]: cursorAt(0) } });
    await expect.poll(() => storage.get('values')).toBe(cursorAt(0));
    server.cutAll();
    server.publish('a');
    await expect.poll(() => told.values).toEqual(['a']);
    expect(server.asked.at(-1)?.variables).toEqual({ after: cursorAt(0) });
  });

  it('is one for all subscriptions of a client, and gone with the last', async () => {
    const { client, reaches, stop } = follow({ transports: ['websocket'] });
    await reaches('live');
    const second = client.subscribe(values, {}, { key: 'second', onMessage: () => {} });
    await expect.poll(() => server.listeners.size).toBe(2);
    expect(() => client.subscribe(values, {}, { key: 'second', onMessage: () => {} })).toThrow(/in use/);
    second();
    await expect.poll(() => server.listeners.size).toBe(1);
    stop();
    await expect.poll(() => server.listeners.size).toBe(0);
  });
});

describe('handling', () => {
  it('keeps the cursor of a message only once it is handled', async () => {
    const storage = memoryStorage();
    const { promise, resolve } = Promise.withResolvers<void>();
    const seen: (string | undefined)[] = [];
    const client = createLiveClient({ url: server.url, timing, storage });
    const onState = vi.fn();
    const onMessage = async ({ data }: { readonly data: Value | null }) => {
      seen.push(data?.value);
      await promise;
    };
    stops.push(client.subscribe(values, {}, { key: 'k', onMessage, onState }));
    await expect.poll(() => onState.mock.lastCall?.[0].phase).toBe('live');
    server.publish('a', 'b');
    await expect.poll(() => seen).toEqual(['a']);
    expect(storage.get('k')).toBe(cursorAt(0));
    resolve();
    await expect.poll(() => storage.get('k')).toBe(cursorAt(2));
    expect(seen).toEqual(['a', 'b']);
  });

  it('ends where a handler fails, and begins with the same message next time', async () => {
    const storage = memoryStorage();
    await storage.set('k', cursorAt(0));
    server.publish('a', 'b');
    const client = createLiveClient({ url: server.url, timing, storage });
    const onError = vi.fn();
    const onMessage = () => {
      throw new Error('No room.');
    };
    client.subscribe(values, {}, { key: 'k', onMessage, onError });
    await expect
      .poll(() => onError.mock.calls)
      .toMatchObject([[{ code: 'HANDLER_FAILED', message: 'No room.' }]]);
    const { told } = follow({ storage }, values, 'k');
    await expect.poll(() => told.values).toEqual(['a', 'b']);
  });

  it('drops what comes a second time', async () => {
    const { told, reaches } = follow({ transports: ['websocket'] });
    await reaches('live');
    server.publish('a');
    for (const { send } of server.listeners) {
      send({ data: { value: 'a' }, extensions: { cursor: cursorAt(1) } }, cursorAt(1));
    }
    server.publish('b');
    await expect.poll(() => told.values).toEqual(['a', 'b']);
  });

  it('tells of a possible gap after every lost connection where there are no cursors', async () => {
    const { told, reaches } = follow(
      { transports: ['sse'] },
      'subscription Plain { value }' as typeof values,
    );
    await reaches('live');
    expect(told.gaps).toEqual([]);
    server.cutAll();
    await expect.poll(() => told.gaps).toMatchObject([{ code: 'EVENTS_MAY_BE_MISSED' }]);
  });
});

it('keeps cursors in the storage of a browser', () => {
  const kept = new Map<string, string>();
  const storage = webStorage({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  });
  void storage.set('leads', 'c1');
  expect([...kept]).toEqual([['live-cursor:leads', 'c1']]);
  expect(storage.get('leads')).toBe('c1');
  void storage.remove('leads');
  expect(storage.get('leads')).toBeNull();
});
