import type { PlanNode } from '@apollo/query-planner';
import { buildSchema, getOperationAST, parse } from 'graphql';
import { expect, it } from 'vitest';
import { planningNames } from './planning-names.ts';
import { findRootOwners } from './root-fields.ts';

const schema = buildSchema('type Query { a: Int b: Int c: Int }');

it('root fields are owned by who is asked for them first, under the names that the plan gives them', () => {
  const document = parse(
    'query ($x: Boolean!) { a x: a b c @include(if: $x) y: c @skip(if: true) __typename }',
  );
  const fetchOf = (serviceName: string, operation: string, path?: string[], renameKeyTo?: string) => ({
    kind: 'Fetch',
    serviceName,
    operation,
    outputRewrites: path && [{ kind: 'KeyRenamer', path, renameKeyTo }],
  });
  const node = {
    kind: 'Parallel',
    nodes: [
      fetchOf('one', '{a b__alias_0:b}', ['b__alias_0'], 'b'),
      { kind: 'Condition', condition: 'x', ifClause: fetchOf('two', '{c}') },
      fetchOf('three', '{a}'),
    ],
  } as PlanNode;
  const operation = getOperationAST(document)!;
  const owners = findRootOwners(node, {
    operation,
    fragments: new Map(),
    names: planningNames(document, schema),
  });
  expect([...owners]).toEqual([
    ['a', 'one'],
    ['x', 'one'],
    ['b', 'one'],
    ['c', 'two'],
  ]);
});
