import type { QueryPlanSelectionNode } from '@apollo/query-planner';
import {
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isNonNullType,
  Kind,
  parse,
  TypeInfo,
  typeFromAST,
  type ValueNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { KnownOperation } from '../known-operations.ts';
import type { Affected, Place } from './finding.ts';
import { inputsWithin } from './input-reach.ts';
import type { PlannedFetch } from './plan-fetches.ts';
import type { PlannedOperation } from './planned-operation.ts';

/** One use that a fetch to the subgraph makes of something in its schema. */
export interface Use {
  /**
   * `Account.name`, `Query.accounts.first`, `LeadFilter.status`, `LeadStatus.NEW`, `Account`; `Activity=Touch` where a
   * fragment tells one type of an abstract one from the others.
   */
  readonly coordinate: string;
  readonly operation: KnownOperation;
  readonly at: Place | undefined;
  /** Whether it comes back in answers or goes out with requests. */
  readonly as: 'output' | 'input';
  /** Whether the client's own document asks for it; else the gateway does, as for a key. */
  readonly byClient: boolean;
  /**
   * Of a field: the arguments that it is given. Of an input object that is written out: its fields. Of an argument or
   * an input field: itself, where its value is never null.
   */
  readonly given: readonly string[];
}

/** The fields by which the gateway asks the subgraph for entities of a type: those of a key, and required ones. */
export interface KeyUse {
  readonly type: string;
  readonly leaves: ReadonlySet<string>;
  readonly operation: KnownOperation;
  readonly at: Place | undefined;
}

/** What known operations use of a subgraph, as their plans ask for it. */
export interface Uses {
  readonly of: (coordinate: string, as?: Use['as']) => readonly Use[];
  readonly coordinates: (as: Use['as']) => readonly string[];
  readonly keys: readonly KeyUse[];
}

/**
 * Collects what the fetches to a subgraph use of its schema, the very fetches that production sends. Where another
 * subgraph's schema is made from it, as the graph of events is, what is asked there of a copied enum counts too.
 *
 * @param copies schemas of subgraphs that are made from others, by name
 */
export function subgraphUses(
  operations: readonly PlannedOperation[],
  subgraph: string,
  schema: GraphQLSchema,
  copies: ReadonlyMap<string, GraphQLSchema>,
): Uses {
  const byCoordinate = new Map<string, Use[]>();
  const keys: KeyUse[] = [];
  const add = (use: Use) => {
    byCoordinate.set(use.coordinate, [...(byCoordinate.get(use.coordinate) ?? []), use]);
  };
  const isEnum = ({ coordinate }: Use) => isEnumType(schema.getType(coordinate.split('.')[0] ?? ''));
  for (const operation of operations) {
    for (const fetch of operation.fetches) {
      const { serviceName } = fetch.node;
      const copy = copies.get(serviceName);
      if (serviceName === subgraph) {
        for (const use of fetchUses(operation, fetch, schema)) add(use);
        keys.push(...keyUses(operation, fetch));
      } else if (copy) {
        for (const use of fetchUses(operation, fetch, copy).filter(isEnum)) add(use);
      }
    }
  }
  const of: Uses['of'] = (coordinate, as) =>
    (byCoordinate.get(coordinate) ?? []).filter((use) => as === undefined || use.as === as);
  return {
    of,
    keys,
    coordinates: (as) => [...byCoordinate.keys()].filter((name) => of(name, as).length > 0),
  };
}

/** The operations of some uses, each once, with the first place of each. */
export function affectedBy(
  uses: readonly { operation: KnownOperation; at: Place | undefined }[],
): Affected[] {
  const found = new Map<string, Affected>();
  for (const { operation, at } of uses) {
    const key = `${operation.client} ${operation.name} ${at?.file ?? ''}`;
    const known = found.get(key);
    const isEarlier = known?.at !== undefined && at !== undefined && at.line < known.at.line;
    if (known === undefined || isEarlier) {
      found.set(key, { client: operation.client, operation: operation.name, at });
    }
  }
  return [...found.values()];
}

function fetchUses(operation: PlannedOperation, { node, path }: PlannedFetch, schema: GraphQLSchema): Use[] {
  const uses: Use[] = [];
  const steps = [...path];
  const typeInfo = new TypeInfo(schema);
  const document = parse(node.operation);
  const neverNull = new Set<string>();
  const add = (coordinate: string, as: Use['as'], given: readonly string[] = []) => {
    const at = operation.placeOf(coordinate, steps);
    const byClient = operation.places.names(coordinate);
    uses.push({ coordinate, operation: operation.known, at, as, byClient, given });
  };
  /** What is written out is added where it stands, with the fields that it has. */
  const addType = (value: ValueNode) => {
    const type = getNamedType(typeInfo.getInputType());
    if (type && value.kind !== Kind.OBJECT && value.kind !== Kind.LIST) add(type.name, 'input');
  };
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      VariableDefinition: (definition) => {
        const type = typeFromAST(schema, definition.type as Parameters<typeof typeFromAST>[1]);
        if (type === undefined) return;
        if (isNonNullType(type) || definition.defaultValue) neverNull.add(definition.variable.name.value);
        for (const coordinate of inputsWithin(getNamedType(type))) add(coordinate, 'input');
      },
      Field: {
        enter: (field) => {
          const parent = typeInfo.getParentType()?.name;
          const type = getNamedType(typeInfo.getType())?.name;
          if (field.name.value === '_entities') return;
          steps.push(operation.clientKey((field.alias ?? field.name).value));
          if (parent === undefined || field.name.value.startsWith('__')) return;
          const given = (field.arguments ?? []).map(({ name }) => name.value);
          add(`${parent}.${field.name.value}`, 'output', given);
          add(parent, 'output');
          if (type !== undefined) add(type, 'output');
        },
        leave: (field) => {
          if (field.name.value !== '_entities') steps.pop();
        },
      },
      Argument: ({ name, value }) => {
        const [parent, field] = [typeInfo.getParentType()?.name, typeInfo.getFieldDef()?.name];
        if (parent === undefined || field === undefined || field === '_entities' || typeInfo.getDirective())
          return;
        add(`${parent}.${field}.${name.value}`, 'input', isNeverNull(value, neverNull) ? [name.value] : []);
        addType(value);
      },
      ObjectField: ({ name, value }) => {
        const parent = getNamedType(typeInfo.getParentInputType())?.name;
        if (parent === undefined) return;
        add(`${parent}.${name.value}`, 'input', isNeverNull(value, neverNull) ? [name.value] : []);
        addType(value);
      },
      ObjectValue: ({ fields }) => {
        const type = getNamedType(typeInfo.getInputType());
        const given = fields.map(({ name }) => name.value);
        if (type) add(type.name, 'input', given);
      },
      EnumValue: ({ value }) => {
        const type = getNamedType(typeInfo.getInputType())?.name;
        if (type !== undefined) add(`${type}.${value}`, 'input');
      },
      InlineFragment: ({ typeCondition }) => {
        const around = typeInfo.getParentType();
        const type = typeCondition?.name.value;
        // On entities the condition is the gateway's, and says which type it asked for.
        if (!isAbstractType(around) || around.name === '_Entity' || type === undefined) return;
        if (type !== around.name) add(`${around.name}=${type}`, 'output');
      },
    }),
  );
  return uses;
}

function isNeverNull(value: ValueNode, variables: ReadonlySet<string>): boolean {
  if (value.kind === Kind.VARIABLE) return variables.has(value.name.value);
  return value.kind !== Kind.NULL;
}

function keyUses(operation: PlannedOperation, { node, path }: PlannedFetch): readonly KeyUse[] {
  return (node.requires ?? []).flatMap((selection): KeyUse[] => {
    if (selection.kind !== 'InlineFragment' || selection.typeCondition === undefined) return [];
    const type = selection.typeCondition;
    const at = operation.placeOf(undefined, path);
    return [{ type, leaves: new Set(leavesOf(selection.selections)), operation: operation.known, at }];
  });
}

function leavesOf(selections: readonly QueryPlanSelectionNode[]): readonly string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === 'InlineFragment') return leavesOf(selection.selections);
    if (selection.selections === undefined) return [selection.name];
    return leavesOf(selection.selections).map((inner) => `${selection.name}.${inner}`);
  });
}
