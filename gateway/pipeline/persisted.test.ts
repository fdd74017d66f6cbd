import { createHash } from 'node:crypto';
import { parse, print, stripIgnoredCharacters } from 'graphql';
import { expect, test } from 'vitest';
import { refusalOf } from '#gateway/limits/fixture.ts';
import { findDocument, keepDocument, openPersistence, type PersistedOperations } from './persisted.ts';
import type { GraphQLParameters } from './types.ts';

const limits = { persistedQueries: 2, persistedQueryCharacters: 200, tokens: 10, nesting: 5 };
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

type Sent = Pick<GraphQLParameters, 'query' | 'queryHash'>;

function find(persisted: PersistedOperations, sent: Sent, isOwnDocument = false): string {
  return findDocument(persisted, { parameters: sent, isOwnDocument });
}

const hashOnly = (text: string): Sent => ({ query: undefined, queryHash: hashOf(text) });

/** Sends a text with its hash, as a client does after its hash alone was not found. */
function register(persisted: PersistedOperations, text: string): void {
  const sent = { query: text, queryHash: hashOf(text) };
  expect(find(persisted, sent)).toBe(text);
  keepDocument(persisted, sent);
}

test('a document is found by its hash once it was sent with it', () => {
  const persisted = openPersistence(false, limits)([]);
  expect(refusalOf(() => find(persisted, hashOnly('{ a }')))).toEqual({
    message: 'PersistedQueryNotFound',
    code: 'PERSISTED_QUERY_NOT_FOUND',
  });
  register(persisted, '{ a }');
  expect(find(persisted, hashOnly('{ a }'))).toBe('{ a }');
});

test('a text under the hash of another is refused, kept or not', () => {
  const persisted = openPersistence(false, limits)([]);
  const forged = { query: '{ b }', queryHash: hashOf('{ a }') };
  const refusal = {
    message: expect.stringContaining(hashOf('{ b }')),
    code: 'PERSISTED_QUERY_MISMATCH',
  };
  expect(refusalOf(() => find(persisted, forged))).toEqual(refusal);
  register(persisted, '{ a }');
  expect(refusalOf(() => find(persisted, forged))).toEqual(refusal);
  expect(find(persisted, hashOnly('{ a }'))).toBe('{ a }');
});

test('the store is bounded by count and by size, the oldest going first', () => {
  const persisted = openPersistence(false, limits)([]);
  for (const text of ['{ a }', '{ b }', '{ c }']) {
    register(persisted, text);
  }
  expect(refusalOf(() => find(persisted, hashOnly('{ a }')))).toMatchObject({
    code: 'PERSISTED_QUERY_NOT_FOUND',
  });
  expect(find(persisted, hashOnly('{ b }'))).toBe('{ b }');
  const long = `{ ${'d'.repeat(146)} }`;
  register(persisted, long);
  expect(refusalOf(() => find(persisted, hashOnly('{ b }')))).toMatchObject({
    code: 'PERSISTED_QUERY_NOT_FOUND',
  });
  register(persisted, `{ ${'d'.repeat(197)} }`);
  expect(find(persisted, hashOnly(long))).toBe(long);
});

test('the next generation knows what was kept', () => {
  const persistence = openPersistence(false, limits);
  register(persistence([]), '{ a }');
  expect(find(persistence([]), hashOnly('{ a }'))).toBe('{ a }');
});

test('without a store hashes are not supported, and texts are', () => {
  const persisted = openPersistence(false, { ...limits, persistedQueries: false })([]);
  expect(refusalOf(() => find(persisted, hashOnly('{ a }')))).toEqual({
    message: 'PersistedQueryNotSupported',
    code: 'PERSISTED_QUERY_NOT_SUPPORTED',
  });
  expect(find(persisted, { query: '{ a }' })).toBe('{ a }');
});

test('neither text nor hash is refused', () => {
  for (const listedOnly of [false, true]) {
    const persisted = openPersistence(listedOnly, limits)([{ file: 'A.graphql', text: '{ a }' }]);
    expect(refusalOf(() => find(persisted, { query: undefined }))).toMatchObject({ code: 'QUERY_MISSING' });
  }
});

const listedText = '# What is listed.\nquery A($x: Int) {\n  a(x: $x), b\n}\n';
const list = [
  { file: 'A.graphql', text: listedText },
  { file: 'B.graphql', text: '{ c }' },
];

test.each([
  ['as it stands', listedText],
  ['without what GraphQL ignores', stripIgnoredCharacters(listedText)],
  ['as graphql-js prints it', print(parse(listedText))],
])('a listed document is found %s, by text and by hash', (_, form) => {
  const persisted = openPersistence(true, limits)(list);
  expect(find(persisted, { query: form })).toBe(listedText);
  expect(find(persisted, hashOnly(form))).toBe(listedText);
  expect(find(persisted, { query: form, queryHash: hashOf(form) })).toBe(listedText);
});

test('a listed document is found however it is spaced, again and again', () => {
  const persisted = openPersistence(true, { ...limits, tokens: 20 })(list);
  const spaced = 'query A ( $x : Int ) { a ( x : $x ) b } # mine';
  expect(find(persisted, { query: spaced })).toBe(listedText);
  expect(find(persisted, { query: spaced })).toBe(listedText);
  expect(refusalOf(() => find(persisted, hashOnly(spaced)))).toMatchObject({ code: 'PERSISTED_ONLY' });
});

test.each([
  ['another document', { query: '{ d }' }],
  ['introspection', { query: '{ __schema { types { name } } }' }],
  ['one field more', { query: '{ c d }' }],
  ['another order', { query: 'query A($x: Int) { b a(x: $x) }' }],
  ['what is no GraphQL', { query: '{ "' }],
  ['a hash', hashOnly('{ d }')],
])('%s that is not listed is refused', (_, sent: Sent) => {
  const persisted = openPersistence(true, { ...limits, tokens: 100 })(list);
  const hash = sent.queryHash ?? hashOf(sent.query ?? '');
  const refusal = {
    message: `Only operations of a list are answered here, and the one with the SHA-256 ${hash} is not in it: have it added.`,
    code: 'PERSISTED_ONLY',
    value: hash,
  };
  expect(refusalOf(() => find(persisted, sent))).toEqual(refusal);
  keepDocument(persisted, { query: '{ d }', queryHash: hashOf('{ d }') });
  expect(refusalOf(() => find(persisted, sent))).toEqual(refusal);
});

test('a text under another hash and a text too long to compare are refused', () => {
  const persisted = openPersistence(true, limits)(list);
  const forged = { query: '{ c }', queryHash: hashOf('{ d }') };
  expect(refusalOf(() => find(persisted, forged))).toMatchObject({ code: 'PERSISTED_QUERY_MISMATCH' });
  const long = { query: `{ ${'c '.repeat(9)}}` };
  expect(refusalOf(() => find(persisted, long))).toMatchObject({ code: 'TOKEN_LIMIT_EXCEEDED' });
});

test('the gateway’s own documents need to be in no list', () => {
  const persisted = openPersistence(true, limits)(list);
  expect(find(persisted, { query: '{ d }' }, true)).toBe('{ d }');
});

test('an empty list and a file that is no GraphQL are said at the start', () => {
  const persistence = openPersistence(true, limits);
  expect(() => persistence([])).toThrow(/name a folder with \*\.graphql files as "routes"/);
  expect(() => persistence([{ file: 'A.graphql', text: '{ a' }])).toThrow(
    /A\.graphql is to be persisted and is no GraphQL document: Syntax Error/,
  );
});
