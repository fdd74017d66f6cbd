import { EventEmitter, once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { mintToken } from '#gateway/identity/trial.ts';
import type { GatewayOptions, RunningGateway } from '#gateway/main.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { trackConnections } from '#gateway/transports/live-connections.ts';
import { WebSocketConnection } from '#gateway/transports/websocket-connection.ts';
import { createWorld, resetWorld, type World } from './fixture.ts';
import { type ScriptedLive, scriptedLive } from './scripted-live.ts';

const query = 'subscription Renamed($id: ID) { renamed(id: $id) { name } }';
const ada: Viewer = { kind: 'user', id: 'ada', roles: ['rep'], scopes: [], tenant: 'acme' };

/* The buffers of the kernel are filled first. */
const slowly = { timeout: 10_000, interval: 5 };

let world: World;
let live: ScriptedLive;
let open: WebSocket[] = [];
beforeAll(async () => {
  world = await createWorld();
  await writeFile(join(world.folder, 'secret'), 'a secret of more than thirty-two bytes');
});
afterAll(() => world.end());
beforeEach(() => {
  live = scriptedLive();
});
afterEach(() => {
  for (const socket of open) socket.terminate();
  open = [];
  resetWorld(world);
});

const start = (options: Partial<GatewayOptions> = {}) => world.start(options, () => live);
const urlOf = (gateway: RunningGateway) => `${gateway.url.replace('http', 'ws')}/graphql`;
const authentication = () => ({
  secret: { file: join(world.folder, 'secret') },
  issuer: 'https://id.example',
  audience: 'tributary',
});
const bearer = async (viewer: Viewer = ada, seconds = 60) =>
  `Bearer ${await mintToken(authentication(), viewer, seconds)}`;

/** A connection by hand: every message as it came. */
async function connect(gateway: RunningGateway, authorization?: string, options = {}) {
  const socket = new WebSocket(urlOf(gateway), 'graphql-transport-ws', options);
  open.push(socket);
  socket.on('error', () => {});
  const got: string[] = [];
  const closed: { code?: number } = {};
  socket.on('message', (data) => got.push(String(data)));
  socket.on('close', (code) => Object.assign(closed, { code }));
  await once(socket, 'open');
  const send = (message: unknown) => socket.send(JSON.stringify(message));
  const subscribe = (id: string) => send({ id, type: 'subscribe', payload: { query } });
  const next = async () => {
    await vi.waitFor(() => expect(got.length).toBeGreaterThan(0), { interval: 5 });
    return JSON.parse(got.shift() as string);
  };
  send({ type: 'connection_init', payload: { authorization } });
  expect(await next()).toEqual({ type: 'connection_ack' });
  return { socket, got, closed, send, subscribe, next };
}

/** That nothing of anybody is left. */
async function isEmpty(gateway: RunningGateway): Promise<void> {
  await vi.waitFor(() => {
    const { subscriptions, connections, watchedSessions } = gateway.live();
    expect({ subscriptions, connections, watchedSessions }).toEqual({
      subscriptions: 0,
      connections: { websocket: 0, sse: 0, poll: 0 },
      watchedSessions: 0,
    });
  });
}

const opened = (count: number) => vi.waitFor(() => expect(live.opened).toHaveLength(count));

describe('a subscription over a WebSocket', () => {
  it('reaches the client of graphql-ws, until it wants no more', async () => {
    const gateway = await start();
    const client = createClient({ url: urlOf(gateway), webSocketImpl: WebSocket, retryAttempts: 0 });
    const results = client.iterate({ query, variables: { id: '1' } });
    const first = results.next();
    await opened(1);
    expect(live.opened[0]?.request.parameters.variables).toEqual({ id: '1' });
    live.opened[0]?.push({ renamed: { name: 'Ada' } }, 'c1');
    expect(await first).toEqual({
      done: false,
      value: { data: { renamed: { name: 'Ada' } }, extensions: { cursor: 'c1' } },
    });
    await results.return?.();
    await vi.waitFor(() => expect(live.opened[0]?.isLeft).toBe(true));
    await client.dispose();
    await isEmpty(gateway);
  });

  it('brings the text as it was written, and completes with its source', async () => {
    const { subscribe, got, next } = await connect(await start());
    subscribe('a "quoted" id');
    await opened(1);
    live.opened[0]?.pushMessage({ text: '{"data":{"n":12345678901234567890}}', cursor: undefined });
    await vi.waitFor(() => expect(got).toHaveLength(1));
    expect(got.shift()).toBe(
      '{"id":"a \\"quoted\\" id","type":"next","payload":{"data":{"n":12345678901234567890}}}',
    );
    live.opened[0]?.end({ kind: 'complete' });
    expect(await next()).toEqual({ id: 'a "quoted" id', type: 'complete' });
    subscribe('a "quoted" id');
    await opened(2);
  });

  it('that fails inside says no more than the id that the log has', async () => {
    live.admit = () => {
      throw new Error('a secret of the house');
    };
    const { subscribe, next } = await connect(await start());
    subscribe('1');
    const { type, payload } = await next();
    expect([type, payload[0].extensions.code]).toEqual(['error', 'INTERNAL_SERVER_ERROR']);
    expect(JSON.stringify(payload)).not.toContain('secret');
    const { requestId } = payload[0].extensions;
    await vi.waitFor(() => {
      const fault = world.log.find(
        ({ msg, requestId: id }) => msg === 'request failed inside' && id === requestId,
      );
      expect(fault).toMatchObject({ err: { message: 'a secret of the house' } });
    });
  });

  it('counts among the operations of its connection as long as it runs', async () => {
    const gateway = await start({ edge: { webSocket: { operations: 2 } } });
    const { subscribe, send, next } = await connect(gateway);
    subscribe('1');
    subscribe('2');
    subscribe('3');
    expect(await next()).toMatchObject({
      id: '3',
      payload: [{ extensions: { code: 'TOO_MANY_OPERATIONS' } }],
    });
    send({ id: '1', type: 'complete' });
    await vi.waitFor(() => expect(live.opened[0]?.isLeft).toBe(true));
    subscribe('3');
    await opened(3);
  });
});

/** Holds subscriptions back while they are opened, until it is called. */
function holdOpening(): () => void {
  const held: (() => void)[] = [];
  live.admit = () => new Promise((resolve) => held.push(resolve));
  return () => {
    for (const release of held) release();
  };
}

describe('a client that leaves', () => {
  it('before it has said who it is leaves nothing', async () => {
    const gateway = await start();
    const socket = new WebSocket(urlOf(gateway), 'graphql-transport-ws');
    await once(socket, 'open');
    expect(gateway.live().connections.websocket).toBe(1);
    socket.terminate();
    await isEmpty(gateway);
  });

  it('while its subscriptions are opened leaves nothing', async () => {
    const release = holdOpening();
    const gateway = await start({ authentication: authentication() });
    const { socket, subscribe, send, next } = await connect(gateway, await bearer());
    subscribe('1');
    subscribe('2');
    send({ type: 'ping' });
    await next();
    socket.terminate();
    await isEmpty(gateway);
    release();
    await opened(2);
    await vi.waitFor(() => expect(live.opened.map(({ isLeft }) => isLeft)).toEqual([true, true]));
  });

  it('while it is subscribed leaves nothing', async () => {
    const gateway = await start({ authentication: authentication() });
    const { socket, subscribe } = await connect(gateway, await bearer());
    subscribe('1');
    subscribe('2');
    await opened(2);
    expect(gateway.live()).toMatchObject({ subscriptions: 2, watchedSessions: 1 });
    socket.terminate();
    await isEmpty(gateway);
  });

  it('of a subscription that is only being opened gets nothing of it', async () => {
    const release = holdOpening();
    const gateway = await start();
    const { subscribe, send, got } = await connect(gateway);
    subscribe('1');
    send({ id: '1', type: 'complete' });
    send({ type: 'ping' });
    await vi.waitFor(() => expect(got).toEqual(['{"type":"pong"}']));
    release();
    await opened(1);
    await vi.waitFor(() => expect(live.opened[0]?.isLeft).toBe(true));
    live.opened[0]?.push({ renamed: null }, 'c1');
    expect(got).toHaveLength(1);
  });

  it('without a word is noticed within two pings, with everything of it', async () => {
    const gateway = await start({
      authentication: authentication(),
      edge: { webSocket: { pingMs: 50 } },
    });
    const { subscribe } = await connect(gateway, await bearer(), { autoPong: false });
    subscribe('1');
    await opened(1);
    await isEmpty(gateway);
  });

  it('is not taken for gone while it reads what waits for it', () => {
    const socket = Object.assign(new EventEmitter(), {
      readyState: 1,
      OPEN: 1,
      terminate: vi.fn(),
      ping: vi.fn(),
    });
    const stream = { bytesWritten: 10_000, writableLength: 9_000 };
    const serving = { liveConnections: trackConnections(), forwardHeaders: [] };
    const options = { initMs: 1_000, pingMs: 1, operations: 1, waitingBytes: 1 };
    const connection = new WebSocketConnection(
      { serving, options } as never,
      socket as never,
      stream as never,
      {},
    );
    connection.look();
    stream.writableLength = 8_000;
    connection.look();
    stream.writableLength = 7_000;
    connection.look();
    expect(socket.terminate).not.toHaveBeenCalled();
    connection.look();
    expect(socket.terminate).toHaveBeenCalled();
    connection.gone();
  });
});

describe('a client that reads slowly', () => {
  it('shows in the numbers, and is called when it has read', async () => {
    const gateway = await start();
    const { socket, subscribe, got } = await connect(gateway);
    subscribe('1');
    await opened(1);
    const [subscription] = live.opened;
    const sink = subscription?.request.sink;
    expect([sink?.waitingBytes(), sink?.waitingMessages()]).toEqual([0, 0]);
    socket.pause();
    const text = JSON.stringify({ data: { filler: 'x'.repeat(100_000) } });
    let pushed = 0;
    await vi.waitFor(() => {
      subscription?.pushMessage({ text, cursor: 'c1' });
      pushed += 1;
      expect(sink?.waitingBytes()).toBeGreaterThan(300_000);
    }, slowly);
    expect(sink?.waitingMessages()).toBeGreaterThan(2);
    const resume = vi.fn();
    sink?.whenRead(resume);
    expect(resume).not.toHaveBeenCalled();
    socket.resume();
    await vi.waitFor(() => expect(resume).toHaveBeenCalledOnce());
    expect([sink?.waitingBytes(), sink?.waitingMessages()]).toEqual([0, 0]);
    await vi.waitFor(() => expect(got).toHaveLength(pushed));
  });

  it('is called as well where nothing waits, and later than it asks', async () => {
    const { subscribe } = await connect(await start());
    subscribe('1');
    await opened(1);
    const resume = vi.fn();
    live.opened[0]?.request.sink.whenRead(resume);
    expect(resume).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(resume).toHaveBeenCalledOnce());
  });
});

describe('the token of a connection', () => {
  it('is replaced by a fresh one, of which subscriptions are told', async () => {
    const gateway = await start({ authentication: authentication() });
    const { subscribe, send, next } = await connect(gateway, await bearer());
    subscribe('1');
    await opened(1);
    const told = vi.fn();
    live.opened[0]?.request.session.watchers.add({ viewerChanged: told, viewerLost: () => {} });
    send({ type: 'ping', payload: { authorization: await bearer({ ...ada, roles: ['admin'] }) } });
    expect(await next()).toEqual({ type: 'pong', payload: { authorization: 'accepted' } });
    expect(told).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'ada', roles: ['admin'] }));
    send({ type: 'ping', payload: { authorization: 'Bearer nonsense' } });
    expect(await next()).toEqual({
      type: 'pong',
      payload: { authorization: 'refused', code: 'UNAUTHENTICATED' },
    });
    expect(live.opened[0]?.request.session.viewer().roles).toEqual(['admin']);
  });

  it('cannot be sent before the connection is acknowledged, nor more often than requests', async () => {
    const gateway = await start({ authentication: authentication(), edge: { rates: { viewer: 1 } } });
    const socket = new WebSocket(urlOf(gateway), 'graphql-transport-ws');
    open.push(socket);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'ping', payload: { authorization: await bearer() } }));
    const [message] = await once(socket, 'message');
    expect(JSON.parse(String(message)).payload.code).toBe('NOTHING_TO_RENEW');
    const { send, next } = await connect(gateway, await bearer());
    const fresh = await bearer();
    const codes = [];
    for (let nth = 0; nth < 2; nth += 1) {
      send({ type: 'ping', payload: { authorization: fresh } });
      codes.push((await next()).payload.code);
    }
    expect(codes).toEqual([undefined, 'RATE_LIMITED']);
  });
});

describe('a gateway that closes', () => {
  it('sends clients elsewhere one after another, each with its cursors', async () => {
    const gateway = await start({ edge: { lasting: { drainMs: 300 } } });
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(gateway)));
    for (const { subscribe } of clients) {
      subscribe('1');
      subscribe('2');
    }
    await opened(40);
    for (const { request, push } of live.opened) push({ renamed: null }, `of ${request.id}`);
    live.opened[0]?.push({ renamed: null });
    const closing = gateway.close();
    await vi.waitFor(() => expect(clients.some(({ closed }) => closed.code !== undefined)).toBe(true), {
      interval: 1,
    });
    expect(clients.some(({ closed }) => closed.code === undefined)).toBe(true);
    await closing;
    await vi.waitFor(() => {
      for (const { closed } of clients) expect(closed.code).toBe(1012);
    });
    const lasts = clients.map(({ got }) => JSON.parse(got.at(-1) as string));
    const cursors = lasts.flatMap(({ payload }) => Object.values(payload.cursors));
    for (const { type, payload } of lasts) expect([type, payload.code]).toEqual(['ping', 'GATEWAY_DRAINING']);
    /* One of them has none. */
    expect(new Set(cursors).size).toBe(39);
    for (const { isLeft } of live.opened) expect(isLeft).toBe(true);
    await isEmpty(gateway);
  });
});
