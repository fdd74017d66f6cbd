import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { inputsWithin } from './input-reach.ts';

/** Where a client's document asks for something: lines count from 1. */
export interface ClientPlaces {
  /** Whether the client itself asks for it, and not only the gateway on the way there. */
  readonly names: (coordinate: string) => boolean;
  /**
   * The line that asks for a coordinate at a path of the response; where the document does not, the line of the field
   * that made the gateway ask for it.
   */
  readonly line: (coordinate: string, path: readonly string[]) => number;
}

/**
 * Reads the lines of a document that is valid for a schema. Whatever a variable may hold counts as asked for where the
 * variable is declared.
 */
export function clientPlaces(document: DocumentNode, schema: GraphQLSchema): ClientPlaces {
  const byCoordinate = new Map<string, number>();
  const byPath = new Map<string, number>();
  const path: string[] = [];
  const typeInfo = new TypeInfo(schema);
  let operationLine = 1;
  const note = (coordinate: string, line: number | undefined) => {
    if (line !== undefined && !byCoordinate.has(coordinate)) byCoordinate.set(coordinate, line);
  };
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      OperationDefinition: (node) => {
        operationLine = node.loc?.startToken.line ?? 1;
      },
      VariableDefinition: (node) => {
        const type = typeFromAST(schema, node.type as Parameters<typeof typeFromAST>[1]);
        for (const name of inputsWithin(type && getNamedType(type))) note(name, node.loc?.startToken.line);
      },
      Field: {
        enter: (node) => {
          path.push((node.alias ?? node.name).value);
          const line = node.loc?.startToken.line;
          const parent = typeInfo.getParentType()?.name;
          const type = getNamedType(typeInfo.getType())?.name;
          if (parent !== undefined) note(`${parent}.${node.name.value}`, line);
          for (const name of [parent, type]) if (name !== undefined) note(name, line);
          if (line !== undefined && !byPath.has(path.join('.'))) byPath.set(path.join('.'), line);
        },
        leave: () => void path.pop(),
      },
      Argument: (node) => {
        const [parent, field] = [typeInfo.getParentType()?.name, typeInfo.getFieldDef()?.name];
        if (!typeInfo.getDirective())
          note(`${parent}.${field}.${node.name.value}`, node.loc?.startToken.line);
      },
      ObjectField: (node) => {
        const parent = getNamedType(typeInfo.getParentInputType())?.name;
        note(`${parent}.${node.name.value}`, node.loc?.startToken.line);
      },
      EnumValue: (node) => {
        note(`${getNamedType(typeInfo.getInputType())?.name}.${node.value}`, node.loc?.startToken.line);
      },
    }),
  );
  const nearest = (steps: readonly string[]): number =>
    byPath.get(steps.join('.')) ?? (steps.length === 0 ? operationLine : nearest(steps.slice(0, -1)));
  return {
    names: (coordinate) => byCoordinate.has(coordinate),
    line: (coordinate, at) => {
      const asked = byCoordinate.get(coordinate);
      // One that is asked for several times is shown where this fetch brings it.
      return asked === undefined ? nearest(at) : (byPath.get(at.join('.')) ?? asked);
    },
  };
}
