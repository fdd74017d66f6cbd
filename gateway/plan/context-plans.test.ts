import type { PlanNode } from '@apollo/query-planner';
import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { executionOver } from '#test/harness/execution.ts';

const { planner, run } = executionOver({
  shops: `
    type Query { shop: Shop }
    type Shop @key(fields: "id") @context(name: "shop") { id: ID! currency: String items: [Item] region: String @external }
    type Item @key(fields: "id") {
      id: ID!
      price(currency: String @fromContext(field: "$shop { currency }")): String
      tax(region: String @fromContext(field: "$shop { region }")): String
    }
  `,
  labels: `
    type Item @key(fields: "id") { id: ID! }
    type Shop @key(fields: "id") { id: ID! favourite: Item }
  `,
  regions: 'type Shop @key(fields: "id") { id: ID! region: String }',
  news: `
    type Query { subject: Shop }
    type Subscription { changed: Change }
    type Change { id: ID! subject: Shop }
    type Shop @key(fields: "id", resolvable: false) { id: ID! }
  `,
});

/** A plan as `news, [labels subject | shops subject], shops subject.favourite`. */
function stepsOf(text: string): string {
  const words = (node: PlanNode | undefined, path: readonly (string | number)[] = []): string => {
    switch (node?.kind) {
      case 'Sequence':
        return node.nodes.map((child) => words(child, path)).join(', ');
      case 'Parallel':
        return `[${node.nodes.map((child) => words(child, path)).join(' | ')}]`;
      case 'Flatten':
        return words(node.node, [...path, ...node.path]);
      case 'Fetch':
        return `${node.serviceName} ${path.join('.')}`.trim();
      default:
        return String(node?.kind);
    }
  };
  const { node } = planner.plan(parse(text));
  return node?.kind === 'Subscription'
    ? `${words(node.primary)}, ${words(node.rest)}`
    : words(node as PlanNode | undefined);
}

const shop = { __typename: 'Shop', id: '1' };
const item = { __typename: 'Item', id: '7' };
const answers = {
  news: ({ kind }: { kind: string }) =>
    kind === 'subscription'
      ? { changed: { id: 'e1', subject: { ...shop } } }
      : { subject: { ...shop }, a: { ...shop } },
  labels: () => ({ _entities: [{ favourite: { ...item } }] }),
  regions: () => ({ _entities: [{ region: 'west' }] }),
  shops: ({ body }: { body: string }, variables: Record<string, unknown>) => {
    const given = Object.entries(variables).flatMap(([name, value]) =>
      name === 'representations' ? [] : [value],
    );
    if (body.includes('tax(')) return { _entities: [{ tax: `in ${given}` }] };
    if (body.includes('price(')) return { _entities: [{ price: `5 ${given}` }] };
    if (body.includes('items')) return { _entities: [{ items: [{ ...item }], currency: 'EUR' }] };
    return { _entities: [{ currency: 'EUR' }] };
  },
};

describe('a fetch with arguments from context', () => {
  it('is made after the fetch that brings the value', async () => {
    const text = '{ subject { favourite { price } } a: subject { currency } }';
    expect(stepsOf(text)).toBe('news, [labels subject | shops subject | shops a], shops subject.favourite');
    expect((await run(text, answers)).response).toEqual({
      data: { subject: { favourite: { price: '5 EUR' } }, a: { currency: 'EUR' } },
    });
  });

  it('leaves what needs no such value to a fetch that does not wait', async () => {
    const text = '{ subject { items { tax } } }';
    expect(stepsOf(text)).toBe('news, [shops subject | regions subject], shops subject.items.@');
    expect((await run(text, answers)).response).toEqual({
      data: { subject: { items: [{ tax: 'in west' }] } },
    });
  });

  it('does not take other fields along where the value fails', async () => {
    const text = '{ subject { items { id tax } } }';
    const { response } = await run(text, { ...answers, regions: () => 'SUBGRAPH_TIMEOUT' });
    expect(response).toMatchObject({
      data: { subject: { items: [{ id: '7', tax: null }] } },
      errors: [{ path: ['subject', 'items', 0, 'tax'], extensions: { subgraph: 'regions' } }],
    });
  });

  it('is made after it in the rest of a subscription too', async () => {
    const text = 'subscription { changed { id subject { favourite { price } } } }';
    const at = 'changed.subject';
    expect(stepsOf(text)).toBe(`news, [labels ${at} | shops ${at}], shops ${at}.favourite`);
    expect((await run(text, answers)).response).toEqual({
      data: { changed: { id: 'e1', subject: { favourite: { price: '5 EUR' } } } },
    });
  });

  it('is made where another field with such an argument is skipped', async () => {
    const text = 'query ($x: Boolean!) { shop { items { tax @skip(if: $x) price } } }';
    const { response } = await run(text, { ...answers, shops }, { x: true });
    expect(response).toEqual({ data: { shop: { items: [{ price: 'in EUR' }] } } });
  });
});

/** Each field with an argument says what it was given. */
function shops({ body }: { body: string }, variables: Record<string, unknown>): unknown {
  if (variables.representations === undefined)
    return { shop: { ...shop, currency: 'EUR', items: [{ ...item }] } };
  const given = [...body.matchAll(/(price|tax)\(\w+:\$(\w+)\)/g)].map(
    ([, field = '', variable = '']) => [field, `in ${variables[variable]}`] as const,
  );
  return { _entities: [Object.fromEntries(given)] };
}
