import { type GraphQLSchema, parse, TypeInfo, visit, visitWithTypeInfo } from 'graphql';

/**
 * The first line of an operation that asks for a field of a type, or of a type that it implements; lines count from 1.
 *
 * @param schema what clients see
 * @param coordinate such as `Account.name`
 */
export function lineOf(schema: GraphQLSchema, document: string, coordinate: string): number | undefined {
  const [typename, name] = coordinate.split('.');
  const info = new TypeInfo(schema);
  let line: number | undefined;
  const visitor = visitWithTypeInfo(info, {
    Field: (node) => {
      if (node.name.value !== name || line !== undefined) return;
      const parent = info.getParentType();
      const holds =
        parent?.name === typename ||
        (parent && 'getInterfaces' in parent && parent.getInterfaces().some((one) => one.name === typename));
      if (holds) line = node.loc?.startToken.line;
    },
  });
  visit(parse(document), visitor);
  return line;
}
