import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, type GraphqlAnswer, serveForTest } from '#test/harness/subgraph.ts';
import type { RequestContext } from './context.ts';
import { type RunningSubgraph, type Subgraph, serveSubgraph } from './serve.ts';

/** A subgraph whose one field answers when `release` is called, and shows the context it got. */
function waitingSubgraph() {
  const asked = Promise.withResolvers<RequestContext>();
  const released = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  let isStoreThere = true;
  const subgraph: Subgraph = {
    name: 'waiting',
    sdl: 'type Query { wait: String }',
    resolvers: {
      Query: {
        wait: async (_: unknown, __: unknown, context: RequestContext) => {
          asked.resolve(context);
          await released.promise;
          return 'done';
        },
      },
    },
    context: (request) => request,
    ping: async () => {
      if (!isStoreThere) throw new Error('secret of the store');
    },
    close: async () => closed.resolve(),
  };
  return {
    subgraph,
    asked: asked.promise,
    release: released.resolve,
    closed: closed.promise,
    loseStore: () => {
      isStoreThere = false;
    },
  };
}

describe('a served subgraph', () => {
  let running: RunningSubgraph | undefined;
  afterEach(() => running?.close());

  it('keeps the signal of a request until it is answered', async () => {
    const { subgraph, asked, release } = waitingSubgraph();
    running = await serveForTest(subgraph);
    const answer = ask(running.url, '{ wait }');
    const { signal } = await asked;
    // Another request through the whole server: by then the first one's body is long read.
    await ask(running.url, '{ __typename }');
    expect(signal.aborted).toBe(false);
    release();
    expect((await answer).data).toEqual({ wait: 'done' });
    expect(signal.aborted).toBe(false);
  });

  it('aborts it when the client goes away', async () => {
    const { subgraph, asked, release } = waitingSubgraph();
    running = await serveForTest(subgraph);
    const client = new AbortController();
    const answer = fetch(running.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ wait }' }),
      signal: client.signal,
    }).catch(() => 'gone');
    const { signal } = await asked;
    client.abort();
    expect(await answer).toBe('gone');
    await expect.poll(() => signal.aborted).toBe(true);
    release();
  });

  it('answers what is in flight before it closes, and then closes its store', async () => {
    const { subgraph, asked, release, closed } = waitingSubgraph();
    const served = await serveForTest(subgraph);
    const answer = ask(served.url, '{ wait }');
    await asked;
    const closing = served.close();
    release();
    expect((await answer).data).toEqual({ wait: 'done' });
    await closing;
    await closed;
  });

  it('takes the request id of the gateway', async () => {
    const { subgraph, asked, release } = waitingSubgraph();
    running = await serveForTest(subgraph);
    release();
    await fetch(running.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'request-7' },
      body: JSON.stringify({ query: '{ wait }' }),
    });
    expect((await asked).requestId).toBe('request-7');
  });

  it('says at /health whether its store answers, without telling why', async () => {
    const { subgraph, loseStore } = waitingSubgraph();
    running = await serveForTest(subgraph);
    const health = running.url.replace('/graphql', '/health');
    expect((await fetch(health)).status).toBe(200);
    loseStore();
    const response = await fetch(health);
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain('secret');
  });

  it('says in one line that its port is in use, and closes its store', async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const { port } = taken.address() as AddressInfo;
    const { subgraph, closed } = waitingSubgraph();
    const served = serveSubgraph(subgraph, { host: '127.0.0.1', port, log: pino({ level: 'silent' }) });
    await expect(served).rejects.toThrow(`Port ${port} for the waiting subgraph is in use`);
    await closed;
    await new Promise((done) => taken.close(done));
  });

  it.each([
    ['no JSON', '{', /JSON/],
    ['no GraphQL', JSON.stringify({ query: '{' }), /Syntax Error/],
    ['another schema', JSON.stringify({ query: '{ nope }' }), /Cannot query field "nope"/],
  ])('refuses %s and says why', async (_, body, why) => {
    const { subgraph } = waitingSubgraph();
    running = await serveForTest(subgraph);
    const response = await fetch(running.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as GraphqlAnswer;
    expect(errors?.[0]?.extensions?.code).toBe('BAD_REQUEST');
    expect(errors?.[0]?.message).toMatch(why);
  });
});
