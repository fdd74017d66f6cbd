import type { PlanNode } from '@apollo/query-planner';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  isNonNullType,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import { usesContext } from './context-inputs.ts';
import { refusesMutation } from './denials.ts';
import { marksAt } from './errors.ts';
import { compileFetch, compilePrimary, type FetchSurroundings } from './fetch-node.ts';
import { createJoins, type Joins, sendHeld } from './joined-fetches.ts';
import { compilePath } from './paths.ts';
import { type PlanningNames, planningNames } from './planning-names.ts';
import { findRootOwners } from './root-fields.ts';
import { type Run, type Step, settleTroubles, startRun } from './tree.ts';
import { createTypeIndex } from './type-index.ts';
import type { CompiledPlan, PlanInput } from './types.ts';
import { compileWriter } from './writer.ts';
import { createWritings } from './written-places.ts';

/**
 * Compiles a query plan, once per operation, into functions that make the requests of its fetches, merge the
 * answers into one tree and write the response text.
 *
 * The plan has to be made by `createPlanner(…).plan` of the same document: both choose the same names for
 * planning. Throws a GraphQLError `DEFER_NOT_SUPPORTED` or `PLAN_DROPS_ROOT_FIELD` for a plan that must not be
 * executed.
 */
export function compilePlan(input: PlanInput): CompiledPlan {
  const { queryPlan, document, operation, schema, supergraphSchema } = input;
  const fragments = fragmentsOf(document);
  const planned = input.planned ?? input;
  const names = planningNames(planned.document, supergraphSchema);
  const surroundings: FetchSurroundings = {
    types: createTypeIndex(supergraphSchema),
    copies: usesContext(queryPlan.node),
    clientVariable: names.clientVariable,
    joins: createJoins(names.clientVariable, input.joins),
    writings: createWritings(),
    strictRootKeys:
      operation.operation === OperationTypeNode.MUTATION ? strictRootKeys(input, fragments, names) : [],
  };
  const rootOwners = findRootOwners(queryPlan.node, {
    operation: planned.operation,
    fragments: fragmentsOf(planned.document),
    names,
  });
  const subgraphs = new Set<string>();
  const { step, primary } = compileRoot(queryPlan.node, surroundings, subgraphs);
  const refuses = refusesMutation(input, fragments);
  const write = compileWriter({ schema, operation, fragments, names, denials: input.denials });

  return {
    rootOwners,
    subgraphs: [...subgraphs],
    primary,
    async execute(context) {
      const run: Run = startRun(context);
      if (!refuses(context.variables)) await step?.(run);
      settleTroubles(run);
      context.beforeWrite?.(run.root);
      return write(run);
    },
  };
}

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

/** The rest of a subscription's plan is made for each answer of its primary fetch. */
function compileRoot(
  node: PlanInput['queryPlan']['node'],
  surroundings: FetchSurroundings,
  subgraphs: Set<string>,
): { readonly step: Step | undefined } & Pick<CompiledPlan, 'primary'> {
  if (node?.kind !== 'Subscription') {
    return { step: node && compileNode(node, [], surroundings, subgraphs), primary: undefined };
  }
  subgraphs.add(node.primary.serviceName);
  const primary = compilePrimary(node.primary, surroundings);
  const rest = node.rest && compileNode(node.rest, [], surroundings, subgraphs);
  return { step: rest ? inSequence([primary.step, rest], []) : primary.step, primary: primary.request };
}

function compileNode(
  node: PlanNode,
  path: readonly (string | number)[],
  surroundings: FetchSurroundings,
  subgraphs: Set<string>,
): Step {
  const compileAll = (nodes: readonly PlanNode[]): Step[] =>
    nodes.map((child) => compileNode(child, path, surroundings, subgraphs));
  switch (node.kind) {
    case 'Sequence':
      return inSequence(compileAll(node.nodes), surroundings.strictRootKeys);
    case 'Parallel':
      return inParallel(compileAll(node.nodes), surroundings.joins);
    case 'Flatten':
      return compileNode(node.node, [...path, ...node.path], surroundings, subgraphs);
    case 'Fetch':
      subgraphs.add(node.serviceName);
      return compileFetch(node, compilePath(path), surroundings);
    case 'Condition': {
      const [met, unmet] = [node.ifClause, node.elseClause].map(
        (clause) => clause && compileNode(clause, path, surroundings, subgraphs),
      );
      const variable = surroundings.clientVariable(node.condition);
      return (run) => (run.context.variables[variable] === true ? met : unmet)?.(run);
    }
    case 'Defer':
      throw new GraphQLError('@defer is not supported. Ask for the deferred fields without it.', {
        extensions: { code: 'DEFER_NOT_SUPPORTED' },
      });
  }
}

/** Ends early where a root field that must not be null has failed: no further mutation is made then. */
function inSequence(steps: readonly Step[], strictRootKeys: readonly string[]): Step {
  return async (run) => {
    for (const step of steps) {
      const pending = step(run);
      if (pending) await pending;
      if (run.marks !== undefined && strictRootKeys.some((key) => marksAt(run.marks, run.root, key))) return;
    }
  };
}

/** What the heads of all steps ask of one subgraph goes out as one request, those of nested steps included. */
function inParallel(steps: readonly Step[], joins: Joins): Step {
  return (run) => {
    const isOutermost = run.held === undefined;
    run.held ??= [];
    const pending: Promise<void>[] = [];
    for (const step of steps) {
      const started = step(run);
      if (started) pending.push(started);
    }
    if (isOutermost) pending.push(...sendHeld(run, joins));
    if (pending.length < 2) return pending[0];
    return Promise.all(pending).then(() => undefined);
  };
}

/** The tree keys of root fields that must not be null, whatever their conditions. */
function strictRootKeys(
  { schema, operation }: PlanInput,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  names: PlanningNames,
): string[] {
  const rootFields = schema.getRootType(operation.operation)?.getFields() ?? {};
  const keys = new Set<string>();
  const search = (selectionSet: SelectionSetNode): void => {
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        if (isNonNullType(rootFields[selection.name.value]?.type)) keys.add(names.treeKey(selection));
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        search(selection.selectionSet);
      } else {
        const fragment = fragments.get(selection.name.value);
        if (fragment) search(fragment.selectionSet);
      }
    }
  };
  search(operation.selectionSet);
  return [...keys];
}
