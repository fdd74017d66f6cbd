import type { FetchNode } from '@apollo/query-planner';
import { contextArguments } from './context-arguments.ts';
import {
  type Fault,
  type FetchShape,
  failureFault,
  fetchShape,
  markError,
  markMissing,
  marksAt,
  nullDepthOf,
  subgraphFault,
} from './errors.ts';
import { askEntities, type JoinableFetch, type Joins } from './joined-fetches.ts';
import { copyJson, mergeInto } from './merge.ts';
import { type CompiledPath, compilePath, type TreePath } from './paths.ts';
import { compileRepresentations, findMissingInput } from './representations.ts';
import {
  type Asking,
  ask,
  compileVariables,
  fetchOperation,
  requestOf,
  type WriteVariables,
} from './requests.ts';
import { applyRewrites, pathAfterRewrites, shapeAfterRewrites } from './rewrites.ts';
import { addTrouble, isTreeObject, type Run, type Step, type TreeObject } from './tree.ts';
import type { TypeIndex } from './type-index.ts';
import type { CompiledPlan, SubgraphAnswer, SubgraphError } from './types.ts';
import { copyPlaces, type Writings, type WrittenPlaces } from './written-places.ts';

/** What fetch nodes of one plan have in common. */
export interface FetchSurroundings {
  readonly types: TypeIndex;
  /** True where one entity may be given different values at different places, so that nothing is shared. */
  readonly copies: boolean;
  /** The client's name of a variable that the plan calls otherwise. */
  readonly clientVariable: (name: string) => string;
  readonly joins: Joins;
  readonly writings: Writings;
  /** Keys of root fields whose failure ends the plan; empty but for mutations. */
  readonly strictRootKeys: readonly string[];
}

/** A compiled fetch: how to write its request and what to do with its answer. */
interface Fetch extends Asking {
  readonly node: FetchNode;
  readonly path: CompiledPath;
  readonly surroundings: FetchSurroundings;
  readonly writeVariables: WriteVariables;
  /** Undefined where its requests always go alone. */
  readonly joinable: JoinableFetch | undefined;
  /** Read from the operation when something first fails, or an answer is first shared. */
  readonly shape: () => FetchShape;
  /** What of its answers is not to be shared. */
  readonly writtenPlaces: () => WrittenPlaces;
  readonly mapPath: (path: TreePath) => TreePath;
}

/** Some objects of the tree that one request asks for, and the representation that stands for each. */
export interface EntityGroup {
  readonly targets: TreeObject[];
  /** The index of each target's representation. */
  readonly indexes: number[];
  readonly representations: Map<string, number>;
  /** The JSON members of context arguments that the group shares. */
  readonly argumentsText: string;
}

/** Compiles a Fetch node that stands at a path of the tree. */
export function compileFetch(node: FetchNode, path: CompiledPath, surroundings: FetchSurroundings): Step {
  const fetch = fetchOf(node, path, surroundings);
  return node.requires ? entityStep(fetch, node.requires) : plainStep(fetch);
}

/** Compiles the primary fetch of a subscription, and the request that it makes. */
export function compilePrimary(
  node: FetchNode,
  surroundings: FetchSurroundings,
): { readonly step: Step; readonly request: NonNullable<CompiledPlan['primary']> } {
  const fetch = fetchOf(node, compilePath([]), surroundings);
  return {
    step: plainStep(fetch),
    request: (variables) => requestOf(fetch, undefined, fetch.writeVariables(variables).slice(1)),
  };
}

function fetchOf(node: FetchNode, path: CompiledPath, surroundings: FetchSurroundings): Fetch {
  const entities = node.requires !== undefined;
  const rewrites = node.outputRewrites ?? [];
  const contextual = new Set(node.contextRewrites?.map((rewrite) => rewrite.renameKeyTo));
  const names = (node.variableUsages ?? []).filter((name) => !contextual.has(name));
  const writeVariables = compileVariables(names, surroundings.clientVariable);
  const asking: Asking = {
    subgraph: node.serviceName,
    kind: node.operationKind,
    operation: fetchOperation(node.operation, node.operationName),
  };
  let madeShape: FetchShape | undefined;
  const shape = () => {
    madeShape ??= shapeAfterRewrites(fetchShape(node.operation, entities), rewrites);
    return madeShape;
  };
  return {
    ...asking,
    node,
    path,
    surroundings,
    writeVariables,
    joinable: surroundings.joins.admit(node, asking, writeVariables),
    shape,
    writtenPlaces: surroundings.writings.add({ path: path.keys, shape }),
    mapPath: (from) => (rewrites.length === 0 ? from : pathAfterRewrites(rewrites, from)),
  };
}

/** A fetch of root fields: of the operation, or of a root type that stands somewhere in the tree. */
function plainStep(fetch: Fetch): Step {
  return async (run) => {
    const targets = fetch.path.collect(run.root);
    if (targets.length === 0) return;
    const answer = await ask(run, fetch, undefined, fetch.writeVariables(run.context.variables).slice(1));
    const data = checkedData(fetch, run, answer, targets, undefined);
    if (data === undefined || answer.kind === 'failure') return;
    const depths = answer.errors.map((error) => nullDepthOf(data, error.path ?? []));
    if (data !== null) mergeAnswer(fetch, run, data, targets, answer.shared === true);
    answer.errors.forEach((error, index) => {
      if (!error.path?.length) {
        reportLoose(fetch, run, error, fetch.path.stem);
        return;
      }
      reportError(fetch, run, error, targets, fetch.mapPath(error.path), depths[index]);
    });
  };
}

function entityStep(fetch: Fetch, requires: NonNullable<FetchNode['requires']>): Step {
  const { node, surroundings } = fetch;
  const { whole, available } = compileRepresentations(
    node.serviceName,
    requires,
    node.inputRewrites ?? [],
    surroundings.types,
  );
  const contexts = contextArguments(node.contextRewrites ?? [], surroundings.types);
  const sameObjects = JSON.stringify([fetch.path.text, requires, node.inputRewrites, node.contextRewrites]);

  /** False where something that the representation needs was missing. */
  const addTarget = (
    run: Run,
    groups: Map<string, EntityGroup>,
    target: TreeObject,
    argumentsText: string,
  ): boolean => {
    let text = whole(target);
    const isWhole = text !== undefined;
    if (text === undefined) {
      text = available(target);
      const missing = run.marks && findMissingInput(requires, target, surroundings.types);
      const cause = missing && marksAt(run.marks, missing.holder, missing.key)?.[0];
      // Whatever the subgraph makes of an input that an earlier failure left out: a null has that reason.
      if (cause) reportFailure(fetch, run, cause.fault, [target]);
    }
    if (typeof text === 'string') addToGroup(groups, argumentsText, target, text);
    return isWhole;
  };

  const collect = (run: Run): readonly EntityGroup[] => {
    const groups = new Map<string, EntityGroup>();
    let isLasting = contexts === undefined;
    if (contexts === undefined) {
      for (const target of fetch.path.collect(run.root)) {
        if (!addTarget(run, groups, target, '')) isLasting = false;
      }
    } else {
      for (const place of fetch.path.locate(run.root)) {
        const given = contexts(place);
        if (given.kind === 'given') {
          addTarget(run, groups, place.target, given.text);
        } else {
          const cause = marksAt(run.marks, given.holder, given.key)?.[0];
          if (cause) reportFailure(fetch, run, cause.fault, [place.target]);
        }
      }
    }
    const asked = [...groups.values()];
    if (isLasting) run.collected.set(sameObjects, asked);
    return asked;
  };

  return (run) => {
    const asked = run.collected.get(sameObjects) ?? collect(run);
    if (asked.length === 0) return undefined;
    if (asked.length === 1) return fetchGroup(fetch, run, asked[0]!);
    return Promise.all(asked.map((group) => fetchGroup(fetch, run, group))).then(() => undefined);
  };
}

function addToGroup(
  groups: Map<string, EntityGroup>,
  argumentsText: string,
  target: TreeObject,
  text: string,
): void {
  let group = groups.get(argumentsText);
  if (group === undefined) {
    group = { targets: [], indexes: [], representations: new Map(), argumentsText };
    groups.set(argumentsText, group);
  }
  let index = group.representations.get(text);
  if (index === undefined) {
    index = group.representations.size;
    group.representations.set(text, index);
  }
  group.targets.push(target);
  group.indexes.push(index);
}

async function fetchGroup(fetch: Fetch, run: Run, group: EntityGroup): Promise<void> {
  const representations = [...group.representations.keys()];
  const answer = await (fetch.joinable
    ? askEntities(run, fetch.joinable, representations)
    : ask(
        run,
        fetch,
        [representations],
        (group.argumentsText + fetch.writeVariables(run.context.variables)).slice(1),
      ));
  const data = checkedData(fetch, run, answer, group.targets, group.representations.size);
  if (data === undefined || data === null || answer.kind === 'failure') return;
  const entities = data._entities as unknown[];
  const placed = answer.errors.map((error) => {
    const index = error.path?.[0] === '_entities' ? error.path[1] : undefined;
    if (typeof index !== 'number' || index < 0 || index >= entities.length) return undefined;
    const path = (error.path ?? []).slice(2);
    return { index, path, depth: nullDepthOf(entities[index], path) };
  });
  mergeEntities(fetch, run, group, entities, answer.shared === true);
  answer.errors.forEach((error, at) => {
    const place = placed[at];
    if (place === undefined) {
      reportLoose(fetch, run, error, fetch.path.stem);
      return;
    }
    const targets = group.targets.filter((_, index) => group.indexes[index] === place.index);
    reportError(fetch, run, error, targets, fetch.mapPath(place.path), place.depth);
  });
}

/**
 * Checks an answer as a whole. `undefined` where it failed, which is then reported; null where data is null
 * and the errors have paths that tell why.
 */
function checkedData(
  fetch: Fetch,
  run: Run,
  answer: SubgraphAnswer,
  targets: readonly TreeObject[],
  entityCount: number | undefined,
): TreeObject | null | undefined {
  const subgraph = fetch.node.serviceName;
  if (answer.kind === 'failure') {
    reportFailure(fetch, run, failureFault(subgraph, answer.code, answer.message), targets);
    return undefined;
  }
  const data: unknown = answer.data;
  if (isTreeObject(data)) {
    if (entityCount === undefined) return data;
    if (Array.isArray(data._entities)) {
      if (data._entities.length === entityCount) return data;
      const message = `Subgraph "${subgraph}" answered ${data._entities.length} entities where ${entityCount} were asked.`;
      reportFailure(fetch, run, failureFault(subgraph, 'SUBGRAPH_INVALID_ANSWER', message), targets);
      return undefined;
    }
  } else if (entityCount === undefined && answer.errors.some((error) => (error.path?.length ?? 0) > 0)) {
    return null;
  }
  const [first, ...others] = answer.errors;
  if (first === undefined) {
    const message = `Subgraph "${subgraph}" answered neither data nor errors.`;
    reportFailure(fetch, run, failureFault(subgraph, 'SUBGRAPH_INVALID_ANSWER', message), targets);
    return undefined;
  }
  reportFailure(fetch, run, subgraphFault(subgraph, first), targets);
  for (const error of others) reportLoose(fetch, run, error, fetch.path.stem);
  return undefined;
}

/** Every field of the fetch that is missing gets the fault at its own path. */
function reportFailure(fetch: Fetch, run: Run, fault: Fault, targets: readonly TreeObject[]): void {
  addTrouble(run, (marks) => {
    for (const target of targets) markMissing(marks, target, fetch.shape(), fault, []);
  });
}

function reportError(
  fetch: Fetch,
  run: Run,
  error: SubgraphError,
  targets: readonly TreeObject[],
  path: TreePath,
  nullDepth: number | undefined,
): void {
  const fault = subgraphFault(fetch.node.serviceName, error);
  if (nullDepth !== undefined) {
    addTrouble(run, (marks) => {
      for (const target of targets) markError(marks, target, fetch.shape(), fault, path, nullDepth);
    });
    return;
  }
  for (const place of fetch.path.locate(run.root)) {
    if (targets.includes(place.target)) run.loose.push({ fault, path: [...place.path, ...path] });
  }
}

/** An error that explains no null: it shows at the fetch's place, whatever becomes of the data. */
function reportLoose(fetch: Fetch, run: Run, error: SubgraphError, path: TreePath): void {
  run.loose.push({ fault: subgraphFault(fetch.node.serviceName, error), path });
}

function mergeAnswer(
  fetch: Fetch,
  run: Run,
  data: TreeObject,
  targets: readonly TreeObject[],
  shared: boolean,
): void {
  const { types, copies } = fetch.surroundings;
  run.collected.clear();
  const own = ownAnswer(fetch, data, shared);
  targets.forEach((target, index) => {
    mergeInto(target, copies && index > 0 ? copyJson(own) : own, types.isObjectType);
  });
}

/** An answer that may become part of the tree. Of one that is shared only what is written into is copied. */
function ownAnswer<T>({ node, surroundings, writtenPlaces }: Fetch, answer: T, shared: boolean): T {
  if (node.outputRewrites) {
    const own = shared ? copyJson(answer) : answer;
    applyRewrites(node.outputRewrites, own, surroundings.types);
    return own;
  }
  const places = shared ? writtenPlaces() : undefined;
  return places?.size ? copyPlaces(answer, places) : answer;
}

function mergeEntities(
  fetch: Fetch,
  run: Run,
  group: EntityGroup,
  received: unknown[],
  shared: boolean,
): void {
  const { types, copies } = fetch.surroundings;
  run.collected.clear();
  const entities = ownAnswer(fetch, received, shared);
  for (let i = 0; i < group.targets.length; i++) {
    const entity = entities[group.indexes[i]!];
    if (isTreeObject(entity))
      mergeInto(group.targets[i]!, copies ? copyJson(entity) : entity, types.isObjectType);
  }
}
