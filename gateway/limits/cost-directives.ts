import {
  type ConstDirectiveNode,
  type GraphQLDirective,
  type GraphQLSchema,
  getDirectiveValues,
} from 'graphql';
import { linkedDirective } from '#gateway/supergraph/linked-directive.ts';

/** `@listSize` of a field, as https://ibm.github.io/graphql-specs/cost-spec.html#sec-The-List-Size-Directive has it. */
export interface ListSize {
  /** Items, where no slicing argument says it. */
  readonly assumedSize: number | undefined;
  /** Arguments that hold the size; the largest counts. */
  readonly slicingArguments: readonly string[];
  /** Fields of the returned object that are the lists; none where the field itself is the list. */
  readonly sizedFields: readonly string[];
  readonly requireOneSlicingArgument: boolean;
}

/** A definition that may carry directives: of a type, a field, an argument or an input field. */
interface Definition {
  readonly astNode?: { readonly directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined;
}

/** Reads the cost directives of a supergraph under the names that they have in it. */
export interface CostDirectives {
  readonly weightOf: (definition: Definition | undefined) => number | undefined;
  readonly listSizeOf: (definition: Definition | undefined) => ListSize | undefined;
}

const costSpecification = /^https:\/\/specs\.apollo\.dev\/cost\/v\d/;

/** Finds `@cost` and `@listSize` in a supergraph, whatever they are called there. */
export function costDirectives(supergraph: GraphQLSchema): CostDirectives {
  const cost = linkedDirective(supergraph, costSpecification, 'cost');
  const listSize = linkedDirective(supergraph, costSpecification, 'listSize');
  return {
    weightOf: (definition) => {
      const weight = valuesOf(cost, definition)?.weight;
      return weight === undefined ? undefined : Number(weight);
    },
    listSizeOf: (definition) => {
      const values = valuesOf(listSize, definition);
      return values && readListSize(values);
    },
  };
}

function valuesOf(directive: GraphQLDirective | undefined, definition: Definition | undefined) {
  const node = definition?.astNode;
  return directive && node ? getDirectiveValues(directive, node) : undefined;
}

function readListSize(values: Readonly<Record<string, unknown>>): ListSize {
  return {
    assumedSize: (values.assumedSize as number | null | undefined) ?? undefined,
    slicingArguments: (values.slicingArguments as string[] | null | undefined) ?? [],
    sizedFields: (values.sizedFields as string[] | null | undefined) ?? [],
    requireOneSlicingArgument: values.requireOneSlicingArgument !== false,
  };
}
