import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { FetchOperation, SubgraphRequest } from '#gateway/plan/types.ts';
import { rootUnion } from './root-union.ts';

const bounds = { parts: 16, characters: 1_000 };
const schema = buildSchema(`
  type Query { account(id: ID!, first: Int): Account accounts(ids: [ID!]): [Account!]! }
  type Account { id: ID! name(short: Boolean = false): String }
`);

function operationOf(text: string): FetchOperation {
  return { text, bodyStart: `{"query":${JSON.stringify(text)},"variables":{` };
}

function bodyOf(text: string, ...parts: readonly object[]) {
  const operation = operationOf(text);
  const members = parts.map((part) => JSON.stringify(part).slice(1, -1));
  const request: SubgraphRequest = {
    subgraph: 'accounts',
    body: '',
    kind: 'query',
    operation,
    representations: undefined,
    variables: members[0] ?? '',
  };
  return JSON.parse(rootUnion(operation, bounds)?.body(members, request) ?? 'null');
}

describe('the body', () => {
  test('each request has its own alias and its own variables, wherever they are used', () => {
    const text =
      'query One__accounts__0($id:ID!,$short:Boolean=true,$skip:Boolean!){account(id:$id)@skip(if:$skip){id name(short:$short)} other:account(id:"$id",first:1){id}}';
    const body = bodyOf(text, { id: 'a', skip: false }, { id: 'b"', skip: true, short: false });
    expect(body).toEqual({
      query:
        'query One__accounts__0($v0_id:ID!$v0_short:Boolean=true$v0_skip:Boolean!$v1_id:ID!$v1_short:Boolean=true$v1_skip:Boolean!)' +
        '{p0_account:account(id:$v0_id)@skip(if:$v0_skip){id name(short:$v0_short)}p0_other:account(id:"$id" first:1){id}' +
        'p1_account:account(id:$v1_id)@skip(if:$v1_skip){id name(short:$v1_short)}p1_other:account(id:"$id" first:1){id}}',
      operationName: 'One__accounts__0',
      variables: { v0_id: 'a', v0_skip: false, v1_id: 'b"', v1_skip: true, v1_short: false },
    });
    expect(validate(schema, parse(body.query))).toEqual([]);
  });

  test('requests that leave out all variables leave out all variables', () => {
    const body = bodyOf('query($ids:[ID!]){accounts(ids:$ids){id}}', {}, { ids: ['a', 'b'] }, {});
    expect(body.variables).toEqual({ v1_ids: ['a', 'b'] });
    expect(body.operationName).toBeUndefined();
    expect(validate(schema, parse(body.query))).toEqual([]);
  });
});

test.each([
  ['has no variables', '{accounts{id}}'],
  ['has fragments', 'query($id:ID!){account(id:$id){...F}} fragment F on Account{id}'],
  ['has an inline fragment at its root', 'query($id:ID!){...on Query{account(id:$id){id}}}'],
  ['has a directive', 'query($id:ID!)@live{account(id:$id){id}}'],
  ['is a mutation', 'mutation($id:ID!){account(id:$id){id}}'],
])('an operation that %s is left alone', (_, text) => {
  expect(rootUnion(operationOf(text), bounds)).toBeUndefined();
});

describe('the answer', () => {
  const union = rootUnion(
    operationOf('query($id:ID!){account(id:$id){id} p9_x:account(id:$id){id}}'),
    bounds,
  );
  const parts = ['"id":"a"', '"id":"b"'];
  const answer = {
    kind: 'answer',
    data: { p0_account: { id: 'a' }, p0_p9_x: null, p1_account: null, p1_p9_x: { id: 'b' } },
    errors: [
      { message: 'second', path: ['p1_account'] },
      { message: 'first', path: ['p0_p9_x', 'id'], extensions: { code: 'X' } },
    ],
  } as const;

  test('comes back under the names that each request used', () => {
    const portion = union?.split(answer, parts);
    expect(portion?.([0])).toEqual({
      kind: 'answer',
      data: { account: { id: 'a' }, p9_x: null },
      errors: [{ message: 'first', path: ['p9_x', 'id'], extensions: { code: 'X' } }],
    });
    expect(portion?.([1])).toEqual({
      kind: 'answer',
      data: { account: null, p9_x: { id: 'b' } },
      errors: [{ message: 'second', path: ['account'] }],
    });
  });

  test.each([
    ['data is null', { ...answer, data: null }],
    ['an error has no path', { ...answer, errors: [{ message: 'x' }] }],
    ['an error is of no request', { ...answer, errors: [{ message: 'x', path: ['p2_account'] }] }],
    ['an error has another path', { ...answer, errors: [{ message: 'x', path: ['account'] }] }],
  ])('cannot be split where %s', (_, given) => {
    expect(union?.split(given, parts)).toBeUndefined();
  });
});
