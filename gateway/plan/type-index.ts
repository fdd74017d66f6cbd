import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql';

/** Questions about type names, answered from the supergraph's full schema. */
export interface TypeIndex {
  readonly isObjectType: (name: string) => boolean;
  /** Whether an object whose `__typename` is given meets a type condition; no condition is always met. */
  readonly satisfies: (typename: unknown, condition: string | undefined) => boolean;
}

export function createTypeIndex(schema: GraphQLSchema): TypeIndex {
  return {
    isObjectType: (name) => isObjectType(schema.getType(name)),
    satisfies(typename, condition) {
      if (condition === undefined || typename === condition) return true;
      if (typeof typename !== 'string') return false;
      const type = schema.getType(typename);
      const conditionType = schema.getType(condition);
      return (
        isAbstractType(conditionType) &&
        (isObjectType(type) || isInterfaceType(type)) &&
        schema.isSubType(conditionType, type)
      );
    },
  };
}
