import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningGateway } from '#gateway/main.ts';
import { createWorld, post, readGraphQL, type World } from './fixture.ts';

let world: World;
let gateway: RunningGateway;

beforeAll(async () => {
  world = await createWorld();
  gateway = await world.start({ limits: { bodyBytes: 4_096 } });
});
afterAll(() => world.end());

const graphqlJson = { accept: 'application/graphql-response+json' };
const plainJson = { accept: 'application/json' };
const preflight = { 'x-tributary-preflight': '1' };

function get(parameters: Record<string, string>, headers: Record<string, string> = preflight) {
  return fetch(`${gateway.url}/graphql?${new URLSearchParams(parameters)}`, { headers });
}

describe('an answer with data', () => {
  test('comes from both subgraphs', async () => {
    const answer = await post(gateway, { query: '{ account(id: "1") { name usage { visits } } }' });
    expect(answer).toMatchObject({
      status: 200,
      data: { account: { name: 'Ada', usage: { visits: 10 } } },
      errors: [],
    });
  });

  test('takes variables with their defaults', async () => {
    const query =
      'query ($id: ID!, $window: Window = DAY) { account(id: $id) { usage(window: $window) { window } } }';
    const byDefault = await post(gateway, { query, variables: { id: 2 } });
    expect(byDefault.data).toEqual({ account: { usage: { window: 'DAY' } } });
    const given = await post(gateway, { query, variables: { id: 2, window: 'WEEK' } });
    expect(given.data).toEqual({ account: { usage: { window: 'WEEK' } } });
  });

  test('chooses the operation by name', async () => {
    const query = 'query A { account(id: "1") { id } } query B { account(id: "2") { id } }';
    const answer = await post(gateway, { query, operationName: 'B' });
    expect(answer.data).toEqual({ account: { id: '2' } });
  });

  test('executes a mutation by POST', async () => {
    const answer = await post(gateway, { query: 'mutation { rename(id: "2", name: "Bea") { name } }' });
    expect(answer.data).toEqual({ rename: { name: 'Bea' } });
  });

  test('null members of the request count as absent', async () => {
    const body = { query: '{ __typename }', variables: null, operationName: null, extensions: null };
    expect((await post(gateway, body)).data).toEqual({ __typename: 'Query' });
  });

  test.each([
    ['with data null', '{ strict(id: "1") { id } }', null],
    ['with partial data', '{ account(id: "broken") { id } }', { account: null }],
  ])('is 200 in both media types %s', async (_, query, data) => {
    for (const accept of [graphqlJson, plainJson]) {
      const answer = await post(gateway, { query }, accept);
      expect(answer.status).toBe(200);
      expect(answer.data).toEqual(data);
      expect(answer.errors).toHaveLength(1);
      expect(answer.errors[0]?.extensions.subgraph).toBe('accounts');
    }
  });
});

describe('a well-formed request that is refused', () => {
  const several = 'query A { __typename } query B { __typename }';
  const withId = 'query ($id: ID!) { account(id: $id) { id } }';
  test.each([
    ['a syntax error', { query: '{ account(' }, 'GRAPHQL_PARSE_FAILED'],
    ['an empty document', { query: '' }, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', { query: '{ nothing }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown operation name', { query: several, operationName: 'C' }, 'OPERATION_UNKNOWN'],
    [
      'a name for an operation without one',
      { query: '{ __typename }', operationName: 'C' },
      'OPERATION_UNKNOWN',
    ],
    ['several operations without a name', { query: several }, 'OPERATION_NAME_REQUIRED'],
    ['a variable of the wrong type', { query: withId, variables: { id: { a: 1 } } }, 'VARIABLES_INVALID'],
    ['a missing variable', { query: withId }, 'VARIABLES_INVALID'],
  ])('%s is 400, and 200 as application/json', async (_, body, code) => {
    const modern = await post(gateway, body, graphqlJson);
    expect(modern.status).toBe(400);
    expect(modern.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
    expect(modern.data).toBeUndefined();
    expect(modern.errors.map((error) => error.extensions.code)).toEqual([code]);
    const legacy = await post(gateway, body, plainJson);
    expect(legacy.status).toBe(200);
    expect(legacy.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(legacy.errors.map((error) => error.extensions.code)).toEqual([code]);
  });

  test('names value and remedy, and the place in the document', async () => {
    const unknown = await post(gateway, { query: several, operationName: 'C' });
    expect(unknown.errors[0]?.message).toBe(
      'The document holds no operation named "C": name one of "A", "B".',
    );
    const field = await post(gateway, { query: '{ acount(id: 1) { id } }' });
    expect(field.errors[0]).toMatchObject({
      message: expect.stringContaining('"acount"'),
      locations: [{ line: 1, column: 3 }],
    });
  });

  test('lists every error of a document', async () => {
    const answer = await post(gateway, { query: '{ one two }' });
    expect(answer.errors).toHaveLength(2);
  });

  test('the same refusal comes from the kept document', async () => {
    const first = await post(gateway, { query: '{ kept }' });
    const second = await post(gateway, { query: '{ kept }' });
    expect(second.errors).toEqual(first.errors);
  });
});

describe('an HTTP request that is no GraphQL request', () => {
  test.each([
    ['malformed JSON', 'NONSENSE', 400, 'MALFORMED_JSON'],
    ['truncated JSON', '{"query":', 400, 'MALFORMED_JSON'],
    ['an empty body', '', 400, 'MALFORMED_JSON'],
    ['text', '"{ __typename }"', 400, 'BODY_NOT_AN_OBJECT'],
    ['null', 'null', 400, 'BODY_NOT_AN_OBJECT'],
    ['an array of operations', '[{"query":"{ __typename }"}]', 400, 'BATCH_REFUSED'],
    ['no query', '{"qeury":"{ __typename }"}', 400, 'QUERY_MISSING'],
    ['a query of null', '{"query":null}', 400, 'QUERY_MISSING'],
    ['a query that is no text', '{"query":7}', 400, 'QUERY_NOT_TEXT'],
    ['variables that are a list', '{"query":"{a}","variables":[7]}', 400, 'VARIABLES_NOT_AN_OBJECT'],
    ['variables that are text', '{"query":"{a}","variables":"{}"}', 400, 'VARIABLES_NOT_AN_OBJECT'],
    ['a name that is a number', '{"query":"{a}","operationName":1}', 400, 'OPERATION_NAME_NOT_TEXT'],
    ['extensions that are text', '{"query":"{a}","extensions":"x"}', 400, 'EXTENSIONS_NOT_AN_OBJECT'],
    ['a body too large', `{"query":"#${'x'.repeat(5_000)}"}`, 413, 'BODY_TOO_LARGE'],
  ])('%s has the same status in both media types', async (_, body, status, code) => {
    for (const accept of [graphqlJson, plainJson]) {
      const answer = await post(gateway, body, accept);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe(`${accept.accept}; charset=utf-8`);
      expect(answer.errors.map((error) => error.extensions.code)).toEqual([code]);
    }
  });

  test('a body too large is refused without its length being announced', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(`{"query":"#${'x'.repeat(5_000)}"}`));
        controller.close();
      },
    });
    const headers = { 'content-type': 'application/json' };
    /* The browser's types, which come with the pages, know no `duplex`. */
    const init = { method: 'POST', headers, body, duplex: 'half' };
    const response = await fetch(`${gateway.url}/graphql`, init);
    expect(response.status).toBe(413);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/json; charset=latin1',
    'text/plain; application/json',
  ])('a POST of %s is 415', async (contentType) => {
    const answer = await post(gateway, { query: '{ __typename }' }, { 'content-type': contentType });
    expect(answer.status).toBe(415);
    expect(answer.errors[0]?.extensions.code).toBe('UNSUPPORTED_MEDIA_TYPE');
    expect(answer.errors[0]?.message).toContain(contentType);
  });

  test('a POST without Content-Type is 415', async () => {
    const body = new TextEncoder().encode('{"query":"{ __typename }"}');
    const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', body });
    expect(response.status).toBe(415);
    const empty = await fetch(`${gateway.url}/graphql`, { method: 'POST' });
    expect(empty.status).toBe(415);
  });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON',
  ])('a POST of %s is read', async (contentType) => {
    const answer = await post(gateway, { query: '{ __typename }' }, { 'content-type': contentType });
    expect(answer.data).toEqual({ __typename: 'Query' });
  });

  test.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])('%s is 405', async (method) => {
    const response = await fetch(`${gateway.url}/graphql`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, POST');
  });

  test('another path is a problem that says where GraphQL is', async () => {
    const response = await fetch(`${gateway.url}/`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await response.json()).toMatchObject({
      code: 'PATH_UNKNOWN',
      detail: expect.stringContaining('/graphql'),
    });
  });

  test('a path that cannot be decoded is a problem', async () => {
    const response = await fetch(`${gateway.url}/%E0%A4%A`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'MALFORMED_REQUEST' });
  });
});

describe('Accept', () => {
  const modern = 'application/graphql-response+json; charset=utf-8';
  const legacy = 'application/json; charset=utf-8';
  test.each([
    [undefined, modern],
    ['*/*', modern],
    ['application/*', modern],
    ['application/json', legacy],
    ['application/json; charset=utf-8', legacy],
    ['application/graphql-response+json; charset=utf-8, application/json; charset=utf-8', modern],
    ['application/json, application/graphql-response+json', legacy],
    ['application/graphql-response+json;q=0.5, application/json', legacy],
    ['text/html, application/json;q=0.1', legacy],
    ['application/graphql-response+json;q=0, */*;q=0.5', legacy],
  ])('%s is answered with %s', async (accept, contentType) => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(accept === undefined ? {} : { accept }) },
      body: '{"query":"{ __typename }"}',
    };
    const response = await fetch(`${gateway.url}/graphql`, init);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(contentType);
  });

  test.each(['text/html', 'application/json; charset=latin1', 'application/json;q=0'])(
    '%s is 406',
    async (accept) => {
      const answer = await post(gateway, { query: '{ __typename }' }, { accept });
      expect(answer.status).toBe(406);
      expect(answer.errors[0]).toMatchObject({
        message: expect.stringContaining(accept),
        extensions: { code: 'NOT_ACCEPTABLE' },
      });
    },
  );
});

describe('GET', () => {
  const query = 'query ($id: ID!) { account(id: $id) { name } }';

  test('executes a query', async () => {
    const response = await get({ query, variables: '{"id":"1"}', operationName: '', extensions: '{}' });
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await readGraphQL(response)).toMatchObject({ status: 200, data: { account: { name: 'Ada' } } });
  });

  test('refuses a mutation with 405, in both media types, and executes nothing', async () => {
    const mutation = 'mutation { rename(id: "1", name: "Eve") { name } }';
    for (const accept of [graphqlJson, plainJson]) {
      const response = await get({ query: mutation }, { ...preflight, ...accept });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST');
      expect((await readGraphQL(response)).errors[0]?.extensions.code).toBe('MUTATION_OVER_GET');
    }
    const after = await post(gateway, { query: '{ account(id: "1") { name } }' });
    expect(after.data).toEqual({ account: { name: 'Ada' } });
  });

  test('executes the query that a document holds beside a mutation', async () => {
    const both = 'query Q { __typename } mutation M { rename(id: "1", name: "Eve") { name } }';
    expect((await get({ query: both, operationName: 'Q' })).status).toBe(200);
    expect((await get({ query: both, operationName: 'M' })).status).toBe(405);
  });

  test.each([
    ['no query', {}, 'QUERY_MISSING'],
    ['variables that are no JSON', { query, variables: '{id' }, 'MALFORMED_JSON'],
    ['variables that are a list', { query, variables: '[]' }, 'VARIABLES_NOT_AN_OBJECT'],
  ])('%s is 400', async (_, parameters, code) => {
    const answer = await readGraphQL(await get(parameters as Record<string, string>));
    expect(answer.status).toBe(400);
    expect(answer.errors[0]?.extensions.code).toBe(code);
  });

  test('a query given twice is 400', async () => {
    const response = await fetch(`${gateway.url}/graphql?query={a}&query={b}`, { headers: preflight });
    expect((await readGraphQL(response)).errors[0]?.extensions.code).toBe('QUERY_NOT_TEXT');
  });

  test('is refused without a header that forces a preflight', async () => {
    const answer = await readGraphQL(await get({ query: '{ __typename }' }, {}));
    expect(answer.status).toBe(400);
    expect(answer.errors[0]).toMatchObject({
      message: expect.stringContaining('x-tributary-preflight'),
      extensions: { code: 'PREFLIGHT_REQUIRED' },
    });
    const simple = await get({ query: '{ __typename }' }, { 'content-type': 'text/plain' });
    expect(simple.status).toBe(400);
  });

  test.each([
    ['x-tributary-preflight', '1'],
    ['apollo-require-preflight', 'true'],
    ['content-type', 'application/json'],
  ])('is executed with %s', async (name, value) => {
    expect((await get({ query: '{ __typename }' }, { [name]: value })).status).toBe(200);
  });
});
