import { parse, print, stripIgnoredCharacters } from 'graphql';
import { describe, expect, it } from 'vitest';
import { compose } from '#test/oracle/subgraphs.ts';
import { withoutContextConditions } from './context-conditions.ts';
import { createPlanner } from './planner.ts';

const { supergraphSchema } = createPlanner(
  compose({
    subgraphs: {
      shops: `
        type Query { shop: Shop }
        type Mutation { open: Shop }
        type Shop @key(fields: "id") @context(name: "shop") { id: ID! currency: String item: Item }
        type Item @key(fields: "id") { id: ID! label: String price(c: String @fromContext(field: "$shop { currency }")): Int }
      `,
    },
  }),
);

function stripped(text: string): string {
  return stripIgnoredCharacters(print(withoutContextConditions(parse(text), supergraphSchema)));
}

describe('conditions around fields with context arguments', () => {
  it.each([
    [
      'leave such fields',
      '{shop{item{price@skip(if:$x)id@skip(if:$x)}}}',
      '{shop{item{price id@skip(if:$x)}}}',
    ],
    [
      'move to what else they are around',
      '{shop@skip(if:$x){id...@include(if:$y){item{price label}}}}',
      '{shop{...@skip(if:$x){id}...{item{price ...@skip(if:$x){...@include(if:$y){label}}}}}}',
    ],
    ['stay elsewhere', '{shop@skip(if:$x){id}}', '{shop@skip(if:$x){id}}'],
    [
      'leave named fragments',
      '{...F}fragment F on Query{shop@skip(if:$x){item{price}}}',
      '{...F}fragment F on Query{shop{item{price}}}',
    ],
  ])('%s', (_, text, expected) => {
    expect(stripped(text)).toBe(expected);
  });

  it('stay at the root fields of mutations', () => {
    const root = 'mutation{...@include(if:$x){open@skip(if:$y)';
    expect(stripped(`${root}{item{price@skip(if:$z)}}}}`)).toBe(`${root}{item{price}}}}`);
  });
});
