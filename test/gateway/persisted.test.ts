import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunningGateway } from '#gateway/main.ts';
import { createWorld, post, readGraphQL, resetWorld, type World } from './fixture.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.end());
beforeEach(() => resetWorld(world));

const graphqlJson = { accept: 'application/graphql-response+json' };
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const extensionFor = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: hashOf(text) } });

function get(
  gateway: RunningGateway,
  parameters: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = { 'apollo-require-preflight': 'true' },
) {
  return fetch(`${gateway.url}/graphql?${new URLSearchParams(parameters)}`, { headers }).then(readGraphQL);
}

describe('automatic persisted queries', () => {
  /** Another text for each test, so that none of them is known to the gateway. */
  let query: string;
  let extensions: ReturnType<typeof extensionFor>;
  let gateway: RunningGateway;
  let count = 0;
  beforeAll(async () => {
    gateway = await world.start();
  });
  beforeEach(() => {
    count += 1;
    query = `query Q${count}($id: ID!) { account(id: $id) { name } }`;
    extensions = extensionFor(query);
  });
  const variables = { id: '1' };
  const notFound = [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }];

  test('by POST: the hash, the hash with the text, the hash from then on', async () => {
    for (const headers of [{}, graphqlJson, { accept: 'application/json' }]) {
      const unknown = await post(gateway, { extensions, variables }, headers);
      expect(unknown).toMatchObject({ status: 200, data: undefined, errors: notFound });
    }
    expect(world.accounts.seen).toHaveLength(0);
    const sent = await post(gateway, { query, extensions, variables });
    expect(sent.data).toEqual({ account: { name: 'Ada' } });
    const known = await post(gateway, { extensions, variables: { id: '2' } });
    expect(known.data).toEqual({ account: { name: 'Bert' } });
  });

  test('by GET', async () => {
    const parameters = { extensions: JSON.stringify(extensions), variables: JSON.stringify(variables) };
    expect(await get(gateway, parameters)).toMatchObject({ status: 200, errors: notFound });
    const sent = await get(gateway, { ...parameters, query });
    expect(sent.data).toEqual({ account: { name: 'Ada' } });
    const known = await get(gateway, parameters);
    expect(known.data).toEqual({ account: { name: 'Ada' } });
    expect(known.headers.get('cache-control')).toBe('no-store');
  });

  test('a hash is no way around the preflight', async () => {
    const parameters = { extensions: JSON.stringify(extensions), variables: JSON.stringify(variables) };
    await post(gateway, { query, extensions, variables });
    resetWorld(world);
    for (const contentType of ['text/plain', 'application/x-www-form-urlencoded']) {
      const answer = await get(gateway, parameters, { 'content-type': contentType });
      expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { code: 'PREFLIGHT_REQUIRED' } }] });
    }
    expect(world.accounts.seen).toHaveLength(0);
  });

  test('a mutation is kept, and executed by POST only', async () => {
    const mutation = 'mutation { rename(id: "2", name: "Bert") { name } }';
    const known = { extensions: extensionFor(mutation) };
    await post(gateway, { query: mutation, ...known });
    expect((await post(gateway, known)).data).toEqual({ rename: { name: 'Bert' } });
    const answer = await get(gateway, { extensions: JSON.stringify(known.extensions) });
    expect(answer).toMatchObject({ status: 405, errors: [{ extensions: { code: 'MUTATION_OVER_GET' } }] });
  });

  test('a text under the hash of another is refused', async () => {
    const forged = { query: '{ accounts { id } }', extensions, variables };
    const answer = await post(gateway, forged, graphqlJson);
    expect(answer).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'PERSISTED_QUERY_MISMATCH' } }],
    });
    expect((await post(gateway, { extensions })).errors).toEqual(notFound);
  });

  test('what is not valid is not kept', async () => {
    const invalid = { extensions: extensionFor('{ nothing }') };
    const sent = await post(gateway, { query: '{ nothing }', ...invalid });
    expect(sent.errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect((await post(gateway, invalid)).errors).toEqual(notFound);
  });

  test.each([
    ['text', 'x', 'is a string'],
    ['another version', { version: 2, sha256Hash: 'a'.repeat(64) }, 'has the version 2'],
    ['no version', { sha256Hash: 'a'.repeat(64) }, 'has the version undefined'],
    ['no hash', { version: 1 }, 'has no "sha256Hash" of 64 hex digits'],
    [
      'a hash that is none',
      { version: 1, sha256Hash: 'a'.repeat(63) },
      'has no "sha256Hash" of 64 hex digits',
    ],
  ])('an extension of %s is refused', async (_, persistedQuery, message) => {
    const answer = await post(
      gateway,
      { query, extensions: { persistedQuery } },
      { accept: 'application/json' },
    );
    expect(answer).toMatchObject({
      status: 400,
      errors: [
        {
          message: expect.stringContaining(message),
          extensions: { code: 'PERSISTED_QUERY_MALFORMED' },
        },
      ],
    });
  });

  test('the hash may be in upper case', async () => {
    await post(gateway, { query, extensions, variables });
    const upper = { persistedQuery: { version: 1, sha256Hash: hashOf(query).toUpperCase() } };
    expect((await post(gateway, { extensions: upper, variables })).errors).toEqual([]);
  });

  test('can be turned off', async () => {
    const without = await world.start({ limits: { persistedQueries: false } });
    const answer = await post(without, { extensions, variables });
    expect(answer).toMatchObject({
      status: 200,
      errors: [
        { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } },
      ],
    });
    expect((await post(without, { query, variables })).data).toEqual({ account: { name: 'Ada' } });
  });
});

describe('with persistedOnly', () => {
  const listed = '# One account.\nquery Named($id: ID!) {\n  account(id: $id) { name }\n}\n';
  const compact = 'query Named($id:ID!){account(id:$id){name}}';
  const variables = { id: '1' };
  let folder: string;
  let gateway: RunningGateway;
  beforeAll(async () => {
    folder = join(world.folder, 'operations');
    await mkdir(folder);
    await writeFile(join(folder, 'Named.graphql'), listed);
    await writeFile(join(folder, 'Types.graphql'), '{ __schema { queryType { name } } }');
    gateway = await world.start({ persistedOnly: true, routes: folder });
  });

  test.each([
    ['its text', { query: listed }],
    ['its text spaced otherwise', { query: compact }],
    ['its hash', { extensions: extensionFor(listed) }],
    ['the hash of its compact text', { extensions: extensionFor(compact) }],
  ])('a document of the folder is answered by %s', async (_, body) => {
    expect((await post(gateway, { ...body, variables })).data).toEqual({ account: { name: 'Ada' } });
  });

  test('by GET too', async () => {
    const parameters = {
      extensions: JSON.stringify(extensionFor(listed)),
      variables: JSON.stringify(variables),
    };
    expect((await get(gateway, parameters)).data).toEqual({ account: { name: 'Ada' } });
  });

  test.each([
    ['another text', { query: '{ accounts { id } }' }],
    [
      'another text with its hash',
      { query: '{ accounts { id } }', extensions: extensionFor('{ accounts { id } }') },
    ],
    ['a hash', { extensions: extensionFor('{ accounts { id } }') }],
    ['introspection', { query: '{ __schema { types { name } } }' }],
    ['__typename', { query: '{ __typename }' }],
    [
      'a listed document and more',
      { query: `${listed} query More { accounts { id } }`, operationName: 'Named' },
    ],
  ])('%s is refused', async (_, body) => {
    for (let times = 0; times < 2; times += 1) {
      const answer = await post(gateway, { ...body, variables }, graphqlJson);
      expect(answer).toMatchObject({
        status: 400,
        data: undefined,
        errors: [{ extensions: { code: 'PERSISTED_ONLY' } }],
      });
    }
    expect(world.accounts.seen).toHaveLength(0);
  });

  test('introspection that is listed is answered', async () => {
    const answer = await post(gateway, { query: '{ __schema { queryType { name } } }' });
    expect(answer.data).toEqual({ __schema: { queryType: { name: 'Query' } } });
  });

  test('REST routes are answered', async () => {
    const route =
      'method: GET\npath: /accounts/{id}\nsummary: One account.\nparameters:\n  id: { in: path }\n';
    await writeFile(join(folder, 'Named.rest.yaml'), route);
    const routed = await world.start({ persistedOnly: true, routes: folder });
    const response = await fetch(`${routed.url}/accounts/1`);
    expect(await response.json()).toMatchObject({ account: { name: 'Ada' } });
  });

  test('nothing to answer is said at the start', async () => {
    await expect(world.start({ persistedOnly: true })).rejects.toThrow(
      /name a folder with \*\.graphql files/,
    );
    const broken = join(world.folder, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'A.graphql'), '{ a');
    await expect(world.start({ persistedOnly: true, routes: broken })).rejects.toThrow(
      /A\.graphql is to be persisted and is no GraphQL document/,
    );
  });
});
