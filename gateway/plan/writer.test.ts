import { describe, expect, it } from 'vitest';
import { errorsOf, executionOver } from '#test/harness/execution.ts';

const { run } = executionOver({
  a: `
    type Query { all: [Media] }
    interface Media @key(fields: "id") { id: ID! title: String }
    type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
  `,
  b: 'type Query { top: Media } type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }',
});
const top = () => ({ top: { __typename: 'Media', id: '1', stars: 5 } });

describe('an object of which only its interface is known', () => {
  it('is null with an error where the type decides what it shows', async () => {
    const outcome = await run('{ top { stars ... on Book { pages } } }', {
      b: top,
      a: () => 'SUBGRAPH_TIMEOUT',
    });
    expect(outcome.response.data).toEqual({ top: null });
    expect(errorsOf(outcome)).toEqual([['["top"]', 'SUBGRAPH_TIMEOUT']]);
  });

  it('is written where the type does not matter', async () => {
    const outcome = await run('{ top { stars title } }', { b: top, a: () => 'SUBGRAPH_TIMEOUT' });
    expect(outcome.response.data).toEqual({ top: { stars: 5, title: null } });
    expect(errorsOf(outcome)).toEqual([['["top","title"]', 'SUBGRAPH_TIMEOUT']]);
  });

  it('has its own fields once its type has come', async () => {
    const outcome = await run('{ top { stars __typename ... on Book { pages } } }', {
      b: top,
      a: () => ({ _entities: [{ __typename: 'Book', pages: 3 }] }),
    });
    expect(outcome.body).toBe('{"data":{"top":{"stars":5,"__typename":"Book","pages":3}}}');
  });
});

it('a fragment that is skipped at one place is written at another', async () => {
  const text = `query ($x: Boolean!) { top { ...F @skip(if: $x) id ...F } } fragment F on Media { stars }`;
  expect((await run(text, { b: top }, { x: true })).body).toBe('{"data":{"top":{"id":"1","stars":5}}}');
  expect((await run(text, { b: top }, { x: false })).body).toBe('{"data":{"top":{"stars":5,"id":"1"}}}');
});
