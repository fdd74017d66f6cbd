import type { FetchNode } from '@apollo/query-planner';
import { expect, it } from 'vitest';
import { contextInputs, usesContext } from './context-inputs.ts';

function fetchWith(...paths: string[][]): FetchNode {
  const contextRewrites = paths.map((path) => ({ kind: 'KeyRenamer', path, renameKeyTo: 'c' }));
  return {
    kind: 'Fetch',
    serviceName: 's',
    operation: '{a}',
    operationKind: 'query',
    contextRewrites,
  } as FetchNode;
}

it('a value from context is read from as many fields up as its path says', () => {
  const fetch = fetchWith(['..', '..', '... on Shop', 'currency'], ['..', '... on Market', 'money', 'code']);
  expect([...contextInputs(fetch, ['shops', 'items', 'twin'])]).toEqual([
    [
      'c',
      [
        { path: ['shops'], key: 'currency' },
        { path: ['shops', 'items', 'money'], key: 'code' },
      ],
    ],
  ]);
  expect([...contextInputs(fetchWith(['region']), ['shops'])]).toEqual([
    ['c', [{ path: ['shops'], key: 'region' }]],
  ]);
});

it('a plan uses context where some fetch has rewrites for it', () => {
  expect(usesContext({ kind: 'Sequence', nodes: [fetchWith(), fetchWith(['region'])] })).toBe(true);
  expect(usesContext({ kind: 'Sequence', nodes: [fetchWith()] })).toBe(false);
});
