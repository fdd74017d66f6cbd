import { expect, test } from 'vitest';
import { firstTab } from './first-tab.ts';

const offered = [
  { query: '{ a }', variables: '{"id":1}' },
  { query: '{ b }', variables: '' },
];

test.each([
  ['the first that is offered on the first visit', null, offered[0]],
  [
    'the one that was left, with its variables',
    JSON.stringify({ activeTabIndex: 1, tabs: [{}, { query: '{ c }', variables: '{"x":2}' }] }),
    { query: '{ c }', variables: '{"x":2}' },
  ],
  [
    'an empty one that was left',
    '{"activeTabIndex":0,"tabs":[{"query":null}]}',
    { query: '', variables: '' },
  ],
  ['the first again where what is kept cannot be read', '{"tabs":', offered[0]],
  ['the first again where no tab is active', '{"activeTabIndex":3,"tabs":[]}', offered[0]],
])('GraphiQL opens with %s', (_, stored, tab) => {
  expect(firstTab(stored, offered)).toEqual(tab);
});
