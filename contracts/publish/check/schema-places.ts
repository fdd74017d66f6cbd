import { type ASTNode, type DocumentNode, Kind, visit } from 'graphql';
import type { Place } from './finding.ts';

/** Where a schema declares something: coordinates as `Account`, `Account.name`, `Query.account.id`, `LeadStatus.NEW`. */
export interface SchemaPlaces {
  readonly declares: (coordinate: string) => boolean;
  /** Of the coordinate, or of the nearest around it that the schema still has. */
  readonly nearest: (coordinate: string) => Place | undefined;
  readonly coordinates: readonly string[];
}

/** Reads the lines of a schema file. Extensions count as the type; of two declarations the first counts. */
export function schemaPlaces(document: DocumentNode, file: string): SchemaPlaces {
  const lines = new Map<string, number>();
  const around: string[] = [];
  visit(document, {
    enter(node) {
      if (!isDeclaration(node)) return;
      around.push(node.name.value);
      const coordinate = around.join('.');
      const line = node.name.loc?.startToken.line;
      if (line !== undefined && !lines.has(coordinate)) lines.set(coordinate, line);
    },
    leave(node) {
      if (isDeclaration(node)) around.pop();
    },
  });
  const nearest = (coordinate: string): Place | undefined => {
    const line = lines.get(coordinate);
    if (line !== undefined) return { file, line };
    const end = coordinate.lastIndexOf('.');
    return end < 0 ? undefined : nearest(coordinate.slice(0, end));
  };
  return { declares: (coordinate) => lines.has(coordinate), nearest, coordinates: [...lines.keys()] };
}

const declarations: ReadonlySet<string> = new Set([
  Kind.SCALAR_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
  Kind.SCALAR_TYPE_EXTENSION,
  Kind.OBJECT_TYPE_EXTENSION,
  Kind.INTERFACE_TYPE_EXTENSION,
  Kind.UNION_TYPE_EXTENSION,
  Kind.ENUM_TYPE_EXTENSION,
  Kind.INPUT_OBJECT_TYPE_EXTENSION,
  Kind.FIELD_DEFINITION,
  Kind.INPUT_VALUE_DEFINITION,
  Kind.ENUM_VALUE_DEFINITION,
  // Its arguments are no part of the graph, and stand under a name that no coordinate has.
  Kind.DIRECTIVE_DEFINITION,
]);

type Declaration = ASTNode & { readonly name: { readonly value: string; readonly loc?: ASTNode['loc'] } };

function isDeclaration(node: ASTNode): node is Declaration {
  return declarations.has(node.kind);
}
