import { expect, test } from 'vitest';
import { readAnswer } from './answer.ts';

const error = { message: 'no', path: ['a', 0], extensions: { code: 'X' } };

test.each([
  ['data', 200, { data: { a: 1 } }, { data: { a: 1 }, errors: [] }],
  ['data and errors', 200, { data: { a: null }, errors: [error] }, { data: { a: null }, errors: [error] }],
  ['errors without data', 400, { errors: [error] }, { data: null, errors: [error] }],
  ['data null', 200, { data: null, errors: [error] }, { data: null, errors: [error] }],
  ['errors null', 200, { data: { a: 1 }, errors: null }, { data: { a: 1 }, errors: [] }],
  [
    'data that is old',
    200,
    { data: { a: 1 }, extensions: { stale: { observedAt: '2026-03-01T00:00:00.000Z' } } },
    { data: { a: 1 }, errors: [], staleSince: '2026-03-01T00:00:00.000Z' },
  ],
  [
    'data that is old since nobody knows when',
    200,
    { data: { a: 1 }, extensions: { stale: { observedAt: 'once' } } },
    { data: { a: 1 }, errors: [] },
  ],
])('%s is an answer', (_, status, body, expected) => {
  for (const type of [
    'application/json',
    'application/graphql-response+json; charset=utf-8',
    'Application/JSON',
  ]) {
    expect(readAnswer(status, type, JSON.stringify(body))).toEqual({ kind: 'answer', ...expected });
  }
});

test.each([
  ['another media type', 'text/html', '{"data":{}}'],
  ['a media type that begins alike', 'application/jsonp', '{"data":{}}'],
  ['no media type', undefined, '{"data":{}}'],
  ['broken JSON', 'application/json', '{"data":'],
  ['a list', 'application/json', '[]'],
  ['null', 'application/json', 'null'],
  ['neither data nor errors', 'application/json', '{}'],
  ['only an empty list of errors', 'application/json', '{"errors":[]}'],
  ['data that is a list', 'application/json', '{"data":[]}'],
  ['errors that are no list', 'application/json', '{"errors":{}}'],
  ['an error without a message', 'application/json', '{"data":{},"errors":[{}]}'],
  ['an error that is text', 'application/json', '{"data":{},"errors":["no"]}'],
  ['an error with a path that is none', 'application/json', '{"errors":[{"message":"a","path":"b"}]}'],
  [
    'an error with extensions that are none',
    'application/json',
    '{"errors":[{"message":"a","extensions":1}]}',
  ],
])('%s is not', (_, type, text) => {
  expect(readAnswer(200, type, text)).toMatchObject({ kind: 'unreadable', code: 'SUBGRAPH_INVALID_ANSWER' });
  expect(readAnswer(502, type, text)).toMatchObject({ kind: 'unreadable', code: 'SUBGRAPH_UNAVAILABLE' });
});
