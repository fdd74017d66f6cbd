import type { FetchNode } from '@apollo/query-planner';
import { mustAskApart, portionOf } from './joined-answer.ts';
import { type EntityOperation, isEntityQuery, joinOperations } from './joined-operation.ts';
import { type Asking, ask, compileVariables, type WriteVariables } from './requests.ts';
import type { Run } from './tree.ts';
import type { SubgraphAnswer } from './types.ts';

/** An entity fetch that may go out together with others. */
export interface JoinableFetch extends Asking, EntityOperation {
  /** Among those of its plan. */
  readonly number: number;
  readonly variableNames: readonly string[];
  readonly writeVariables: WriteVariables;
}

/** A fetch that waits to be joined, for as long as it takes to start those beside it. */
export interface HeldFetch {
  readonly fetch: JoinableFetch;
  readonly representations: readonly string[];
  readonly answer: (answer: SubgraphAnswer | Promise<SubgraphAnswer>) => void;
}

/** One operation for several fetches. */
interface JoinedFetch extends Asking {
  readonly writeVariables: WriteVariables;
}

/** The fetches of one plan that may be joined, and those combinations that were. */
export interface Joins {
  /** `undefined` for a fetch that always goes alone. */
  readonly admit: (
    node: FetchNode,
    asking: Asking,
    writeVariables: WriteVariables,
  ) => JoinableFetch | undefined;
  readonly joined: (fetches: readonly JoinableFetch[]) => JoinedFetch;
}

/**
 * Combinations that a plan keeps. It has more than one for a subgraph only where conditions, or entities that are not
 * there, leave a fetch out; what is dropped is made again.
 */
const mostKept = 64;

export function createJoins(
  clientVariable: (name: string) => string,
  isJoined: (subgraph: string) => boolean = () => true,
): Joins {
  const kept = new Map<string, JoinedFetch>();
  let admitted = 0;
  return {
    admit({ requires, contextRewrites, operationName, variableUsages = [] }, asking, writeVariables) {
      const { subgraph, kind, operation } = asking;
      // One node with context arguments may make several requests, each with variables of its own.
      const isPlain = requires !== undefined && !contextRewrites?.length && kind === 'query';
      if (!isPlain || !isJoined(subgraph) || !isEntityQuery(operation)) return undefined;
      const number = admitted++;
      return { ...asking, operationName, number, variableNames: variableUsages, writeVariables };
    },
    joined(fetches) {
      const key = fetches.map(({ number }) => number).join();
      let joined = kept.get(key);
      if (joined === undefined) {
        const [oldest] = kept.keys();
        if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
        joined = joinFetches(fetches, clientVariable);
        kept.set(key, joined);
      }
      return joined;
    },
  };
}

function joinFetches(
  fetches: readonly JoinableFetch[],
  clientVariable: (name: string) => string,
): JoinedFetch {
  const names = new Set(fetches.flatMap(({ variableNames }) => variableNames));
  return {
    subgraph: fetches[0]!.subgraph,
    kind: 'query',
    operation: joinOperations(fetches),
    writeVariables: compileVariables([...names], clientVariable),
  };
}

/** Asks for the entities of one fetch: as soon as those beside it have started, where some are about to. */
export function askEntities(
  run: Run,
  fetch: JoinableFetch,
  representations: readonly string[],
): Promise<SubgraphAnswer> {
  const { held } = run;
  return held === undefined
    ? askAlone(run, fetch, representations)
    : new Promise((answer) => held.push({ fetch, representations, answer }));
}

/** Sends what is held: one request for each subgraph. Gives what is left to wait for besides the fetches. */
export function sendHeld(run: Run, joins: Joins): Promise<void>[] {
  const { held = [] } = run;
  run.held = undefined;
  const pending: Promise<void>[] = [];
  for (const group of Map.groupBy(held, ({ fetch }) => fetch.subgraph).values()) {
    const [first] = group;
    if (group.length > 1) pending.push(askJoined(run, group, joins.joined(group.map(({ fetch }) => fetch))));
    else if (first) first.answer(askAlone(run, first.fetch, first.representations));
  }
  return pending;
}

/** A joined request is as slow as the slowest of its parts. Where it must be asked apart, that is done once. */
async function askJoined(run: Run, held: readonly HeldFetch[], joined: JoinedFetch): Promise<void> {
  const lists = held.map(({ representations }) => representations);
  const answer = await ask(run, joined, lists, joined.writeVariables(run.context.variables).slice(1));
  const isApart = mustAskApart(lists, answer);
  held.forEach((each, place) => {
    each.answer(isApart ? askAlone(run, each.fetch, each.representations) : portionOf(answer, place));
  });
}

function askAlone(
  run: Run,
  fetch: JoinableFetch,
  representations: readonly string[],
): Promise<SubgraphAnswer> {
  return ask(run, fetch, [representations], fetch.writeVariables(run.context.variables).slice(1));
}
