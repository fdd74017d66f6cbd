import { expect, test } from 'vitest';
import { checkText, checkVariables } from './check-text.ts';
import { refusalOf } from './fixture.ts';
import { defaultOperationLimits } from './operation-limits.ts';

const limits = { tokens: 6, nesting: 3 };

test('as many tokens as are allowed pass, one more is refused', () => {
  expect(refusalOf(() => checkText('{ a b c d }', limits))).toBeUndefined();
  expect(refusalOf(() => checkText('{ a b c d e }', limits))).toEqual({
    message: 'The document has more than 6 tokens, the most that is read: send a smaller one.',
    code: 'TOKEN_LIMIT_EXCEEDED',
    limit: 6,
    value: 7,
  });
});

test('comments, commas and blanks are no tokens', () => {
  expect(refusalOf(() => checkText('# one two three\n{ a,, b,\n c d } # four five', limits))).toBeUndefined();
});

test('what no limit counts passes', () => {
  const text = `{ ${'a '.repeat(20_000)}}`;
  expect(refusalOf(() => checkText(text, { tokens: false, nesting: 3 }))).toBeUndefined();
});

test.each([
  ['selection sets', '{ a { b { c } } }', '{ a { b { c { d } } } }'],
  ['lists', '{ a(b: []) }', '{ a(b: [[]]) }'],
  ['objects', '{ a(b: {}) }', '{ a(b: { c: {} }) }'],
])('%s as deep as is allowed pass, one level more is refused', (_, passing, refused) => {
  const roomy = { tokens: 100, nesting: 3 };
  expect(refusalOf(() => checkText(passing, roomy))).toBeUndefined();
  expect(refusalOf(() => checkText(refused, roomy))).toMatchObject({
    code: 'NESTING_LIMIT_EXCEEDED',
    limit: 3,
    value: 4,
  });
});

test('brackets beside each other are not inside each other', () => {
  const text = '{ a { b { c } } a { b { c } } }';
  expect(refusalOf(() => checkText(text, { tokens: 100, nesting: 3 }))).toBeUndefined();
});

test('brackets that would overflow the stack of the parser are refused before it runs', () => {
  const text = '{a'.repeat(4_000);
  expect(refusalOf(() => checkText(text, defaultOperationLimits))).toMatchObject({ value: 201 });
  const lists = `{ a(b: ${'['.repeat(4_000)}) }`;
  expect(refusalOf(() => checkText(lists, defaultOperationLimits))).toMatchObject({ value: 201 });
});

test('what is no GraphQL is left to the parser', () => {
  expect(refusalOf(() => checkText('{ a ? "', limits))).toBeUndefined();
});

test('variables as deep as is allowed pass, one level more is refused', () => {
  expect(refusalOf(() => checkVariables({ a: [[[1]]], b: null, c: 1 }, limits))).toBeUndefined();
  expect(refusalOf(() => checkVariables({ a: 1, deep: [{ b: [{}] }] }, limits))).toEqual({
    message: 'Variable "$deep" is nested more than 3 levels deep, the most that is read: flatten it.',
    code: 'NESTING_LIMIT_EXCEEDED',
    limit: 3,
    value: 4,
  });
  let deepest: unknown = 1;
  for (let level = 0; level < 100_000; level += 1) {
    deepest = [deepest];
  }
  expect(refusalOf(() => checkVariables({ deepest }, limits))).toMatchObject({ value: 4 });
});
