import {
  array,
  assert,
  asyncProperty,
  constant,
  integer,
  nat,
  oneof,
  record,
  tuple,
  uniqueArray,
} from 'fast-check';
import { expect, test } from 'vitest';
import { mustAskApart } from '#gateway/plan/joined-answer.ts';
import type { SubgraphAnswer } from '#gateway/plan/types.ts';
import { until } from './fixture.ts';
import {
  type Asked,
  account,
  accountById,
  type HeldCall,
  type HeldSubgraph,
  operationOf,
  startHeldSubgraph,
} from './held-subgraph.ts';

/*
 * A subgraph that deals with each entity by its number. What it does for a list follows from the list alone, so that
 * the answer that a requester would have had alone can be told beforehand.
 */
const unreadable = 13;
const nulling = 17;
const pathless = 19;
const failing = (id: number) => id % 5 === 0;
const absent = (id: number) => id % 7 === 0;

type Body = { readonly text: string; readonly type: string };
type Path = readonly (string | number)[];

/** Entities stand in a list, root fields under their response names; each has its path. */
function bodyFor(asked: readonly { readonly id: number; readonly path: Path }[]): Body {
  const has = (id: number) => asked.some((one) => one.id === id);
  if (has(unreadable)) {
    return { text: '<html>', type: 'text/html' };
  }
  const errors: object[] = asked.flatMap(({ id, path }) =>
    failing(id) && !absent(id) ? [{ message: `no name of ${id}`, path: [...path, 'name'] }] : [],
  );
  if (has(nulling)) {
    return json({ data: null, errors: [...errors, { message: 'all is null', path: ['_entities'] }] });
  }
  const data: Record<string, unknown> = {};
  for (const { id, path } of asked) {
    const value = absent(id) ? null : { id, name: failing(id) ? null : `name ${id}` };
    const [key, index] = path;
    if (index === undefined) {
      data[String(key)] = value;
    } else {
      data[String(key)] = [...((data[String(key)] as unknown[] | undefined) ?? []), value];
    }
  }
  return json({ data, errors: has(pathless) ? [...errors, { message: 'somewhere' }] : errors });
}

function entitiesOf(ids: readonly number[], key = '_entities') {
  return ids.map((id, index) => ({ id, path: [key, index] }));
}

/** What a request of two lists asks: the ids from the middle on are those of the second. */
function listsOf(ids: readonly number[]): readonly [readonly number[], readonly number[]] {
  const middle = Math.ceil(ids.length / 2);
  return [ids.slice(0, middle), ids.slice(middle)];
}

function inListsOf(ids: readonly number[]) {
  const [first, second] = listsOf(ids);
  return [...entitiesOf(first), ...entitiesOf(second, '_entities_1')];
}

function json(body: object): Body {
  return { text: JSON.stringify(body), type: 'application/json' };
}

function alone({ kind, ids }: Asking): object {
  const { text, type } = bodyFor(
    kind === 'entities'
      ? entitiesOf(ids)
      : kind === 'lists'
        ? inListsOf(ids)
        : ids.map((id) => ({ id, path: ['account'] })),
  );
  if (type === 'text/html') {
    return {
      kind: 'failure',
      code: 'SUBGRAPH_INVALID_ANSWER',
      message: 'Subgraph "accounts" gave an answer that cannot be read.',
    };
  }
  return { kind: 'answer', ...JSON.parse(text) };
}

function askedBy({ variables }: HeldCall) {
  const { representations, representations_1: second } = variables;
  const idsOf = (list: unknown) => (list as readonly { readonly id: string }[]).map(({ id }) => Number(id));
  if (second !== undefined) {
    return [...entitiesOf(idsOf(representations)), ...entitiesOf(idsOf(second), '_entities_1')];
  }
  if (representations !== undefined) {
    return entitiesOf(idsOf(representations));
  }
  return Object.entries(variables).map(([name, id]) => ({
    id: Number(id),
    path: [name.replace(/^v(\d+)_id$/, 'p$1_account').replace(/^id$/, 'account')],
  }));
}

const inTwoLists = operationOf('{_entities _entities_1:_entities}');

/** A request for several entities, in one list or in two, or for one root field. */
type Asking =
  | { readonly kind: 'entities'; readonly ids: readonly number[] }
  | { readonly kind: 'lists'; readonly ids: readonly number[] }
  | { readonly kind: 'root'; readonly ids: readonly number[] };

function listsAsked({ kind, ids }: Asking): readonly (readonly string[])[] | undefined {
  return kind === 'root'
    ? undefined
    : (kind === 'lists' ? listsOf(ids) : [ids]).map((list) => list.map(account));
}

type Step =
  | Asking
  | { readonly kind: 'turn' }
  | { readonly kind: 'answer'; readonly which: number }
  | { readonly kind: 'leave'; readonly which: number };

const steps = array(
  oneof(
    {
      weight: 4,
      arbitrary: record({
        kind: constant('entities' as const),
        ids: uniqueArray(integer({ min: 1, max: 22 }), { minLength: 1, maxLength: 5 }),
      }),
    },
    {
      weight: 3,
      arbitrary: record({
        kind: constant('lists' as const),
        ids: uniqueArray(integer({ min: 1, max: 22 }), { minLength: 2, maxLength: 5 }),
      }),
    },
    {
      weight: 3,
      arbitrary: record({
        kind: constant('root' as const),
        ids: tuple(integer({ min: 1, max: 22 })),
      }),
    },
    { weight: 2, arbitrary: record({ kind: constant('turn' as const) }) },
    { weight: 2, arbitrary: record({ kind: constant('answer' as const), which: nat(10) }) },
    { weight: 1, arbitrary: record({ kind: constant('leave' as const), which: nat(10) }) },
  ),
  { minLength: 2, maxLength: 30 },
);

interface Waiting {
  readonly asking: Asking;
  readonly asked: Asked;
  hasLeft: boolean;
  answer: SubgraphAnswer | undefined;
}

/** Calls that are to be answered, once all that the gateway has sent is there. */
async function open(subgraph: HeldSubgraph): Promise<readonly HeldCall[]> {
  const pending = () => subgraph.calls.filter((call) => !call.isOver);
  await until(() => pending().length === subgraph.target.load);
  return pending();
}

function give(call: HeldCall | undefined): void {
  if (call !== undefined) {
    const { text, type } = bodyFor(askedBy(call));
    call.answer(text, type);
  }
}

/** Turns of the event loop, so that what is to go out goes out. */
async function turn(): Promise<void> {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}

async function play(subgraph: HeldSubgraph, played: readonly Step[]): Promise<readonly Waiting[]> {
  const all: Waiting[] = [];
  for (const step of played) {
    if (step.kind === 'entities' || step.kind === 'lists' || step.kind === 'root') {
      const asked = subgraph.ask(
        step.kind === 'entities'
          ? { lists: listsAsked(step) }
          : step.kind === 'lists'
            ? { operation: inTwoLists, lists: listsAsked(step) }
            : { operation: accountById, variables: `"id":"${step.ids[0]}"` },
      );
      const waiting: Waiting = { asking: step, asked, hasLeft: false, answer: undefined };
      void asked.answer.then((answer) => {
        waiting.answer = answer;
      });
      all.push(waiting);
    } else if (step.kind === 'turn') {
      await turn();
    } else if (step.kind === 'answer') {
      await turn();
      const pending = await open(subgraph);
      give(pending[step.which % Math.max(1, pending.length)]);
    } else {
      const still = all.filter((waiting) => waiting.answer === undefined);
      const leaver = still[step.which % Math.max(1, still.length)];
      if (leaver !== undefined) {
        leaver.hasLeft = true;
        leaver.asked.leave();
      }
    }
  }
  while (all.some((waiting) => waiting.answer === undefined)) {
    await turn();
    (await open(subgraph)).forEach(give);
  }
  await until(() => subgraph.target.load === 0);
  return all;
}

test('however requests are interleaved, each has what it would have had alone', async () => {
  const subgraph = await startHeldSubgraph({ inFlight: 2, representations: 8, rootRequests: 3 });
  let asked = 0;
  try {
    await assert(
      asyncProperty(steps, async (played) => {
        const all = await play(subgraph, played);
        asked += all.length;
        for (const { asking, answer, hasLeft, asked: request } of all) {
          if (!hasLeft) {
            const { shared: _, ...own } = answer as { shared?: boolean };
            expect(own).toEqual(alone(asking));
          }
          /* The plan asks again for what two lists had joined, and that is recorded then. */
          const isRecorded = hasLeft || !mustAskApart(listsAsked(asking), answer as SubgraphAnswer);
          expect(request.scope.records).toHaveLength(isRecorded ? 1 : 0);
          expect(request.scope.underWay.size).toBe(0);
        }
        expect(subgraph.target.sharing?.shapes.size).toBe(0);
      }),
      { numRuns: 150 },
    );
    expect(subgraph.calls.length).toBeLessThan(asked);
  } finally {
    await subgraph.end();
  }
});
