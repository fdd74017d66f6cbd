import { type FieldNode, type FragmentDefinitionNode, isNonNullType, OperationTypeNode } from 'graphql';
import { collectFields } from './collect-fields.ts';
import { conditionVariables } from './conditions.ts';
import type { Fault } from './errors.ts';
import { isTreeObject } from './tree.ts';
import type { PlanInput } from './types.ts';
import type { WriteState } from './write-state.ts';
import type { ValueWriter } from './writer-scalars.ts';

/** What of an operation is denied to those whom a plan is for. */
export interface Denials {
  /** Fields of the client's document that are neither asked for nor written. */
  readonly fields: ReadonlyMap<FieldNode, Fault>;
  /** Object types of which nothing is told, not even that an object is of one. */
  readonly types: ReadonlyMap<string, Fault>;
}

/** Why a response field is denied: it is where any of the selections that make it up is. */
export function denialOf(denials: Denials | undefined, nodes: readonly FieldNode[]): Fault | undefined {
  if (denials === undefined) return undefined;
  for (const node of nodes) {
    const fault = denials.fields.get(node);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Reports the denial of the place that is being written. */
export function reportDenial(state: WriteState, depth: number, fault: Fault): false {
  state.errors.push({ ...fault, path: state.path.slice(0, depth) });
  return false;
}

/** Writes objects of an interface or union, but for those of denied types. */
export function withoutDeniedTypes(write: ValueWriter, denials: Denials | undefined): ValueWriter {
  if (denials === undefined || denials.types.size === 0) return write;
  return (value, state, depth) => {
    const typename = isTreeObject(value) ? value.__typename : undefined;
    const fault = typeof typename === 'string' ? denials.types.get(typename) : undefined;
    return fault === undefined ? write(value, state, depth) : reportDenial(state, depth, fault);
  };
}

/**
 * Whether an execution comes to nothing because a root field of a mutation is denied that must not be null: then
 * none of the mutation is executed, since its answer could not say what was.
 */
export function refusesMutation(
  { denials, operation, schema }: PlanInput,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): (variables: Readonly<Record<string, unknown>>) => boolean {
  const root = schema.getMutationType();
  if (denials === undefined || !root || operation.operation !== OperationTypeNode.MUTATION) {
    return () => false;
  }
  const conditions = conditionVariables(operation, fragments);
  const rootFields = root.getFields();
  return (variables) => {
    const assignment = conditions.assign(variables);
    const selectionSets = [operation.selectionSet];
    const { fields } = collectFields({ schema, fragments, conditions }, assignment, root, selectionSets);
    return [...fields.values()].some(
      (nodes) =>
        isNonNullType(rootFields[nodes[0]?.name.value ?? '']?.type) && denialOf(denials, nodes) !== undefined,
    );
  };
}
