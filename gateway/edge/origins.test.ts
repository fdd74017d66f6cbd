import { expect, test } from 'vitest';
import { mayUse } from './origins.ts';

const allowed = ['https://crm.example.com'];
const host = 'gateway.example:4000';

test.each([
  ['no page', undefined, true],
  ['a page of the list', 'https://crm.example.com', true],
  ["the gateway's own page", 'http://gateway.example:4000', true],
  ['another port', 'http://gateway.example:4001', false],
  ['a name that ends alike', 'https://evil-crm.example.com', false],
  ['another scheme than the list', 'http://crm.example.com', false],
  ['a sandboxed frame', 'null', false],
  ['no origin at all', '', false],
])('%s', (_, origin, expected) => {
  expect(mayUse(allowed, { origin, host })).toBe(expected);
});
