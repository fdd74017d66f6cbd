import { type GraphQLNamedType, getNamedType, isEnumType, isInputObjectType } from 'graphql';

/**
 * The coordinates of everything that a value of an input type may hold: the type, its fields and the values of its
 * enums, at every level. What a client leaves out of a variable cannot be known.
 */
export function inputsWithin(type: GraphQLNamedType | undefined): ReadonlySet<string> {
  const found = new Set<string>();
  const collect = (named: GraphQLNamedType | undefined): void => {
    if (named === undefined || found.has(named.name)) return;
    found.add(named.name);
    if (isEnumType(named)) {
      for (const { name } of named.getValues()) found.add(`${named.name}.${name}`);
    } else if (isInputObjectType(named)) {
      for (const field of Object.values(named.getFields())) {
        found.add(`${named.name}.${field.name}`);
        collect(getNamedType(field.type));
      }
    }
  };
  collect(type);
  return found;
}
