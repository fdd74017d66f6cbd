import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createOperationRules } from '#gateway/limits/operation-rules.ts';
import { limitsWithDefaults } from '#gateway/options.ts';
import { type PreparedOperation, prepareDocument } from '#gateway/pipeline/operation.ts';
import { planOperation } from '#gateway/pipeline/plan.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { createGeneration, type Generation } from '#gateway/supergraph/generation.ts';
import type { PlanRequest } from '#gateway/supergraph/planning-messages.ts';
import type { Access } from './access.ts';
import { defaultAccess } from './access.ts';
import { deniedRoot } from './denied-root.ts';
import { permitFor } from './permit.ts';
import { createRightsModel } from './rights-model.ts';

const schema = buildSchema(`
  extend schema @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
    @link(url: "https://tributary.example/specs/reads/v0.1", import: ["@reads"])
  directive @link(url: String, for: Purpose, import: [String]) repeatable on SCHEMA
  directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT
  directive @reads(fields: [String!]!) repeatable on ARGUMENT_DEFINITION
  enum Purpose { SECURITY }
  schema { query: Query subscription: Subscription }
  type Subscription { secret: Both opened: Opened }
  type Opened { a: Int @requiresScopes(scopes: [["x"]]) b: Int }
  type Query {
    a: Int @requiresScopes(scopes: [["x"]])
    b: Int @requiresScopes(scopes: [["y"]])
    both: Both
    find(a: Int @reads(fields: ["Query.a"])): Int
    open: Int
  }
  type Both @requiresScopes(scopes: [["x"]]) { y: Int @requiresScopes(scopes: [["y"]]) }
`);
const access: Access = { roles: { x: ['x'] }, policies: {} };
const rights = createRightsModel(schema, access);
const limits = limitsWithDefaults({ rootFields: false, aliases: false });
const rules = { ...createOperationRules({ schema, supergraphSchema: schema }, limits), rights };

function prepare(text: string): PreparedOperation {
  const prepared = prepareDocument(rules, text);
  if (prepared.kind === 'invalid') throw prepared.error;
  return prepared.operations[0] as PreparedOperation;
}

const viewer: Viewer = { kind: 'user', id: 'ada', roles: [], scopes: [], tenant: 'acme' };
const permit = (text: string, given: Partial<Viewer> = {}, variables = {}) =>
  permitFor(prepare(text), { ...viewer, ...given }, variables);

describe('the outcome', () => {
  it('is the same by token as by role, and for whoever lacks the same', () => {
    const byToken = permit('{ a b }', { scopes: ['x'] });
    expect(permit('{ a b }', { roles: ['x'], id: 'bert' }).outcome).toBe(byToken.outcome);
    expect(permit('{ a b }', { scopes: ['x', 'z'] }).outcome).toBe(byToken.outcome);
    expect(permit('{ a b }', { scopes: ['y'] }).outcome).not.toBe(byToken.outcome);
  });

  it('tells requirements apart that stand in the same place of two operations', () => {
    expect(permit('{ a open }', { scopes: ['x'] }).outcome).not.toBe(
      permit('{ b open }', { scopes: ['y'] }).outcome,
    );
    expect(permit('{ a open }').outcome).not.toBe(permit('{ a open }', { scopes: ['x'] }).outcome);
  });

  it('takes in what arguments could read, whatever they read this time', () => {
    const text = 'query ($a: Int) { find(a: $a) }';
    const [without, holding] = [permit(text), permit(text, { scopes: ['x'] })];
    expect([without.variant, holding.variant]).toEqual([undefined, undefined]);
    expect(without.outcome).not.toBe(holding.outcome);
  });

  it('is the same for everybody where nothing is required', () => {
    expect(prepare('{ open __typename __schema { queryType { name } } }').rights).toBeUndefined();
    expect(permit('{ open }')).toEqual({ outcome: '', variant: undefined });
  });
});

describe('the variant', () => {
  it('is none where everything holds, and one for the same denials', () => {
    const operation = prepare('{ a b open }');
    const of = (given: Partial<Viewer>) => permitFor(operation, { ...viewer, ...given }, {}).variant;
    expect(of({ scopes: ['x', 'y'] })).toBeUndefined();
    expect(of({ scopes: ['x'] })).toBe(of({ roles: ['x'], id: 'bert' }));
    expect(of({ scopes: ['x'] })?.planKey).not.toBe(of({ scopes: ['y'] })?.planKey);
    expect(of({ kind: 'anonymous' })?.planKey).not.toBe(of({})?.planKey);
  });

  it('asks for what is allowed, and for nothing where that is nothing', () => {
    const textWith = (text: string, scopes: string[]) =>
      permit(text, { scopes }).variant?.text?.replaceAll(/\s+/g, ' ').trim();
    expect(textWith('{ a open b }', ['y'])).toBe('{ open b }');
    expect(textWith('{ both { y } }', ['x'])).toBe('{ both { kept: __typename } }');
    expect(textWith('{ both { y } kept: open }', ['x'])).toBe('{ both { kept_: __typename } kept: open }');
    expect(textWith('{ open ...F } fragment F on Query { a ...G } fragment G on Query { b }', ['y'])).toBe(
      '{ open ...F } fragment F on Query { ...G } fragment G on Query { b }',
    );
    expect(textWith('{ a ...F } fragment F on Query { a }', [])).toBeUndefined();
    expect(permit('{ a ...F } fragment F on Query { a }').variant).toBeDefined();
  });

  it('is kept for the last 64 sets of denials, however many there are', () => {
    const fields = Array.from({ length: 100 }, (_, n) => `f${n}: find(a: $a${n})`);
    const definitions = fields.map((_, n) => `$a${n}: Int`);
    const operation = prepare(
      `query (${definitions.join()}) { ${fields.slice(0, 90).join(' ')} open ${fields.slice(90).join(' ')} }`,
    );
    for (let n = 0; n < 100; n++) permitFor(operation, viewer, { [`a${n}`]: 1 });
    expect(operation.rights?.variants.size).toBe(64);
  });
});

describe('a subscription', () => {
  const refusal = (text: string, given: Partial<Viewer> = {}) => {
    const operation = prepare(text);
    return deniedRoot(operation, permitFor(operation, { ...viewer, ...given }, {}));
  };

  it('is refused as a whole where its field is denied', () => {
    const text = 'subscription { ...F } fragment F on Subscription { mine: secret { y } }';
    expect(refusal(text)).toMatchObject({
      code: 'FORBIDDEN',
      status: 403,
      errors: [{ path: ['mine'], message: expect.stringContaining('Subscription.secret') }],
    });
    expect(refusal(text, { kind: 'anonymous' })).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
  });

  it('is not where its field is allowed, whatever is denied of a message', () => {
    expect(refusal('subscription { secret { y } }', { scopes: ['x'] })).toBeUndefined();
    expect(refusal('subscription { opened { a b } }')).toBeUndefined();
    const { variant } = permit('subscription { opened { a b } }');
    expect(variant?.text?.replaceAll(/\s+/g, ' ')).toBe('subscription { opened { b } }');
  });
});

describe('plans of variants', () => {
  const asked: PlanRequest[] = [];
  function generationWith(plans: number): Generation {
    asked.length = 0;
    const planner = {
      schema,
      supergraphSchema: schema,
      subgraphs: [],
      plan: async (request: PlanRequest) => {
        asked.push(request);
        throw new Error('Nobody needs the plan itself.');
      },
      close: async () => {},
    };
    return createGeneration(
      {
        id: 'test',
        planner,
        access: defaultAccess,
        rules,
        persisted: { kind: 'any' },
        targets: new Map(),
        events: new Map(),
        routes: () => undefined,
        restRoutes: [],
        joins: () => true,
      },
      { ...limits, plans },
    );
  }

  it('are made of what is left, and of nothing without asking the planner', async () => {
    const generation = generationWith(10);
    const operation = prepare('query Q { a open }');
    const { variant } = permitFor(operation, viewer, {});
    await expect(planOperation(generation, operation, variant)).rejects.toThrow();
    expect(asked.map(({ text, operationName }) => [text.replaceAll(/\s+/g, ' '), operationName])).toEqual([
      ['query Q { open }', 'Q'],
    ]);
    const denied = prepare('{ a }');
    const plan = await planOperation(generation, denied, permitFor(denied, viewer, {}).variant);
    expect(asked).toHaveLength(1);
    expect(plan.subgraphs).toEqual([]);
  });

  it('are kept beside the whole plan, in the same bounded cache', async () => {
    const generation = generationWith(2);
    const kept = (text: string) => {
      const operation = prepare(text);
      const { variant } = permitFor(operation, viewer, {});
      return planOperation(generation, operation, variant);
    };
    const first = await kept('{ a }');
    expect(kept('{ a }')).toBe(first);
    expect([...generation.plans.values()].map(({ isVariant }) => isVariant)).toEqual([true]);
    await kept('{ b }');
    await kept('{ a b }');
    expect(generation.plans.size).toBe(2);
    expect(kept('{ a }')).not.toBe(first);
  });
});
