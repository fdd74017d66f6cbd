import { type GraphQLDirective, type GraphQLSchema, valueFromASTUntyped } from 'graphql';

interface Link {
  readonly url?: unknown;
  readonly as?: unknown;
  readonly import?: unknown;
}

/**
 * Finds a directive of a linked specification under the name that it has in a supergraph. Composition links a
 * specification and imports its directives as the subgraphs did, under other names perhaps:
 * `import: [{ name: "@cost", as: "@price" }]`. By https://specs.apollo.dev/link/v1.0/ what is not imported is called
 * `@cost__listSize`, and `@cost` where it has the specification's own name.
 * @param specification matches the URL of the specification
 * @param name of the directive in its specification, without `@`
 */
export function linkedDirective(
  supergraph: GraphQLSchema,
  specification: RegExp,
  name: string,
): GraphQLDirective | undefined {
  const link = linksOf(supergraph).find(({ url }) => typeof url === 'string' && specification.test(url));
  if (link === undefined) {
    return undefined;
  }
  const own = /\/([^/]+)\/v[^/]*\/?$/.exec(String(link.url))?.[1] ?? '';
  const namespace = typeof link.as === 'string' ? link.as : own;
  const found = importedName(link, `@${name}`) ?? (name === own ? namespace : `${namespace}__${name}`);
  return supergraph.getDirective(found) ?? undefined;
}

function linksOf(supergraph: GraphQLSchema): readonly Link[] {
  return [supergraph.astNode, ...supergraph.extensionASTNodes]
    .flatMap((node) => node?.directives ?? [])
    .filter((directive) => directive.name.value === 'link')
    .map((directive): Link => {
      const values = directive.arguments?.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]);
      return Object.fromEntries(values ?? []);
    });
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
