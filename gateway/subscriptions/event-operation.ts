import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { collectFields } from '#gateway/plan/collect-fields.ts';
import { type ConditionVariables, conditionVariables } from '#gateway/plan/conditions.ts';
import { compileProjection, type Project } from './event-projection.ts';
import type { EventSchema } from './event-schema.ts';

/** One operation on the graph of events, parsed once for all of its requests. */
export interface EventOperation {
  readonly node: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly conditions: ConditionVariables;
  /** By the values of the variables that `@skip` and `@include` ask. */
  readonly compiled: LRUCache<string, readonly RootField[]>;
  /** By the text of all variables. */
  readonly asked: LRUCache<string, readonly AskedField[]>;
}

/** A root field that is asked for. */
export interface RootField {
  readonly key: string;
  readonly node: FieldNode;
  /** Undefined for `__typename`. */
  readonly field: GraphQLField<unknown, unknown> | undefined;
  readonly project: Project;
}

/** The same with the arguments that it is asked with, coerced. */
export interface AskedField extends RootField {
  readonly args: Readonly<Record<string, unknown>>;
}

/** What an operation is kept for: combinations of its conditions, and sets of its variables. */
const keptConditions = 64;
const keptVariables = 1_000;

export function parseEventOperation(text: string): EventOperation {
  const { definitions } = parse(text, { noLocation: true });
  const fragments = new Map(
    definitions.flatMap((one): [string, FragmentDefinitionNode][] =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [],
    ),
  );
  const node = definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION) as OperationDefinitionNode;
  return {
    node,
    fragments,
    conditions: conditionVariables(node, fragments),
    compiled: new LRUCache({ max: keptConditions }),
    asked: new LRUCache({ max: keptVariables }),
  };
}

/**
 * The root fields that an operation asks for with some variables.
 * @param variables JSON members
 * @throws Error where the variables are not those of the operation.
 */
export function askedFields(
  schema: GraphQLSchema,
  events: EventSchema,
  operation: EventOperation,
  variables: string,
): readonly AskedField[] {
  const known = operation.asked.get(variables);
  if (known !== undefined) return known;
  const { node, conditions, compiled } = operation;
  const given = getVariableValues(schema, node.variableDefinitions ?? [], JSON.parse(`{${variables}}`));
  if (given.errors) throw new AggregateError(given.errors, 'The variables are not those of the operation.');
  const assignment = conditions.assign(given.coerced);
  let roots = compiled.get(assignment);
  if (roots === undefined) {
    roots = compileRoots(schema, events, operation, assignment);
    compiled.set(assignment, roots);
  }
  const asked = roots.map((root) => ({
    ...root,
    args: root.field ? getArgumentValues(root.field, root.node, given.coerced) : {},
  }));
  operation.asked.set(variables, asked);
  return asked;
}

function compileRoots(
  schema: GraphQLSchema,
  events: EventSchema,
  { node: operation, fragments, conditions }: EventOperation,
  assignment: string,
): readonly RootField[] {
  const type = schema.getRootType(operation.operation);
  if (!type) throw new TypeError(`The supergraph has no ${operation.operation}.`);
  const asked = { schema, events, fragments, conditions, assignment };
  const { fields } = collectFields(asked, assignment, type, [operation.selectionSet]);
  return [...fields].map(([key, nodes]): RootField => {
    const node = nodes[0] as FieldNode;
    const field = type.getFields()[node.name.value];
    if (field === undefined) return { key, node, field, project: () => type.name };
    const project = compileProjection(asked, field.type, nodes, `${type.name}.${field.name}`);
    return { key, node, field, project };
  });
}
