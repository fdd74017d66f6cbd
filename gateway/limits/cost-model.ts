import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
} from 'graphql';
import { type CostDirectives, costDirectives, type ListSize } from './cost-directives.ts';

/** What one use of an argument or input field costs. */
export interface InputCost {
  readonly weight: number;
  /** The input object whose fields add their own costs; undefined where none of them can. */
  readonly inputObject: string | undefined;
}

/** What one use of a field costs, as far as the schema says it. */
export interface FieldCost {
  /** `Type.field`, for messages. */
  readonly coordinate: string;
  /** Of the field itself, or else of its type, for each item. */
  readonly weight: number;
  /** Name of its type without list and non-null. */
  readonly type: string;
  readonly isList: boolean;
  /** Of the field, or of every implementation of an interface's field, of which the largest counts. */
  readonly listSizes: readonly ListSize[];
  readonly arguments: ReadonlyMap<string, InputCost>;
  /** Schema defaults of the slicing arguments. */
  readonly defaults: ReadonlyMap<string, unknown>;
}

/** The weights and list sizes of a whole supergraph, read once. */
export interface CostModel {
  /** By `Type.field`. */
  readonly fields: ReadonlyMap<string, FieldCost>;
  /** Input object → its fields. */
  readonly inputObjects: ReadonlyMap<string, ReadonlyMap<string, InputCost>>;
  readonly rootTypes: { readonly query: string; readonly mutation: string; readonly subscription: string };
  /** Items of a list that nothing else is known of. */
  readonly assumedListSize: number;
}

type FieldsType = GraphQLObjectType | GraphQLInterfaceType;

/**
 * Reads the costs of everything in the API schema from the directives that stand in the supergraph.
 *
 * Default weights are those of https://ibm.github.io/graphql-specs/cost-spec.html#sec-weight: 1 for objects and for
 * arguments and input fields that take input objects, 0 for scalars and enums. What is abstract counts as the
 * dearest of its objects, a field of an interface as the dearest of its implementations.
 */
export function createCostModel(
  api: GraphQLSchema,
  supergraph: GraphQLSchema,
  assumedListSize: number,
): CostModel {
  const directives = costDirectives(supergraph);
  const inputObjects = readInputObjects(api, supergraph, directives);
  const weightOfType = typeWeights(api, supergraph, directives);
  const fields = new Map<string, FieldCost>();
  for (const type of Object.values(api.getTypeMap())) {
    if ((isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__')) {
      for (const field of Object.values(type.getFields())) {
        const declarations = declarationsOf(api, supergraph, type, field.name);
        const cost = readField(`${type.name}.${field.name}`, field, declarations, {
          directives,
          weightOfType,
          inputObjects,
        });
        fields.set(cost.coordinate, cost);
      }
    }
  }
  const rootTypes = {
    query: api.getQueryType()?.name ?? '',
    mutation: api.getMutationType()?.name ?? '',
    subscription: api.getSubscriptionType()?.name ?? '',
  };
  return { fields, inputObjects, rootTypes, assumedListSize };
}

interface Known {
  readonly directives: CostDirectives;
  readonly weightOfType: (type: GraphQLNamedType) => number;
  readonly inputObjects: ReadonlyMap<string, ReadonlyMap<string, InputCost>>;
}

/** The field in the supergraph and, for an interface, in everything that implements it. */
function declarationsOf(
  api: GraphQLSchema,
  supergraph: GraphQLSchema,
  type: FieldsType,
  field: string,
): readonly GraphQLField<unknown, unknown>[] {
  const types = isInterfaceType(type) ? [type, ...api.getPossibleTypes(type)] : [type];
  return types.flatMap(({ name }) => {
    const declaring = supergraph.getType(name);
    const isDeclaring = isObjectType(declaring) || isInterfaceType(declaring);
    return (isDeclaring ? declaring.getFields()[field] : undefined) ?? [];
  });
}

function readField(
  coordinate: string,
  field: GraphQLField<unknown, unknown>,
  declarations: readonly GraphQLField<unknown, unknown>[],
  known: Known,
): FieldCost {
  const { directives, weightOfType } = known;
  const type = getNamedType(field.type);
  const declared = declarations.flatMap((each) => directives.listSizeOf(each) ?? []);
  /* One implementation may well not require what another does. */
  const listSizes =
    declarations.length === 1
      ? declared
      : declared.map((each) => ({ ...each, requireOneSlicingArgument: false }));
  const slicing = listSizes.flatMap((each) => each.slicingArguments);
  return {
    coordinate,
    weight: Math.max(...declarations.map((each) => directives.weightOf(each) ?? weightOfType(type))),
    type: type.name,
    isList: isListType(getNullableType(field.type)),
    listSizes,
    arguments: new Map(
      field.args.map((argument) => [
        argument.name,
        readInput(
          argument,
          declarations.flatMap(({ args }) => args.find(({ name }) => name === argument.name) ?? []),
          known,
        ),
      ]),
    ),
    defaults: new Map(
      field.args
        .filter(({ name, defaultValue }) => slicing.includes(name) && defaultValue !== undefined)
        .map(({ name, defaultValue }) => [name, defaultValue]),
    ),
  };
}

function readInput(
  input: GraphQLArgument | GraphQLInputField,
  declarations: readonly (GraphQLArgument | GraphQLInputField)[],
  { directives, inputObjects }: Pick<Known, 'directives' | 'inputObjects'>,
): InputCost {
  const type = getNamedType(input.type);
  const byDefault = isInputObjectType(type) ? 1 : 0;
  const weights = declarations.map((each) => directives.weightOf(each) ?? byDefault);
  return {
    weight: weights.length === 0 ? byDefault : Math.max(...weights),
    inputObject: inputObjects.has(type.name) ? type.name : undefined,
  };
}

/** The input objects of which some field, at whatever level, costs anything. */
function readInputObjects(
  api: GraphQLSchema,
  supergraph: GraphQLSchema,
  directives: CostDirectives,
): ReadonlyMap<string, ReadonlyMap<string, InputCost>> {
  const inputObjects = new Map<string, Map<string, InputCost>>();
  const types = Object.values(api.getTypeMap()).filter(isInputObjectType);
  for (const type of types) {
    inputObjects.set(type.name, new Map());
  }
  for (const type of types) {
    const declaring = supergraph.getType(type.name);
    const declared = isInputObjectType(declaring) ? declaring.getFields() : {};
    for (const field of Object.values(type.getFields())) {
      const cost = readInput(field, [declared[field.name] ?? field], { directives, inputObjects });
      inputObjects.get(type.name)?.set(field.name, cost);
    }
  }
  /* A field that takes an input object costs 1 or what it declares, so that one level tells all. */
  for (const [name, fields] of inputObjects) {
    if ([...fields.values()].every(({ weight, inputObject }) => weight === 0 && inputObject === undefined)) {
      inputObjects.delete(name);
    }
  }
  return inputObjects;
}

function typeWeights(
  api: GraphQLSchema,
  supergraph: GraphQLSchema,
  directives: CostDirectives,
): (type: GraphQLNamedType) => number {
  return (type) => {
    if (isAbstractType(type)) {
      return Math.max(0, ...api.getPossibleTypes(type).map(ownWeight));
    }
    return ownWeight(type);
  };
  function ownWeight(type: GraphQLNamedType): number {
    return directives.weightOf(supergraph.getType(type.name)) ?? (isCompositeType(type) ? 1 : 0);
  }
}
