import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Asker, GraphUnavailable, openGraph } from './graph.ts';

const question = {
  query: 'query ($id: ID!) { thing(id: $id) { name } }',
  variables: { id: 'thg_1' },
  data: z.object({ thing: z.object({ name: z.string() }) }),
};

const asker = (extra: Partial<Asker> = {}): Asker => ({
  tenant: 'acme',
  requestId: 'req-1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  signal: new AbortController().signal,
  ...extra,
});

describe('asking the graph', () => {
  let server: Server;
  let url: string;
  let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;

  beforeEach(async () => {
    server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
      answer(request, response, body);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  it('sends the question, who asks and what vouches for it', async () => {
    let seen: { headers: IncomingMessage['headers']; body: unknown } | undefined;
    answer = ({ headers }, response, body) => {
      seen = { headers, body: JSON.parse(body) };
      response.end('{"data":{"thing":{"name":"Thing"}}}');
    };
    const ask = openGraph({ url, headers: ({ tenant }) => ({ authorization: `Bearer of ${tenant}` }) });
    expect(await ask(question, asker())).toEqual({ thing: { name: 'Thing' } });
    expect(seen?.body).toEqual({ query: question.query, variables: { id: 'thg_1' } });
    expect(seen?.headers).toMatchObject({
      authorization: 'Bearer of acme',
      'x-request-id': 'req-1',
      traceparent: asker().traceparent,
    });
  });

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['no JSON', (response) => response.end('<html>'), /no JSON/],
    ['JSON of something else', (response) => response.end('[]'), /none of GraphQL/],
    ['another shape', (response) => response.end('{"data":{"thing":null}}'), /not what was asked for/],
    ['half an answer', (response) => response.write('{"da', () => response.destroy()), /could not/],
    ['too much', (response) => response.end(`"${'x'.repeat(2_000)}"`), /larger than 1000 bytes/],
  ])('takes %s for no answer', async (_, respond, why) => {
    answer = (_request, response) => respond(response);
    const asked = openGraph({ url, headers: () => ({}), maxAnswerBytes: 1_000 })(question, asker());
    await expect(asked).rejects.toThrow(GraphUnavailable);
    await expect(asked).rejects.toThrow(why);
  });

  it('takes what vouches for it to nobody else', async () => {
    const paths: (string | undefined)[] = [];
    answer = ({ url: path }, response) => {
      paths.push(path);
      if (path === '/graphql') response.writeHead(307, { location: '/elsewhere' }).end();
      else response.end('{"data":{"thing":{"name":"Thing"}}}');
    };
    const asked = openGraph({ url, headers: () => ({ authorization: 'Bearer ours' }) })(question, asker());
    await expect(asked).rejects.toThrow(GraphUnavailable);
    expect(paths).toEqual(['/graphql']);
  });

  it('hands on the errors of an answer', async () => {
    const errors = [{ message: 'Not so.', extensions: { code: 'INVALID_ARGUMENT' } }];
    answer = (_request, response) => response.writeHead(200).end(JSON.stringify({ data: null, errors }));
    const asked = openGraph({ url, headers: () => ({}) })(question, asker());
    await expect(asked).rejects.toMatchObject({ name: 'GraphUnavailable', message: 'Not so.', errors });
  });

  it('waits for no longer than its deadline, also for the end of an answer', async () => {
    answer = (_request, response) => response.write('{"data":');
    const asked = openGraph({ url, headers: () => ({}), timeoutMs: 50 })(question, asker());
    await expect(asked).rejects.toThrow(/did not answer within 50 ms/);
  });

  it('ends with the asker, on the wire too', async () => {
    const gone = new AbortController();
    const closed = new Promise<void>((done) => {
      answer = (_request, response) => {
        response.on('close', () => done());
        gone.abort(new Error('nobody waits'));
      };
    });
    const asked = openGraph({ url, headers: () => ({}) })(question, asker({ signal: gone.signal }));
    await expect(asked).rejects.toThrow('nobody waits');
    await closed;
  });

  it('asks nobody where nothing vouches for it, or nobody listens', async () => {
    const unvouched = openGraph({ url, headers: () => Promise.reject(new Error('no token')) });
    await expect(unvouched(question, asker())).rejects.toMatchObject({
      name: 'GraphUnavailable',
      cause: { message: 'no token' },
    });
    const nowhere = openGraph({ url: 'http://127.0.0.1:9/graphql', headers: () => ({}) });
    await expect(nowhere(question, asker())).rejects.toThrow(GraphUnavailable);
  });
});
