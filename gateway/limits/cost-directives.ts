import {
  type ConstDirectiveNode,
  type GraphQLDirective,
  type GraphQLSchema,
  getDirectiveValues,
  valueFromASTUntyped,
} from 'graphql';

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

/**
 * Finds `@cost` and `@listSize` in a supergraph. Composition links the cost specification and imports them as the
 * subgraphs did, under other names perhaps: `import: [{ name: "@cost", as: "@price" }]`. By
 * https://specs.apollo.dev/link/v1.0/ what is not imported is called `@cost__listSize`, and `@cost` for the directive
 * of the specification's own name.
 */
export function costDirectives(supergraph: GraphQLSchema): CostDirectives {
  const names = linkedNames(supergraph);
  const cost = names && supergraph.getDirective(names.cost);
  const listSize = names && supergraph.getDirective(names.listSize);
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

function valuesOf(directive: GraphQLDirective | null | undefined, definition: Definition | undefined) {
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

interface Link {
  readonly url?: unknown;
  readonly as?: unknown;
  readonly import?: unknown;
}

function linkedNames(supergraph: GraphQLSchema): { cost: string; listSize: string } | undefined {
  const nodes = [supergraph.astNode, ...supergraph.extensionASTNodes];
  const links = nodes
    .flatMap((node) => node?.directives ?? [])
    .filter((directive) => directive.name.value === 'link')
    .map((directive): Link => {
      const values = directive.arguments?.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]);
      return Object.fromEntries(values ?? []);
    });
  const link = links.find(({ url }) => typeof url === 'string' && costSpecification.test(url));
  if (link === undefined) {
    return undefined;
  }
  const namespace = typeof link.as === 'string' ? link.as : 'cost';
  return {
    cost: importedName(link, '@cost') ?? namespace,
    listSize: importedName(link, '@listSize') ?? `${namespace}__listSize`,
  };
}

/** The name without `@` that an import gives to a directive. */
function importedName(link: Link, name: string): string | undefined {
  for (const each of Array.isArray(link.import) ? link.import : []) {
    if (each === name) {
      return name.slice(1);
    }
    if (each?.name === name) {
      return (typeof each.as === 'string' ? each.as : name).slice(1);
    }
  }
  return undefined;
}
