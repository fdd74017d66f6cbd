import { afterEach, describe, expect, test } from 'vitest';
import {
  account,
  type HeldCall,
  type HeldSubgraph,
  operationOf,
  type Question,
  startHeldSubgraph,
} from './held-subgraph.ts';

/* Requests of several lists of representations, as joined fetches make them, shared between clients. */

let subgraph: HeldSubgraph;
afterEach(() => subgraph.end());

const nameAndSize = operationOf(
  'query($representations:[_Any!]!$representations_1:[_Any!]!){_entities(representations:$representations){...on Account{name}}_entities_1:_entities(representations:$representations_1){...on Account{size}}}',
);

type Ids = readonly number[];
const reads = (names: Ids, sizes: Ids): Question => ({
  operation: nameAndSize,
  lists: [names.map(account), sizes.map(account)],
});
const idsOf = (list: unknown) => (list as readonly { readonly id: string }[]).map(({ id }) => Number(id));
const askedOf = ({ variables }: HeldCall) => [
  idsOf(variables.representations),
  idsOf(variables.representations_1),
];
const whole = (names: Ids, sizes: Ids) => ({
  data: {
    _entities: names.map((id) => ({ name: `name ${id}` })),
    _entities_1: sizes.map((id) => ({ size: id })),
  },
});
function answerWhole(call: HeldCall | undefined): void {
  const [names = [], sizes = []] = call ? askedOf(call) : [];
  call?.answer(whole(names, sizes));
}
const answersOf = (asked: readonly { readonly answer: Promise<unknown> }[]) =>
  Promise.all(asked.map(({ answer }) => answer));

test('each list is the union of its own: the same representation may stand in both', async () => {
  subgraph = await startHeldSubgraph();
  const asked = [reads([1, 2], [1]), reads([2, 3], [4, 1]), reads([9], [2])].map(subgraph.ask);
  await subgraph.received(1);
  expect(subgraph.calls.map(askedOf)).toEqual([
    [
      [1, 2, 3, 9],
      [1, 4, 2],
    ],
  ]);
  answerWhole(subgraph.calls[0]);
  expect(await answersOf(asked)).toEqual([
    { kind: 'answer', errors: [], shared: true, ...whole([1, 2], [1]) },
    { kind: 'answer', errors: [], shared: true, ...whole([2, 3], [4, 1]) },
    { kind: 'answer', errors: [], ...whole([9], [2]) },
  ]);
  expect(subgraph.calls).toHaveLength(1);
});

test('requests for the very same get the answer as it is', async () => {
  subgraph = await startHeldSubgraph();
  const asked = [reads([1, 2], [2]), reads([1, 2], [2])].map(subgraph.ask);
  await subgraph.received(1);
  answerWhole(subgraph.calls[0]);
  const given = { kind: 'answer', errors: [], shared: true, ...whole([1, 2], [2]) };
  expect(await answersOf(asked)).toEqual([given, given]);
});

test('an error goes to whoever asked for it in that list, with the place it has there', async () => {
  subgraph = await startHeldSubgraph();
  const asked = [reads([1, 2], [3]), reads([4], [2, 3]), reads([5], [2])].map(subgraph.ask);
  await subgraph.received(1);
  subgraph.calls[0]?.answer({
    ...whole([1, 2, 4, 5], [3, 2]),
    errors: [
      { message: 'size of 3', path: ['_entities_1', 0, 'size'] },
      { message: 'name of 2', path: ['_entities', 1, 'name'] },
    ],
  });
  expect(await answersOf(asked)).toMatchObject([
    {
      errors: [
        { message: 'name of 2', path: ['_entities', 1, 'name'] },
        { message: 'size of 3', path: ['_entities_1', 0, 'size'] },
      ],
    },
    { errors: [{ message: 'size of 3', path: ['_entities_1', 1, 'size'] }] },
    { errors: [] },
  ]);
});

test.each([
  ['representations', { representations: 4 }],
  ['characters', { characters: account(1).length * 4 + 3 }],
])('the bound of %s is of all lists together', async (_, bounds) => {
  subgraph = await startHeldSubgraph(bounds);
  const asked = [reads([1], [1]), reads([2], [1, 3]), reads([4], [5])].map(subgraph.ask);
  await subgraph.received(2);
  expect(subgraph.calls.map(askedOf)).toContainEqual([
    [1, 2],
    [1, 3],
  ]);
  subgraph.calls.forEach(answerWhole);
  expect(await answersOf(asked)).toMatchObject([whole([1], [1]), whole([2], [1, 3]), whole([4], [5])]);
});

describe('where it cannot be told apart', () => {
  const one = [{ name: 'a' }, { name: 'b' }];
  const failures: readonly [string, object][] = [
    ['data null', { data: null, errors: [{ message: 'no', path: ['_entities_1'] }] }],
    ['a list missing', { data: { _entities: one }, errors: [{ message: 'no', path: ['_entities_1'] }] }],
    [
      'a list missing, and an error of the other',
      { data: { _entities: one }, errors: [{ message: 'no', path: ['_entities', 0] }] },
    ],
    ['a list too short', { data: { _entities: one, _entities_1: [{ size: 1 }] } }],
    ['the first list too long', { data: { _entities: [...one, null], _entities_1: [null, null] } }],
    [
      'an error of no list',
      { ...whole([1, 2], [1, 2]), errors: [{ message: 'no', path: ['_entities_2', 0] }] },
    ],
    [
      'an error of no entity',
      { ...whole([1, 2], [1, 2]), errors: [{ message: 'no', path: ['_entities_1', 2] }] },
    ],
  ];

  test.each(failures)('each request asks again, once: %s', async (_, answer) => {
    subgraph = await startHeldSubgraph();
    const asked = [reads([1], [1]), reads([2], [2])].map(subgraph.ask);
    await subgraph.received(1);
    subgraph.calls[0]?.answer(answer);
    await subgraph.received(3);
    expect(subgraph.calls.slice(1).map(askedOf).toSorted()).toEqual([
      [[1], [1]],
      [[2], [2]],
    ]);
    subgraph.calls.slice(1).forEach(answerWhole);
    expect(await answersOf(asked)).toMatchObject([whole([1], [1]), whole([2], [2])]);
    expect(subgraph.calls).toHaveLength(3);
  });
});

test.each([
  ['its "_entities_1" has 2 entities where 1 were asked', { _entities: [null], _entities_1: [null, null] }],
  ['its "_entities_1" is not a list', { _entities: [null] }],
  ['entity 0 of its "_entities_1" is neither', { _entities: [null], _entities_1: ['x'] }],
])('a request alone says what is wrong with its answer: %s', async (cause, data) => {
  subgraph = await startHeldSubgraph();
  const { answer, scope } = subgraph.ask(reads([1], [1]));
  await subgraph.received(1);
  subgraph.calls[0]?.answer({ data });
  expect(await answer).toMatchObject({ kind: 'failure', code: 'SUBGRAPH_INVALID_ANSWER' });
  /* The plan asks again for each fetch: what those come to is recorded. */
  expect(subgraph.log).toMatchObject([{ cause: expect.stringContaining(cause), askedAgain: true }]);
  expect(scope.records).toEqual([]);
});

test('what is said of the age of a shared answer is said to each who waited for a part of it', async () => {
  subgraph = await startHeldSubgraph();
  const asked = [reads([1, 2], [1]), reads([9], [2])].map(subgraph.ask);
  await subgraph.received(1);
  const observedAt = '2026-03-01T09:30:00.000Z';
  subgraph.calls[0]?.answer({ ...whole([1, 2, 9], [1, 2]), extensions: { stale: { observedAt } } });
  expect(await answersOf(asked)).toMatchObject([
    { ...whole([1, 2], [1]), staleSince: observedAt },
    { ...whole([9], [2]), staleSince: observedAt },
  ]);
});
