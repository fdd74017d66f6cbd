import { expect, test } from 'vitest';
import type { RestRoute } from './rest-route.ts';
import { routeTable } from './route-table.ts';

const declared = [
  '/accounts/{id}',
  '/accounts/top',
  '/{any}/top',
  '/accounts/{id}/leads/{lead}',
  '/a b/{id}',
];
const find = routeTable(declared.map((path) => ({ path }) as RestRoute));

test.each([
  ['/accounts/1', '/accounts/{id}', { id: '1' }],
  ['/accounts/top', '/accounts/top', {}],
  ['/leads/top', '/{any}/top', { any: 'leads' }],
  ['/accounts/1/leads/2', '/accounts/{id}/leads/{lead}', { id: '1', lead: '2' }],
  ['/accounts/a%2Fb%20%C3%A9', '/accounts/{id}', { id: 'a/b é' }],
  ['/accounts/', '/accounts/{id}', { id: '' }],
  ['/%61ccounts/1', '/accounts/{id}', { id: '1' }],
  ['/a%20b/1', '/a b/{id}', { id: '1' }],
])('%s is %s', (path, route, parameters) => {
  expect(find(path)).toEqual({ route: { path: route }, parameters });
});

test.each(['/accounts', '/accounts/1/', '//accounts/1', '/Accounts/1', '/accounts/%', '/accounts/%ff', '/'])(
  '%s is no route',
  (path) => {
    expect(find(path)).toBeUndefined();
  },
);

test('a parameter has a longest length', () => {
  expect(find(`/accounts/${'x'.repeat(1_024)}`)).toBeDefined();
  expect(find(`/accounts/${'x'.repeat(1_025)}`)).toBeUndefined();
});
