import {
  type ASTNode,
  type FieldNode,
  Kind,
  OperationTypeNode,
  parse,
  print,
  stripIgnoredCharacters,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import { responseName } from '#gateway/plan/errors.ts';
import type { FetchOperation, SubgraphError } from '#gateway/plan/types.ts';
import type { GraphQLAnswer, Union, UnionBounds } from './union.ts';

/** Stands for a part's number in texts; no GraphQL text may hold it. */
const partNumber = '\u0001';
const ownAlias = /^p(\d+)_/;

/**
 * Requests for the same root fields with different variables go out as one: the fields once for each request, under
 * aliases of its own (`p0_account`, `p1_account`), with variables of its own. A part is the variables of a request.
 *
 * Undefined for an operation whose fields cannot be repeated so: without variables there is nothing to tell apart;
 * fragments, and directives of the whole operation, are left alone.
 */
export function rootUnion(operation: FetchOperation, bounds: UnionBounds): Union | undefined {
  const query = readQuery(operation);
  if (query === undefined) {
    return undefined;
  }
  const starts = startsFor(query);
  const keys = query.fields.map(responseName);
  return {
    bounds,
    body: (parts) => `${starts(parts.length)}${parts.map(renameVariables).filter(Boolean).join()}}}`,
    split: (answer, { length }) =>
      answer.data !== null && answer.errors.every((error) => (placeOf(error) ?? length) < length)
        ? ([place = 0]) => portionAt(place, keys, answer)
        : undefined,
  };
}

interface RootQuery {
  readonly name: string | undefined;
  readonly variables: readonly VariableDefinitionNode[];
  readonly fields: readonly FieldNode[];
}

function readQuery({ text }: FetchOperation): RootQuery | undefined {
  const [definition, ...others] = parse(text, { noLocation: true }).definitions;
  if (
    others.length > 0 ||
    definition?.kind !== Kind.OPERATION_DEFINITION ||
    definition.operation !== OperationTypeNode.QUERY ||
    definition.directives?.length
  ) {
    return undefined;
  }
  const { name, variableDefinitions: variables = [], selectionSet } = definition;
  const fields = selectionSet.selections.filter((selection) => selection.kind === Kind.FIELD);
  return variables.length === 0 || fields.length < selectionSet.selections.length
    ? undefined
    : { name: name?.value, variables, fields };
}

/** The bodies up to the variables, by the number of parts; each is made once. */
function startsFor(query: RootQuery): (parts: number) => string {
  const { name } = query;
  const variables = query.variables.map(withOwnVariables).map(print).join();
  const fields = query.fields
    .map((field) => {
      const alias = { kind: Kind.NAME, value: `p${partNumber}_${responseName(field)}` } as const;
      return print({ ...withOwnVariables(field), alias });
    })
    .join(' ');
  const made = new Map<number, string>();
  return (parts) => {
    let start = made.get(parts);
    if (start === undefined) {
      const numbers = Array.from({ length: parts }, (_, index) => String(index));
      const each = (marked: string) =>
        numbers.map((number) => marked.replaceAll(partNumber, number)).join(' ');
      const text = stripIgnoredCharacters(`query ${name ?? ''}(${each(variables)}) {${each(fields)}}`);
      const operationName = name === undefined ? '' : `,"operationName":${JSON.stringify(name)}`;
      start = `{"query":${JSON.stringify(text)}${operationName},"variables":{`;
      made.set(parts, start);
    }
    return start;
  };
}

function withOwnVariables<Node extends ASTNode>(node: Node): Node {
  return visit(node, {
    Variable: ({ kind, name }) => ({ kind, name: { ...name, value: `v${partNumber}_${name.value}` } }),
  });
}

/** Turns the JSON members of a request into those of one part. */
function renameVariables(members: string, part: number): string {
  const variables: Readonly<Record<string, unknown>> = JSON.parse(`{${members}}`);
  return Object.entries(variables)
    .map(([name, value]) => `"v${part}_${name}":${JSON.stringify(value)}`)
    .join();
}

function portionAt(place: number, keys: readonly string[], { data, errors }: GraphQLAnswer): GraphQLAnswer {
  const own: Record<string, unknown> = {};
  for (const key of keys) {
    const value = data?.[`p${place}_${key}`];
    if (value !== undefined) {
      own[key] = value;
    }
  }
  const ownErrors = errors.flatMap((error) => {
    const [alias, ...rest] = error.path ?? [];
    return placeOf(error) === place ? { ...error, path: [String(alias).replace(ownAlias, ''), ...rest] } : [];
  });
  return { kind: 'answer', data: own, errors: ownErrors };
}

/** The place of the part that an error belongs to. */
function placeOf({ path }: SubgraphError): number | undefined {
  const match = typeof path?.[0] === 'string' ? ownAlias.exec(path[0]) : null;
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
