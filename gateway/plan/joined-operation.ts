import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
  stripIgnoredCharacters,
  type VariableDefinitionNode,
} from 'graphql';
import { fetchOperation, listKey, listVariable } from './requests.ts';
import type { FetchOperation } from './types.ts';

/** What is joined of a fetch node: its operation and the name of that. */
export interface EntityOperation {
  readonly operation: FetchOperation;
  readonly operationName: string | undefined;
}

interface EntityQuery {
  readonly variables: readonly VariableDefinitionNode[];
  readonly entities: FieldNode;
}

/**
 * Whether an operation asks `_entities` and nothing else, so that others can be asked beside it. Fragments, and
 * directives of the whole operation, might mean something else there.
 */
export function isEntityQuery({ text }: FetchOperation): boolean {
  return readEntityQuery(text) !== undefined;
}

/**
 * One operation for what several ask: the field `_entities` once for each of them, with a variable of its own, under
 * the names of `listKey` and `listVariable`. The client's variables are declared once each: they come from one
 * operation, so what has the same name is the same.
 */
export function joinOperations(operations: readonly EntityOperation[]): FetchOperation {
  const lists: VariableDefinitionNode[] = [];
  const others = new Map<string, VariableDefinitionNode>();
  const fields: FieldNode[] = [];
  operations.forEach(({ operation }, place) => {
    const query = readEntityQuery(operation.text);
    if (query === undefined) throw new Error(`What is no query of _entities was joined: ${operation.text}`);
    for (const definition of query.variables) {
      const { name } = definition.variable;
      if (name.value === listVariable(0)) lists.push({ ...definition, variable: variable(place) });
      else others.set(name.value, definition);
    }
    fields.push({
      ...query.entities,
      ...(place === 0 ? {} : { alias: { kind: Kind.NAME, value: listKey(place) } }),
      arguments: query.entities.arguments?.map((argument) => ({ ...argument, value: variable(place) })),
    });
  });
  const name = joinedName(operations.map(({ operationName }) => operationName));
  const definition: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    operation: OperationTypeNode.QUERY,
    ...(name === undefined ? {} : { name: { kind: Kind.NAME, value: name } }),
    variableDefinitions: [...lists, ...others.values()],
    selectionSet: { kind: Kind.SELECTION_SET, selections: fields },
  };
  return fetchOperation(stripIgnoredCharacters(print(definition)), name);
}

/** `Name__crm__3` and `Name__crm__5` are joined as `Name__crm__3__5`. */
function joinedName([first, ...others]: readonly (string | undefined)[]): string | undefined {
  return first && first + others.map((name) => /__\d+$/.exec(name ?? '')?.[0] ?? '').join('');
}

function variable(place: number): VariableDefinitionNode['variable'] {
  return { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: listVariable(place) } };
}

function readEntityQuery(text: string): EntityQuery | undefined {
  const [definition, ...others] = parse(text, { noLocation: true }).definitions;
  if (
    others.length > 0 ||
    definition?.kind !== Kind.OPERATION_DEFINITION ||
    definition.operation !== OperationTypeNode.QUERY ||
    definition.directives?.length
  ) {
    return undefined;
  }
  const [entities, ...beside] = definition.selectionSet.selections;
  if (beside.length > 0 || entities?.kind !== Kind.FIELD || entities.name.value !== '_entities') {
    return undefined;
  }
  const { variableDefinitions: variables = [] } = definition;
  return entities.alias || entities.directives?.length ? undefined : { variables, entities };
}
