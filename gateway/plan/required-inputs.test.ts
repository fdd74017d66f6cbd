import type { FetchNode, QueryPlanSelectionNode } from '@apollo/query-planner';
import { Kind, parse, type SelectionSetNode } from 'graphql';
import { describe, expect, it } from 'vitest';
import { compose } from '#test/oracle/subgraphs.ts';
import { type PreparedSupergraph, prepareSupergraph } from './prepare-supergraph.ts';
import { fieldNames, keepEntityFields, sentKeys, takeEarlyFields } from './required-inputs.ts';

const shared = 'type Query { any: Int @shareable }';
const prepared: PreparedSupergraph = prepareSupergraph(
  compose({
    subgraphs: {
      scales: `${shared} type Part @key(fields: "id") { id: ID! weight: Int size: Size } type Size { width: Int }`,
      freight: `type Query { any: Int @shareable box: Box boxes: [[Box]] }
        type Box { part: Part parts: [Part] }
        type Part @key(fields: "id") {
          id: ID! label: String
          weight: Int @external size: Size @external
          freight(by: String): Int @requires(fields: "weight size { width }")
        }
        type Size { width: Int @external }
        type Crate { freight: Int }`,
    },
  }),
);

const field = (name: string, selections?: QueryPlanSelectionNode[]): QueryPlanSelectionNode => ({
  kind: 'Field',
  name,
  selections,
});

function rootFetch(operation: string, more: object = {}): FetchNode {
  return {
    kind: 'Fetch',
    serviceName: 'freight',
    operation,
    operationName: undefined,
    operationKind: 'query' as FetchNode['operationKind'],
    variableUsages: [],
    ...more,
  };
}

/** An entity fetch of parts that sends these fields along. */
function entityFetch(
  entity: string,
  sent: QueryPlanSelectionNode[],
  variables = '',
  variableUsages: string[] = [],
): FetchNode {
  const operation = `query($representations:[_Any!]!${variables}){_entities(representations:$representations){${entity}}}`;
  return rootFetch(operation, {
    requires: [{ kind: 'InlineFragment', typeCondition: 'Part', selections: [field('__typename'), ...sent] }],
    variableUsages,
  });
}

const onPart = (selection: string) =>
  `query($representations:[_Any!]!){_entities(representations:$representations){...on Part{${selection}}}}`;
const always = { around: [], lateVariables: new Set<string>() };
const size = field('size', [field('width')]);

describe('fields without their input', () => {
  it('stay where all that they require is sent along', () => {
    const fetch = entityFetch('...on Part{freight label}', [field('id'), field('weight'), size]);
    expect(takeEarlyFields(fetch, prepared, always)).toEqual({ kept: fetch, early: [] });
  });

  it('leave an entity fetch that lacks some of it, with that as their own input', () => {
    const fetch = entityFetch('...on Part{freight label}', [field('id'), field('weight')]);
    const { kept, early } = takeEarlyFields(fetch, prepared, always);
    expect(kept?.operation).toBe(onPart('label'));
    expect(early).toHaveLength(1);
    expect(early[0]?.path).toEqual([]);
    expect(early[0]?.fetch.operation).toBe(onPart('freight'));
    expect([...sentKeys(early[0]?.fetch.requires ?? [])]).toEqual(['__typename', 'id', 'weight', 'size']);
  });

  it('leave nothing behind where they were all there was', () => {
    const fetch = entityFetch('...on Part{__typename freight}', [field('id')]);
    expect(takeEarlyFields(fetch, prepared, always).kept).toBeUndefined();
  });

  it('deeper down are asked for by key, at their place within lists', () => {
    const fetch = rootFetch('{b:boxes{parts{freight}}}');
    const { kept, early } = takeEarlyFields(fetch, prepared, always);
    expect(kept?.operation).toBe('{b:boxes{parts{__typename id}}}');
    expect(early[0]?.path).toEqual(['b', '@', '@', 'parts', '@']);
    expect(early[0]?.fetch.operation).toBe(onPart('freight'));
    expect([...sentKeys(early[0]?.fetch.requires ?? [])]).toEqual(['__typename', 'id', 'weight', 'size']);
  });

  it('keep their conditions, and take their variables along', () => {
    const fetch = rootFetch(
      'query($by:String,$x:Boolean!,$n:Int){box{part{label @skip(if:$x) ...@include(if:$x){freight(by:$by)}}}}',
      { variableUsages: ['by', 'x'] },
    );
    const { kept, early } = takeEarlyFields(fetch, prepared, always);
    expect(kept?.operation).toBe(
      'query($x:Boolean!){box{part{label@skip(if:$x)...@include(if:$x){__typename id}}}}',
    );
    expect(kept?.variableUsages).toEqual(['x']);
    expect(early[0]?.fetch.operation).toBe(
      'query($representations:[_Any!]!$by:String$x:Boolean!){_entities(representations:$representations){...on Part{...@include(if:$x){freight(by:$by)}}}}',
    );
    expect(early[0]?.fetch.variableUsages).toEqual(['by', 'x']);
  });

  it('stay where no variables include them', () => {
    const fetch = rootFetch('query($x:Boolean!){box{part{freight @include(if:$x)}}}', {
      variableUsages: ['x'],
    });
    const around = [{ kind: 'variable', name: 'x', wanted: false }] as const;
    expect(takeEarlyFields(fetch, prepared, { ...always, around })).toEqual({ kept: fetch, early: [] });
    expect(takeEarlyFields(fetch, prepared, always).early).toHaveLength(1);
  });

  it('are those with late values from context, by value, which they then read from further up', () => {
    const rename = (path: string[], renameKeyTo: string) => ({
      kind: 'KeyRenamer' as const,
      path,
      renameKeyTo,
    });
    const fetch = {
      ...rootFetch(
        'query($a:String$b:String$c:String){boxes{parts{l:label(by:$a)m:label(by:$b)n:label(by:$c)}}}',
      ),
      variableUsages: ['a', 'b', 'c'],
      contextRewrites: [rename(['x'], 'a'), rename(['..', '... on T', 'y'], 'b'), rename(['z'], 'c')],
    };
    const lateVariables = new Set(['a', 'b']);
    const { kept, early } = takeEarlyFields(fetch, prepared, { ...always, lateVariables });
    expect(kept?.operation).toBe('query($c:String){boxes{parts{n:label(by:$c)__typename id}}}');
    expect(kept?.contextRewrites).toEqual([rename(['z'], 'c')]);
    expect(early.map((each) => each.fetch.contextRewrites)).toEqual([
      [rename(['..', '..', 'x'], 'a')],
      [rename(['..', '..', '..', '... on T', 'y'], 'b')],
    ]);
    expect(early.map((each) => each.path)).toEqual(Array(2).fill(['boxes', '@', '@', 'parts', '@']));
  });

  it('of a type without a key are refused', () => {
    const at = 'freight\nCrate.freight';
    const requirements = new Map([[at, selectionSet('weight')]]);
    const fieldType: PreparedSupergraph['fieldType'] = (_, name) =>
      name === 'box' ? { type: 'Crate', lists: 0 } : undefined;
    expect(() =>
      takeEarlyFields(rootFetch('{box{freight}}'), { ...prepared, requirements, fieldType }, always),
    ).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('Crate.freight of subgraph "freight"'),
        extensions: { code: 'PLAN_MISSES_REQUIRED_FIELD' },
      }),
    );
  });
});

describe('the fields of an entity fetch', () => {
  it('are kept by type and name, with only the variables that they use', () => {
    const fetch = entityFetch(
      '...on Part{freight(by:$a) label ...on Crate{freight(by:$b)}}',
      [field('id')],
      '$a:String$b:String',
      ['a', 'b'],
    );
    const kept = keepEntityFields(fetch, (type, { name }) => type === 'Crate' || name.value === 'label');
    expect(kept?.operation).toBe(
      'query($representations:[_Any!]!$b:String){_entities(representations:$representations){...on Part{label ...on Crate{freight(by:$b)}}}}',
    );
    expect(kept?.variableUsages).toEqual(['b']);
    expect(keepEntityFields(fetch, () => false)).toBeUndefined();
  });
});

describe('top-level names', () => {
  it('are found whatever the type conditions', () => {
    const inner: QueryPlanSelectionNode = {
      kind: 'InlineFragment',
      typeCondition: 'Part',
      selections: [size],
    };
    expect([...sentKeys([field('id'), inner])]).toEqual(['id', 'size']);
    expect([...fieldNames(selectionSet('a ... on Part { b { c } ... { d } }'))]).toEqual(['a', 'b', 'd']);
    expect(fieldNames(undefined).size).toBe(0);
  });
});

function selectionSet(text: string): SelectionSetNode {
  const [definition] = parse(`{${text}}`).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`Not a selection: ${text}`);
  return definition.selectionSet;
}
