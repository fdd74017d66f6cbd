import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createOperationRules } from '#gateway/limits/operation-rules.ts';
import { limitsWithDefaults } from '#gateway/options.ts';
import { prepareDocument } from '#gateway/pipeline/operation.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { compilePlan } from '#gateway/plan/index.ts';
import { createPlanner } from '#gateway/plan/planner.ts';
import type { SubgraphRequest } from '#gateway/plan/types.ts';
import { permitFor } from '#gateway/rights/permit.ts';
import { createRightsModel } from '#gateway/rights/rights-model.ts';
import { compose } from '#test/oracle/subgraphs.ts';
import { initialPlan } from './initial.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@requiresScopes"])`;
const sdl = {
  news: `${link}
    type Query { nothing: Int }
    type Subscription { leadUpdated(leadId: ID): LeadUpdated! }
    interface Update { cursor: ID! version: Int }
    type LeadUpdated implements Update { cursor: ID! version: Int @requiresScopes(scopes: [["versions"]]) lead: Lead }
    type Lead @key(fields: "id", resolvable: false) { id: ID! }`,
  sales: `${link}
    type Query { lead(id: ID!): Lead }
    type Lead @key(fields: "id") { id: ID! name: String @requiresScopes(scopes: [["names"]]) version: Int! }`,
};
const planner = createPlanner(compose({ subgraphs: sdl }));
const { schema, supergraphSchema } = planner;
const rules = {
  ...createOperationRules(planner, limitsWithDefaults({})),
  rights: createRightsModel(supergraphSchema, { roles: {}, policies: {} }),
};

/* Versions in the order in which they are read: 7, then 8, and so on. */
let read = 7;
const schemas = new Map([
  ['news', buildSubgraphSchema([{ typeDefs: parse(sdl.news) }])],
  [
    'sales',
    buildSubgraphSchema([
      {
        typeDefs: parse(sdl.sales),
        resolvers: {
          Lead: {
            __resolveReference: ({ id }: { id: string }) => ({ id, name: `Lead ${id}`, version: read++ }),
          },
        },
      },
    ]),
  ],
]);

async function answer({ subgraph, body }: SubgraphRequest, lead: object | null) {
  const { query, variables } = JSON.parse(body);
  const payload = { __typename: 'LeadUpdated', cursor: 'c1', version: null, lead };
  const { data, errors } = await execute({
    schema: schemas.get(subgraph)!,
    document: parse(query),
    variableValues: variables,
    rootValue: { leadUpdated: payload },
  });
  expect(errors).toBeUndefined();
  return { kind: 'answer', data: JSON.parse(JSON.stringify(data)), errors: [] } as const;
}

const holder: Viewer = {
  kind: 'user',
  id: 'ada',
  roles: [],
  scopes: ['names', 'versions'],
  tenant: 'acme',
};

/** What the client sees of the initial message, the version that was read, and how many entities were asked for. */
async function initialMessage(
  text: string,
  {
    variables = {},
    scopes = holder.scopes,
    lead = { __typename: 'Lead', id: '1' } as object | null,
  }: { variables?: Record<string, unknown>; scopes?: readonly string[]; lead?: object | null } = {},
) {
  read = 7;
  const prepared = prepareDocument(rules, text);
  if (prepared.kind === 'invalid') throw prepared.error;
  const operation = prepared.operations[0]!;
  const { variant } = permitFor(operation, { ...holder, scopes }, variables);
  const initial = initialPlan(operation, variant, { entity: 'lead', version: 'version' }, supergraphSchema);
  const plan = compilePlan({
    /* As the planning thread does: of the text alone. */
    queryPlan: planner.plan(parse(initial.variant.text!), operation.name),
    schema,
    supergraphSchema,
    document: operation.document,
    operation: operation.node,
    planned: initial.variant.planned,
    denials: initial.variant.denials,
  });
  let version: number | undefined;
  const result = await plan.execute({
    variables,
    signal: new AbortController().signal,
    fetch: (request) => answer(request, lead),
    beforeWrite(root) {
      version = initial.readVersion(root);
      initial.writeVersion(root, version);
    },
  });
  return { ...JSON.parse(result.body.toString()), version, reads: read - 7 };
}

describe('the first message of a subscription', () => {
  it.each([
    ['beside what the client asks', '{ cursor version lead { name } }', { lead: { name: 'Lead 1' } }],
    [
      'where the client asks for it too',
      '{ cursor version lead { version v: version } }',
      { lead: { version: 7, v: 7 } },
    ],
    [
      'under the client’s own names',
      '{ cursor version known: lead { version: name known_: id } }',
      { known: { version: 'Lead 1', known_: '1' } },
    ],
    ['where the client asks nothing of the entity', '{ cursor version }', {}],
    ['through a fragment', '{ cursor version ...F }', { lead: { name: 'Lead 1' } }],
    [
      'through fragments of an interface',
      '{ cursor ... on Update { version } ... { ...F } }',
      { lead: { name: 'Lead 1' } },
    ],
    ['for its id alone', '{ cursor version lead { id } }', { lead: { id: '1' } }],
  ])('has the entity’s version %s, read once', async (_, selection, more) => {
    const used = selection.includes('...F') ? ' fragment F on LeadUpdated { lead { name } }' : '';
    const message = await initialMessage(`subscription { leadUpdated ${selection} }${used}`);
    expect(message).toEqual({
      data: { leadUpdated: { cursor: 'c1', version: 7, ...more } },
      version: 7,
      reads: 1,
    });
  });

  it('has its version under every name the client gives it, through fragments of the root too', async () => {
    const message = await initialMessage(
      'subscription S { ...R } fragment R on Subscription { it: leadUpdated { a: version b: version ... { version } } }',
    );
    expect(message.data).toEqual({ it: { a: 7, b: 7, version: 7 } });
    expect(message.version).toBe(7);
  });

  it('has the oldest version where the entity is read at several places', async () => {
    const message = await initialMessage(
      'subscription { leadUpdated { version a: lead { name } b: lead { id } } }',
    );
    expect(message.data.leadUpdated.version).toBe(7);
    expect(message.version).toBe(7);
  });

  it.each([true, false])('has it whatever a condition on the entity says: %s', async (on) => {
    const text = 'subscription ($on: Boolean!) { leadUpdated { version lead @include(if: $on) { name } } }';
    const message = await initialMessage(text, { variables: { on } });
    expect(message.data.leadUpdated).toEqual({ version: 7, ...(on ? { lead: { name: 'Lead 1' } } : {}) });
  });

  it('has none where the entity is not there', async () => {
    const message = await initialMessage('subscription { leadUpdated { version lead { name } } }', {
      lead: null,
    });
    expect(message).toEqual({
      data: { leadUpdated: { version: null, lead: null } },
      version: undefined,
      reads: 0,
    });
  });

  it('keeps to what the viewer may see', async () => {
    const text = 'subscription { leadUpdated { version lead { id name } } }';
    const message = await initialMessage(text, { scopes: [] });
    expect(message.data).toEqual({ leadUpdated: { version: null, lead: { id: '1', name: null } } });
    expect(message.errors.map(({ path }: { path: string[] }) => path.join('.'))).toEqual([
      'leadUpdated.version',
      'leadUpdated.lead.name',
    ]);
    expect(message.version).toBe(7);
    expect((await initialMessage(text, { scopes: ['names'] })).data.leadUpdated.lead).toEqual({
      id: '1',
      name: 'Lead 1',
    });
  });
});
