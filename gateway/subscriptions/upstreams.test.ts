import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { parse } from 'graphql';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { closeTargets, openTargets, type SubgraphTarget } from '#gateway/fetching/targets.ts';
import type { TokenViewer } from '#gateway/identity/internal-token.ts';
import { sharingWithDefaults } from '#gateway/options.ts';
import type { GatewayError } from '#gateway/pipeline/errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { fetchOperation, requestOf } from '#gateway/plan/requests.ts';
import type { SubgraphAnswer } from '#gateway/plan/types.ts';
import { executionOver } from '#test/harness/execution.ts';
import { type LiveSubgraph, startLiveSubgraph } from '#test/harness/live-subgraph.ts';
import { collectLog } from '#test/harness/log.ts';
import type { UpstreamListener } from './upstream-connection.ts';
import type { UpstreamOptions } from './upstream-options.ts';
import { openUpstreams, type Upstreams } from './upstreams.ts';

const ada: Viewer = { kind: 'user', id: 'ada', roles: ['rep'], scopes: ['x'], tenant: 'acme' };
const text = 'subscription ($of: ID) { ticked(of: $of) { n text } }';

let subgraph: LiveSubgraph;
let upstreams: Upstreams;
let collected: ReturnType<typeof collectLog>;
const targets: ReadonlyMap<string, SubgraphTarget>[] = [];
const endings: (() => unknown)[] = [];

beforeEach(async () => {
  collected = collectLog();
  subgraph = await startLiveSubgraph();
  upstreams = open();
});
afterEach(async () => {
  upstreams.close();
  for (const end of endings.splice(0).reverse()) await end();
  await subgraph.stop();
  for (const each of targets.splice(0)) await closeTargets(each);
});

/** What vouches for a viewer is readable here. */
const signViewer = (viewer: TokenViewer, name: string) => JSON.stringify([name, viewer.id, viewer.scopes]);

function open(options: Partial<UpstreamOptions> = {}, urls?: Record<string, string>): Upstreams {
  const quick = { retryMs: 5, longestRetryMs: 20, connectMs: 2_000, ...options };
  const opened = openUpstreams({ log: collected.logger, signViewer, urls, options: quick });
  endings.push(opened.close);
  return opened;
}

function target({
  url = subgraph.url,
  bytes = 10_000,
  byViewer = false,
  shares = true,
} = {}): SubgraphTarget {
  const sharing = shares ? { ...sharingWithDefaults(), byViewer } : undefined;
  const limits = { timeoutMs: 1_000, connections: 1, maxWaiting: 1, maxAnswerBytes: bytes, sharing };
  const opened = openTargets(new Map([['ticks', url]]), () => limits, collected.logger);
  targets.push(opened);
  return opened.get('ticks')!;
}

function ask(operation = text, variables = '') {
  const asking = {
    subgraph: 'ticks',
    kind: 'subscription',
    operation: fetchOperation(operation, undefined),
  } as const;
  return requestOf(asking, undefined, variables);
}

/** Subscribes and keeps what is told, in words. */
function listen(
  question: {
    target?: SubgraphTarget;
    viewer?: Viewer;
    text?: string;
    variables?: string;
    forwarded?: readonly string[];
    from?: Upstreams;
  } = {},
) {
  const told: unknown[] = [];
  const answers: SubgraphAnswer[] = [];
  let error: GatewayError | undefined;
  const listener: UpstreamListener = {
    next(answer) {
      answers.push(answer);
      told.push(
        answer.kind === 'answer' ? (answer.data?.ticked as { n?: number } | undefined)?.n : answer.code,
      );
    },
    reconnected: () => void told.push('reconnected'),
    ended: () => void told.push('ended'),
    failed(given) {
      error = given;
      told.push(given.code);
    },
  };
  const leave = (question.from ?? upstreams).subscribe(
    {
      target: question.target ?? target(),
      viewer: question.viewer ?? ada,
      request: ask(question.text, question.variables),
      forwarded: question.forwarded ?? [],
    },
    listener,
  );
  return { told, answers, leave, error: () => error };
}

const running = (count: number) => vi.waitFor(() => expect(subgraph.running).toHaveLength(count));
/** The gateway has noticed that a connection is gone. */
const lost = () => expect.poll(collected.text).toContain('subscriptions of a subgraph are lost');
const nothingIsLeft = () =>
  vi.waitFor(() => {
    expect(upstreams.numbers()).toEqual({ connections: 0, operations: 0 });
    expect([subgraph.running, subgraph.sockets.size]).toEqual([[], 0]);
  });

describe('events of a subgraph', () => {
  test('come in order until the last listener leaves', async () => {
    const one = listen();
    await running(1);
    for (let n = 1; n <= 3; n++) subgraph.tick({ n });
    await expect.poll(() => one.told).toEqual([1, 2, 3]);
    expect(one.answers[0]).toEqual({ kind: 'answer', data: { ticked: { n: 1, text: null } }, errors: [] });
    one.leave();
    one.leave();
    await nothingIsLeft();
  });

  test('are asked for once where operation, variables and rights are the same, and marked as shared', async () => {
    const [first, second, other, elsewhere] = [
      listen(),
      listen({ viewer: { ...ada, id: 'bert' } }),
      listen({ variables: '"of":"7"' }),
      listen({ viewer: { ...ada, scopes: [] } }),
    ];
    await running(3);
    expect(upstreams.numbers()).toEqual({ connections: 2, operations: 3 });
    subgraph.tick({ n: 1, of: '8' });
    subgraph.tick({ n: 2, of: '7' });
    await expect
      .poll(() => [first, second, other, elsewhere].map(({ told }) => told))
      .toEqual([[1, 2], [1, 2], [2], [1, 2]]);
    expect(first.answers[0]).toBe(second.answers[0]);
    expect([first, other].map(({ answers }) => answers[0])).toMatchObject([{ shared: true }, {}]);
    expect(other.answers[0]).not.toHaveProperty('shared');
    first.leave();
    other.leave();
    await running(2);
    subgraph.tick({ n: 3 });
    await expect.poll(() => second.told).toEqual([1, 2, 3]);
    second.leave();
    elsewhere.leave();
    await nothingIsLeft();
    expect(first.told).toEqual([1, 2]);
  });

  test.each([
    ['sharing is by viewer', { byViewer: true }, 2, 2, ['ada', 'bert']],
    ['nothing is shared', { shares: false }, 2, 2, ['ada', 'bert']],
    ['sharing is by rights', {}, 1, 1, [null]],
  ])('are told who asks where %s', async (_, settings, connections, operations, ids) => {
    for (const id of ['ada', 'bert']) listen({ target: target(settings), viewer: { ...ada, id } });
    await running(operations);
    expect(upstreams.numbers()).toEqual({ connections, operations });
    const tokens = ids.map((id) => JSON.stringify(['ticks', id, ['x']]));
    expect(subgraph.seen.map(({ header }) => header).toSorted()).toEqual(tokens.toSorted());
    expect(subgraph.seen.map(({ init }) => init)).toEqual(
      subgraph.seen.map(({ header }) => ({ 'x-tributary-viewer': header })),
    );
  });

  test('of one viewer are asked for twice where nothing is shared, over one connection', async () => {
    const settings = target({ shares: false });
    const both = [listen({ target: settings }), listen({ target: settings })];
    await running(2);
    expect(upstreams.numbers()).toEqual({ connections: 1, operations: 2 });
    for (const { leave } of both) leave();
    await nothingIsLeft();
  });

  test('are what the rest of a plan is executed on', async () => {
    const { compile } = executionOver({
      ticks: `
        type Query { now: Int }
        type Subscription { ticked(of: ID): Tick! refused: Tick! }
        type Tick { n: Int! text: String }
      `,
    });
    const plan = compile(parse('subscription Q($of: ID) { tick: ticked(of: $of) { id: text n } }'));
    const variables = { of: '7' };
    const bodies: string[] = [];
    const leave = upstreams.subscribe(
      { target: target(), viewer: ada, request: plan.primary!(variables), forwarded: [] },
      {
        async next(answer) {
          const { signal } = new AbortController();
          const result = await plan.execute({ variables, signal, fetch: async () => answer });
          bodies.push(result.body.toString());
        },
        reconnected: () => {},
        ended: () => {},
        failed: () => {},
      },
    );
    await running(1);
    subgraph.tick({ n: 1, of: '8' });
    subgraph.tick({ n: 2, of: '7', text: 'two' });
    await expect.poll(() => bodies).toEqual(['{"data":{"tick":{"id":"two","n":2}}}']);
    leave();
  });

  test('come from the URL that is given for them', async () => {
    const from = open({}, { ticks: subgraph.url.replace('http', 'ws') });
    const one = listen({ target: target({ url: 'http://127.0.0.1:1/' }), from });
    await running(1);
    one.leave();
    expect(() => open({}, { ticks: 'http://127.0.0.1:1' })).toThrow(/subgraph "ticks" is "http:.*ws:/);
  });

  test('that are no GraphQL answers are failures', async () => {
    const server = await rawServer((socket, { id, type }) => {
      if (type === 'subscribe') socket.send(JSON.stringify({ id, type: 'next', payload: { data: 1 } }));
    });
    const one = listen({ target: target({ url: server }) });
    await expect.poll(() => one.told).toEqual(['SUBGRAPH_INVALID_ANSWER']);
  });

  test('that a listener cannot take harm nobody else', async () => {
    const settings = target();
    const broken: UpstreamListener = {
      next() {
        throw new Error('fault');
      },
      reconnected: () => {},
      ended: () => {},
      failed: () => {},
    };
    upstreams.subscribe({ target: settings, viewer: ada, request: ask(), forwarded: [] }, broken);
    const one = listen({ target: settings });
    await running(1);
    subgraph.tick({ n: 1 });
    subgraph.tick({ n: 2 });
    await expect.poll(() => one.told).toEqual([1, 2]);
  });
});

describe('the end of a subscription', () => {
  test('is told when the subgraph has no more', async () => {
    const one = listen();
    await running(1);
    subgraph.finish();
    await expect.poll(() => one.told).toEqual(['ended']);
    await nothingIsLeft();
  });

  test('is told in the subgraph’s own words where it refuses the operation', async () => {
    const [one, other] = [listen({ text: 'subscription { refused { n } }' }), listen()];
    await expect.poll(() => one.told).toEqual([undefined, 'ended']);
    expect(one.answers).toMatchObject([{ data: null, errors: [{ extensions: { code: 'NO_TICKS' } }] }]);
    await running(1);
    subgraph.tick({ n: 1 });
    await expect.poll(() => other.told).toEqual([1]);
    const invalid = listen({ text: 'subscription { nothing }' });
    await expect.poll(() => invalid.told).toEqual(['SUBGRAPH_ERROR']);
    expect(invalid.error()).toMatchObject({
      status: 502,
      errors: [{ message: expect.stringMatching(/Cannot query field/), extensions: { subgraph: 'ticks' } }],
    });
  });

  test.each([401, 404])('is told where the upgrade is answered with %i', async (status) => {
    const url = await plainServer(status);
    const one = listen({ target: target({ url }) });
    await expect.poll(() => one.told).toEqual(['SUBSCRIPTION_UNAVAILABLE']);
    await nothingIsLeft();
  });

  test('is told where the viewer is refused, and whoever asks again begins anew', async () => {
    let isWelcome = false;
    const strict = await startLiveSubgraph({ acknowledges: () => isWelcome });
    endings.push(strict.stop);
    const settings = target({ url: strict.url });
    const again: ReturnType<typeof listen>[] = [];
    const leave = upstreams.subscribe(
      { target: settings, viewer: ada, request: ask(), forwarded: [] },
      {
        next: () => {},
        reconnected: () => {},
        ended: () => {},
        failed() {
          isWelcome = true;
          again.push(listen({ target: settings }));
        },
      },
    );
    await vi.waitFor(() => expect(strict.running).toHaveLength(1));
    leave();
    strict.tick({ n: 1 });
    await expect.poll(() => again[0]?.told).toEqual([1]);
  });

  test('is an error where it would be a connection too many', () => {
    const from = open({ connections: 1 });
    listen({ from }).leave();
    listen({ from });
    expect(() => listen({ from, viewer: { ...ada, tenant: 'other' } })).toThrow(
      expect.objectContaining({ code: 'UPSTREAM_LIMIT_EXCEEDED' }),
    );
    listen({ from });
    expect(from.numbers()).toEqual({ connections: 1, operations: 1 });
  });
});

describe('a connection that is lost', () => {
  test('comes back by itself, and whoever may have missed something is told', async () => {
    const settings = target();
    const one = listen({ target: settings });
    await running(1);
    for (const round of [1, 2]) {
      await subgraph.stop();
      await running(0);
      await subgraph.start();
      await running(1);
      subgraph.tick({ n: round });
      await expect.poll(() => one.told.at(-1)).toBe(round);
    }
    expect(one.told).toEqual(['reconnected', 1, 'reconnected', 2]);
    expect(subgraph.seen).toHaveLength(3);
    one.leave();
    await nothingIsLeft();
  });

  test('is news only to those who were there', async () => {
    const settings = target();
    const [one, gone] = [listen({ target: settings }), listen({ target: settings })];
    await running(1);
    await subgraph.stop();
    await lost();
    const late = listen({ target: settings });
    const other = listen({ target: settings, variables: '"of":"1"' });
    gone.leave();
    await subgraph.start();
    await running(2);
    subgraph.tick({ n: 1, of: '1' });
    await expect
      .poll(() => [one, late, other, gone].map(({ told }) => told))
      .toEqual([['reconnected', 1], [1], [1], []]);
  });

  test('is tried for as long as somebody listens, from a subgraph that is not there at first too', async () => {
    await subgraph.stop();
    const one = listen();
    await expect.poll(() => upstreams.numbers().connections).toBe(1);
    await subgraph.start();
    await running(1);
    subgraph.tick({ n: 1 });
    await expect.poll(() => one.told).toEqual([1]);
  });

  test('is not tried once nobody listens', async () => {
    const one = listen();
    await running(1);
    await subgraph.stop();
    await running(0);
    await lost();
    one.leave();
    expect(upstreams.numbers()).toEqual({ connections: 0, operations: 0 });
    await subgraph.start();
    listen({ viewer: { ...ada, scopes: [] } });
    await running(1);
    expect(subgraph.seen.map(({ header }) => header)).toEqual(
      [['x'], []].map((scopes) => JSON.stringify(['ticks', null, scopes])),
    );
  });

  test('leaves no timer and no socket once nobody listens, in whatever state it is', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const mute = createServer().on('upgrade', (_, socket) =>
      socket.resume().on('end', () => socket.destroy()),
    );
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const held = new Set<Socket>();
    mute.on('connection', (socket) => held.add(socket.on('close', () => held.delete(socket))));
    endings.push(() => mute.close().closeAllConnections());
    const before = timers();
    const unanswered = listen({
      target: target({ url: `http://127.0.0.1:${(mute.address() as AddressInfo).port}` }),
    });
    const waiting = listen({ from: open({ retryMs: 60_000, longestRetryMs: 60_000 }) });
    await vi.waitFor(() => expect([held.size, subgraph.running.length]).toEqual([1, 1]));
    await subgraph.stop();
    await lost();
    unanswered.leave();
    waiting.leave();
    await vi.waitFor(() => {
      expect(held.size).toBe(0);
      expect(timers()).toBeLessThanOrEqual(before);
    });
  });

  test('is found where the subgraph answers no ping', async () => {
    const from = open({ pingMs: 20, pongMs: 300 });
    const one = listen({ from });
    await running(1);
    const [hanging] = subgraph.sockets;
    hanging?.pause();
    await expect.poll(() => one.told[0]).toBe('reconnected');
    hanging?.terminate();
    one.leave();
  });

  test('is given up where it is not acknowledged in time', async () => {
    let asked = 0;
    const slow = await startLiveSubgraph({
      acknowledges: () => (++asked < 3 ? new Promise<boolean>(() => {}) : true),
    });
    endings.push(slow.stop);
    const one = listen({ target: target({ url: slow.url }), from: open({ connectMs: 300 }) });
    await vi.waitFor(() => expect(slow.running).toHaveLength(1));
    slow.tick({ n: 1 });
    await expect.poll(() => one.told).toEqual([1]);
    expect(asked).toBeGreaterThanOrEqual(3);
  });

  test.each([
    ['is no JSON', '{'],
    ['is none of the protocol', '{"type":"hello"}'],
    ['is too large', JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(2_000) } })],
  ])('begins anew after a frame that %s', async (_, frame) => {
    let subscribed = 0;
    const url = await rawServer((socket, { id, type }) => {
      if (type !== 'subscribe') return;
      const payload = { data: { ticked: { n: 1 } } };
      socket.send(++subscribed === 1 ? frame : JSON.stringify({ id, type: 'next', payload }));
    });
    const one = listen({ target: target({ url, bytes: 1_000 }) });
    await expect.poll(() => one.told).toEqual(['reconnected', 1]);
  });

  test('leaves nothing, whenever its listeners leave', async () => {
    for (let step = 0; step < 30; step++) {
      const both = [listen(), listen({ variables: '"of":"1"' })];
      for (let turn = 0; turn < step % 10; turn++) await new Promise(setImmediate);
      for (const { leave } of both) leave();
    }
    await nothingIsLeft();
  });
});

/** A server that acknowledges connections and leaves the rest to the test. */
async function rawServer(
  onMessage: (socket: WebSocket, message: { readonly id: string; readonly type: string }) => void,
): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type === 'connection_init') socket.send('{"type":"connection_ack"}');
      onMessage(socket, message);
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  endings.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function plainServer(status: number): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
