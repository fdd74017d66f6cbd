import type { PlanNode } from '@apollo/query-planner';
import { describe, expect, it } from 'vitest';
import { compose } from '#test/oracle/subgraphs.ts';
import { orderPlan } from './order-plan.ts';
import { prepareSupergraph } from './prepare-supergraph.ts';

const prepared = prepareSupergraph(
  compose({
    subgraphs: {
      a: 'type Query { t: T } type T @key(fields: "id") { id: ID! base: Int @shareable }',
      b: `type T @key(fields: "id") { id: ID! base: Int @external code: Int
        step: Int @requires(fields: "base") leap: Int @requires(fields: "base") }`,
    },
  }),
);

const root = { kind: 'Fetch', serviceName: 'a', operation: '{t{__typename id}}', operationKind: 'query' };

/** A fetch of fields of `t` that sends others along. */
function fetchOf(fields: string, ...inputs: string[]) {
  const selections = ['__typename', 'id', ...inputs].map((name) => ({ kind: 'Field', name }));
  const node = {
    kind: 'Fetch',
    serviceName: 'b',
    operation: `query($representations:[_Any!]!){_entities(representations:$representations){...on T{${fields}}}}`,
    operationKind: 'query',
    requires: [{ kind: 'InlineFragment', typeCondition: 'T', selections }],
  };
  return { kind: 'Flatten', path: ['t'], node };
}
const when = (condition: string, ifClause: object) => ({ kind: 'Condition', condition, ifClause });
const unless = (condition: string, elseClause: object) => ({ kind: 'Condition', condition, elseClause });

/** What is left of a plan's order in words: `root, x?(step), leap`. */
function wordsOf(node: PlanNode | undefined): string {
  switch (node?.kind) {
    case 'Sequence':
      return node.nodes.map(wordsOf).filter(Boolean).join(', ');
    case 'Parallel':
      return `[${node.nodes.map(wordsOf).join(' | ')}]`;
    case 'Flatten':
      return wordsOf(node.node);
    case 'Condition':
      if (node.ifClause) return `${node.condition}?(${wordsOf(node.ifClause)})`;
      return node.elseClause ? `!${node.condition}?(${wordsOf(node.elseClause)})` : '';
    case 'Fetch':
      return /on T\{(.*?)\}/.exec(node.operation)?.[1] ?? 'root';
    default:
      return '';
  }
}

function ordered(...nodes: object[]): string {
  return wordsOf(orderPlan({ kind: 'Sequence', nodes } as PlanNode, prepared));
}

describe('the fetches of a plan', () => {
  it('stay where each has its input', () => {
    expect(ordered(root, fetchOf('base'), fetchOf('step', 'base'))).toBe('root, base, step');
  });

  it('are made after the one that has their input, and under their own conditions', () => {
    const [step, leap] = [fetchOf('step', 'base'), fetchOf('leap', 'base')];
    expect(ordered(root, step, fetchOf('base'))).toBe('root, base, step');
    expect(ordered(root, when('x', step), unless('x', leap), fetchOf('base'))).toBe(
      'root, base, x?(step), !x?(leap)',
    );
    const parallel = { kind: 'Parallel', nodes: [step, fetchOf('base')] };
    expect(ordered(root, parallel)).toBe('root, [base], step');
  });

  it('wait for all that may bring their input where each does so under a condition', () => {
    const [one, other] = [when('x', fetchOf('base')), when('y', fetchOf('base'))];
    expect(ordered(root, one, fetchOf('step', 'base'), other)).toBe('root, x?(base), y?(base), step');
    // Under the same condition as one of them, that one is enough.
    expect(ordered(root, one, when('x', fetchOf('step', 'base')), other)).toBe(
      'root, x?(base), x?(step), y?(base)',
    );
  });

  it('that would wait for each other take what there is', () => {
    const [early, late] = [when('x', fetchOf('base')), when('y', fetchOf('base', 'code'))];
    expect(ordered(root, early, fetchOf('step code', 'base'), late)).toBe(
      'root, x?(base), step code, y?(base)',
    );
  });

  it('are refused where a required field is fetched nowhere', () => {
    const nested = { ...root, operation: '{t{__typename id step}}', serviceName: 'b' };
    expect(() => ordered(nested)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('base would be needed at "t"'),
        extensions: { code: 'PLAN_MISSES_REQUIRED_FIELD' },
      }),
    );
  });
});
