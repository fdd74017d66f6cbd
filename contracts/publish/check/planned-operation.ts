import {
  type DocumentNode,
  GraphQLError,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
  valueFromASTUntyped,
} from 'graphql';
import { compileCost, costWith } from '#gateway/limits/cost-estimate.ts';
import { type CostModel, createCostModel } from '#gateway/limits/cost-model.ts';
import type { OperationLimits } from '#gateway/limits/operation-limits.ts';
import { GatewayError } from '#gateway/pipeline/errors.ts';
import { createPlanner, type Planner } from '#gateway/plan/planner.ts';
import { planningNames } from '#gateway/plan/planning-names.ts';
import type { KnownOperation } from '../known-operations.ts';
import { type ClientPlaces, clientPlaces } from './client-places.ts';
import type { Place } from './finding.ts';
import { type PlannedFetch, plannedFetches } from './plan-fetches.ts';

/** A supergraph that operations can be planned on. */
export interface PlanningGround {
  readonly planner: Planner;
  readonly costs: CostModel;
}

/** A known operation with its plan. */
export interface PlannedOperation {
  readonly kind: 'planned';
  readonly known: KnownOperation;
  readonly fetches: readonly PlannedFetch[];
  /** Estimated as the gateway does, with the variables that are known; undefined where it needs others. */
  readonly cost: number | undefined;
  readonly places: ClientPlaces;
  /** Undefined for an operation that was only seen. Without a coordinate the field at the path. */
  readonly placeOf: (coordinate: string | undefined, path: readonly string[]) => Place | undefined;
  /** The client's response name of a key that the plan uses. */
  readonly clientKey: (key: string) => string;
}

/** Why an operation has no plan on a supergraph. */
export interface RefusedOperation {
  readonly kind: 'refused';
  readonly known: KnownOperation;
  readonly reason: string;
  readonly at: Place | undefined;
}

/** What the gateway estimates costs with. */
export type CostLimits = Pick<OperationLimits, 'cost' | 'assumedListSize'>;

export function planningGround(
  supergraph: string,
  { assumedListSize }: Pick<CostLimits, 'assumedListSize'>,
): PlanningGround {
  const planner = createPlanner(supergraph);
  return { planner, costs: createCostModel(planner.schema, planner.supergraphSchema, assumedListSize) };
}

/** Plans operations on a supergraph, or on none; a document that several clients send is planned once. */
export function planOperations(
  known: readonly KnownOperation[],
  ground: PlanningGround | undefined,
): readonly (PlannedOperation | RefusedOperation)[] {
  if (ground === undefined) return [];
  const made = new Map<string, PlannedOperation | RefusedOperation>();
  return known.map((operation) => {
    const key = JSON.stringify([operation.name, operation.document, operation.source]);
    const planned = made.get(key) ?? planOperation(operation, ground);
    made.set(key, planned);
    return { ...planned, known: operation };
  });
}

/** Validates and plans an operation, as the gateway would. */
function planOperation(
  known: KnownOperation,
  { planner, costs }: PlanningGround,
): PlannedOperation | RefusedOperation {
  const file = known.source.kind === 'committed' ? known.source.file : undefined;
  const place = (line: number | undefined): Place | undefined =>
    file === undefined || line === undefined ? undefined : { file, line };
  try {
    const document = parse(known.document);
    const [invalid] = validate(planner.schema, document);
    if (invalid !== undefined) throw invalid;
    const definition = operationOf(document, known.name);
    const plan = planner.plan(document, definition.name?.value);
    const places = clientPlaces(document, planner.schema);
    const variables = knownVariables(planner, definition, known.variables);
    return {
      kind: 'planned',
      known,
      fetches: plannedFetches(plan),
      cost: costOf(() => costWith(compileCost(costs, document, definition), variables)),
      places,
      placeOf: (coordinate, path) => place(places.line(coordinate ?? '', path)),
      clientKey: planningNames(document, planner.supergraphSchema).clientKey,
    };
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { kind: 'refused', known, reason: error.message, at: place(error.locations?.[0]?.line ?? 1) };
  }
}

/** A list whose size only the client's variables say has no cost without them. */
function costOf(estimate: () => number): number | undefined {
  try {
    return estimate();
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}

function operationOf(document: DocumentNode, name: string): OperationDefinitionNode {
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  const found = operations.find((each) => each.name?.value === name) ?? operations[0];
  if (found === undefined) throw new GraphQLError(`The document of ${name} holds no operation.`);
  return found;
}

/** The examples where they fit the supergraph, else the defaults that the document declares. */
function knownVariables(
  { schema }: Planner,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> {
  const { coerced } = getVariableValues(schema, variableDefinitions, given ?? {});
  if (coerced !== undefined) return coerced;
  return Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)]],
    ),
  );
}
