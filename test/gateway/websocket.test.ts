import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { type Client, type CloseCode, createClient, type ExecutionResult } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { mintToken } from '#gateway/identity/trial.ts';
import type { RunningGateway } from '#gateway/main.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { createWorld, post, resetWorld, until, type World } from './fixture.ts';

const ada: Viewer = { kind: 'user', id: 'ada', roles: ['rep'], scopes: [], tenant: 'acme' };
const protocol = 'graphql-transport-ws';
const query = '{ account(id: "1") { name usage { visits } } }';

let world: World;
const authentication = () => ({
  secret: { file: join(world.folder, 'secret') },
  issuer: 'https://id.example',
  audience: 'tributary',
});
const bearer = async () => `Bearer ${await mintToken(authentication(), ada, 60)}`;

let open: (WebSocket | Client)[] = [];
beforeAll(async () => {
  world = await createWorld();
  await writeFile(join(world.folder, 'secret'), 'a secret of more than thirty-two bytes');
});
afterAll(() => world.end());
afterEach(async () => {
  for (const each of open) await (each instanceof WebSocket ? each.terminate() : each.dispose());
  open = [];
  resetWorld(world);
});

const urlOf = (gateway: RunningGateway) => `${gateway.url.replace('http', 'ws')}/graphql`;

function clientOf(gateway: RunningGateway, authorization?: string): Client {
  const client = createClient({
    url: urlOf(gateway),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...(authorization === undefined ? {} : { connectionParams: { authorization } }),
  });
  open.push(client);
  return client;
}

/** The one answer of an operation; rejects with the errors that refused it, or with why the connection was closed. */
function ask(client: Client, text: string, variables?: Record<string, unknown>): Promise<ExecutionResult> {
  return new Promise((resolve, reject) => {
    let answer: ExecutionResult | undefined;
    client.subscribe(
      { query: text, ...(variables && { variables }) },
      {
        next: (result) => {
          answer = result as ExecutionResult;
        },
        error: reject,
        complete: () => (answer === undefined ? reject(new Error('nothing came')) : resolve(answer)),
      },
    );
  });
}

function socketOf(gateway: RunningGateway, headers: Record<string, string> = {}): WebSocket {
  const socket = new WebSocket(urlOf(gateway), protocol, { headers });
  socket.on('error', () => {});
  open.push(socket);
  return socket;
}

async function closing(socket: WebSocket): Promise<{ code: CloseCode | number; reason: string }> {
  const [code, reason] = await once(socket, 'close');
  return { code, reason: String(reason) };
}

/** Status and body of the answer to a request to upgrade. */
async function refusalOf(gateway: RunningGateway, headers: Record<string, string>) {
  const asking = request(`${gateway.url}/graphql`, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': protocol,
      ...headers,
    },
  }).end();
  const [response] = await once(asking, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode as number, body: JSON.parse(text) };
}

describe('GraphQL over a WebSocket', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await world.start();
  });

  it('answers queries as HTTP does, several at once', async () => {
    const client = clientOf(gateway);
    const { data } = await post(gateway, { query });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(client, query)));
    for (const answer of answers) expect(answer).toEqual({ data });
  });

  it('answers mutations, with variables', async () => {
    const answer = await ask(
      clientOf(gateway),
      'mutation M($name: String!) { rename(id: "2", name: $name) { name } }',
      { name: 'Berta' },
    );
    expect(answer).toEqual({ data: { rename: { name: 'Berta' } } });
  });

  it('answers errors beside data, and refuses what cannot be executed', async () => {
    const client = clientOf(gateway);
    const partial = await ask(client, '{ account(id: "malformed") { name } }');
    expect(partial).toMatchObject({
      data: { account: null },
      errors: [{ path: ['account'], extensions: { code: 'BAD_USER_INPUT' } }],
    });
    await expect(ask(client, '{ nobody { name } other }')).rejects.toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
    await expect(ask(client, '{ account(')).rejects.toMatchObject([
      { extensions: { code: 'GRAPHQL_PARSE_FAILED' } },
    ]);
  });

  it('writes one line to the log for each operation', async () => {
    await ask(clientOf(gateway), `query Named ${query}`);
    await until(() => world.log.some(({ operation }) => operation === 'Named'));
    expect(world.log.filter(({ operation }) => operation === 'Named')).toMatchObject([
      { status: 200, fetches: 2 },
    ]);
  });

  it('ends the fetches of a client that no longer waits', async () => {
    world.accounts.behaviour = () => {};
    const done = clientOf(gateway).subscribe(
      { query },
      { next: () => {}, error: () => {}, complete: () => {} },
    );
    await until(() => world.accounts.seen.length === 1);
    done();
    await world.accounts.seen[0]?.abandoned;
  });

  it('ends the fetches of a client that went away', async () => {
    world.accounts.behaviour = () => {};
    const client = clientOf(gateway);
    const gone = ask(client, query).catch(() => {});
    await until(() => world.accounts.seen.length === 1);
    client.terminate();
    await world.accounts.seen[0]?.abandoned;
    await gone;
  });

  it('leaves a pong that looks like an answer as it is', async () => {
    const socket = socketOf(gateway);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'ping', payload: { body: 1 } }));
    const [message] = await once(socket, 'message');
    expect(JSON.parse(String(message))).toEqual({ type: 'pong', payload: { body: 1 } });
  });

  it('closes for what the protocol does not know', async () => {
    const wrong = new WebSocket(urlOf(gateway), 'graphql-ws');
    open.push(wrong);
    wrong.on('error', () => {});
    await once(wrong, 'error');
    const early = socketOf(gateway);
    await once(early, 'open');
    early.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
    expect(await closing(early)).toMatchObject({ code: 4401 });
    const garbage = socketOf(gateway);
    await once(garbage, 'open');
    garbage.send('{');
    expect(await closing(garbage)).toMatchObject({ code: 4400 });
  });

  it('leaves clients that offer another protocol to HTTP', async () => {
    const asking = request(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { connection: 'Upgrade', upgrade: 'h2c', 'content-type': 'application/json' },
    });
    asking.end(JSON.stringify({ query }));
    const [response] = await once(asking, 'response');
    expect(response.statusCode).toBe(200);
    response.resume();
  });

  it('answers other paths as HTTP does, and closes', async () => {
    const asking = request(`${gateway.url}/nowhere`, {
      headers: { connection: 'Upgrade', upgrade: 'websocket' },
    }).end();
    const [response] = await once(asking, 'response');
    expect(response.statusCode).toBe(404);
    response.resume();
    await once(response, 'close');
  });
});

describe('a page in a browser', () => {
  it('opens a WebSocket only from the gateway itself or an origin of the list', async () => {
    const gateway = await world.start({ edge: { browser: { origins: ['https://crm.example'] } } });
    for (const origin of ['https://crm.example', gateway.url]) {
      const socket = socketOf(gateway, { origin });
      await once(socket, 'open');
    }
    const refused = await refusalOf(gateway, { origin: 'https://evil.example' });
    expect(refused).toMatchObject({
      status: 403,
      body: { errors: [{ extensions: { code: 'ORIGIN_NOT_ALLOWED' } }] },
    });
  });

  it('cannot reach a gateway of this machine by another name', async () => {
    const gateway = await world.start();
    const refused = await refusalOf(gateway, { host: 'evil.example', origin: 'http://evil.example' });
    expect(refused).toMatchObject({
      status: 421,
      body: { errors: [{ extensions: { code: 'HOST_NOT_SERVED' } }] },
    });
  });
});

describe('who asks over a WebSocket', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await world.start({ authentication: authentication() });
  });

  it('is said in connection_init, or by the request that opens it', async () => {
    expect(await ask(clientOf(gateway, await bearer()), query)).toHaveProperty('data.account.name');
    const socket = socketOf(gateway, { authorization: await bearer() });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    const [message] = await once(socket, 'message');
    expect(JSON.parse(String(message))).toEqual({ type: 'connection_ack' });
    await ask(clientOf(gateway, await bearer()), `query Whose ${query}`);
    await until(() => world.log.some(({ operation }) => operation === 'Whose'));
    expect(world.log.find(({ operation }) => operation === 'Whose')).toMatchObject({
      viewer: 'ada',
      tenant: 'acme',
    });
  });

  it.each([[undefined], ['Bearer nonsense']])('is refused as %s', async (authorization) => {
    const socket = socketOf(gateway);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
    expect(await closing(socket)).toEqual({ code: 4403, reason: 'UNAUTHENTICATED' });
  });

  it('is looked at again for each operation', async () => {
    const socket = socketOf(gateway);
    await once(socket, 'open');
    const authorization = `Bearer ${await mintToken(authentication(), ada, 1)}`;
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
    await once(socket, 'message');
    const refused = new Promise<string>((resolve) => {
      socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'error') resolve(message.payload[0].extensions.code);
        if (message.type === 'complete') ask();
      });
    });
    let asked = 0;
    const ask = () => {
      asked += 1;
      socket.send(JSON.stringify({ id: String(asked), type: 'subscribe', payload: { query } }));
    };
    ask();
    expect(await refused).toBe('UNAUTHENTICATED');
    expect(asked).toBeGreaterThan(1);
  });

  it('is counted by the same rate as over HTTP', async () => {
    const limited = await world.start({ authentication: authentication(), edge: { rates: { viewer: 2 } } });
    const authorization = await bearer();
    await post(limited, { query }, { authorization });
    const client = clientOf(limited, authorization);
    expect(await ask(client, query)).toHaveProperty('data');
    await expect(ask(client, query)).rejects.toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
  });
});

describe('the bounds of a WebSocket', () => {
  it('close a connection whose client says nothing', async () => {
    const gateway = await world.start({ edge: { webSocket: { initMs: 20 } } });
    expect(await closing(socketOf(gateway))).toMatchObject({ code: 4408 });
  });

  it('end a connection whose client no longer answers', async () => {
    const gateway = await world.start({ edge: { webSocket: { pingMs: 20 } } });
    const alive = socketOf(gateway);
    const deaf = new WebSocket(urlOf(gateway), protocol, { autoPong: false });
    open.push(deaf);
    deaf.on('error', () => {});
    expect(await closing(deaf)).toMatchObject({ code: 1006 });
    expect(alive.readyState).toBe(WebSocket.OPEN);
  });

  it('refuse an operation beyond those that may be under way', async () => {
    const gateway = await world.start({ edge: { webSocket: { operations: 2 } } });
    world.accounts.behaviour = () => {};
    const client = clientOf(gateway);
    void ask(client, query).catch(() => {});
    void ask(client, query).catch(() => {});
    await expect(ask(client, query)).rejects.toMatchObject([{ extensions: { code: 'TOO_MANY_OPERATIONS' } }]);
  });

  it('refuse a message that is larger than a request may be', async () => {
    const gateway = await world.start({ limits: { bodyBytes: 1_000 } });
    const socket = socketOf(gateway);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { filler: 'x'.repeat(1_000) } }));
    expect(await closing(socket)).toMatchObject({ code: 1009 });
  });

  it('end a client that lets answers wait', async () => {
    const gateway = await world.start({ edge: { webSocket: { waitingBytes: 1_000 } } });
    const socket = socketOf(gateway);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await once(socket, 'message');
    socket.pause();
    const closed = once(socket, 'close');
    const filler = 'x'.repeat(100_000);
    const flood = setInterval(() => {
      for (let nth = 0; nth < 20; nth += 1)
        socket.send(JSON.stringify({ type: 'ping', payload: { filler } }));
      if (socket.bufferedAmount > 0 || socket.readyState !== WebSocket.OPEN) socket.resume();
    }, 5);
    try {
      const [code] = await closed;
      expect([1006, 4429]).toContain(code);
    } finally {
      clearInterval(flood);
    }
  });
});

describe('a gateway that closes', () => {
  it('says so to idle connections, after the answers under way', async () => {
    const gateway = await world.start();
    const socket = socketOf(gateway);
    await once(socket, 'open');
    let answer = () => {};
    world.accounts.behaviour = (_, response) => {
      answer = () =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"account":null}}');
    };
    const client = clientOf(gateway);
    const answered = ask(client, query);
    await until(() => world.accounts.seen.length === 1);
    const closed = closing(socket);
    const gone = gateway.close();
    answer();
    expect(await answered).toEqual({ data: { account: null } });
    expect(await closed).toEqual({ code: 1012, reason: 'GATEWAY_DRAINING' });
    await gone;
  });
});
