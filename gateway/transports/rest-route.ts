import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInputType,
  isNonNullType,
  Kind,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';
import { z } from 'zod';
import type { OperationRules } from '#gateway/limits/operation-rules.ts';
import { type PreparedOperation, prepareDocument } from '#gateway/pipeline/operation.ts';
import { readYaml } from '#gateway/yaml-text.ts';

/*
 * A REST route stands beside its operation: `Name.graphql` and `Name.rest.yaml`.
 *
 *   method: GET                        # only GET, and therefore only queries
 *   path: /accounts/{id}/snapshot      # one {name} for each path parameter
 *   summary: One account, from every system that knows it.
 *   operation: AccountSnapshot         # only where the document holds several
 *   parameters:
 *     id: { in: path, description: The account's id. }
 *     since: { in: query, variable: window }   # fills $window; by default the variable of its own name
 *   timeouts:                          # milliseconds for one fetch of a subgraph
 *     subgraphMs: 2000
 *     bySubgraph: { slow-one: 3000 }
 *   badParameterCodes: [BAD_USER_INPUT, INVALID_ARGUMENT]   # subgraph errors that blame the client (default)
 */

const milliseconds = z.int().min(1).max(600_000);
const parameterShape = z.strictObject({
  in: z.enum(['path', 'query']),
  variable: z.string().min(1).optional(),
  description: z.string().min(1).optional(),
});
const routeShape = z.strictObject({
  method: z.literal('GET', { error: 'only GET is served, since a route must be safe to repeat' }),
  path: z
    .string()
    .regex(
      /^(\/([\w.~-]+|\{[A-Za-z_]\w*\}))+$/,
      'a path is made of /words and /{parameters}, as in /accounts/{id}/snapshot',
    ),
  summary: z.string().min(1),
  operation: z.string().min(1).optional(),
  parameters: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/, 'a parameter is named like a variable'), parameterShape)
    .default({}),
  timeouts: z
    .strictObject({
      subgraphMs: milliseconds.optional(),
      bySubgraph: z.record(z.string(), milliseconds).optional(),
    })
    .default({}),
  badParameterCodes: z.array(z.string().min(1)).default(['BAD_USER_INPUT', 'INVALID_ARGUMENT']),
});

/** A parameter of a route, and the variable that it fills. */
export interface RouteParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly variable: string;
  readonly type: GraphQLInputType;
  readonly description: string | undefined;
}

/** A route that was checked against its operation and the schema. */
export interface RestRoute {
  readonly file: string;
  /** As declared: `/accounts/{id}/snapshot`. */
  readonly path: string;
  readonly summary: string;
  readonly document: string;
  readonly operation: PreparedOperation;
  /** Response name of the operation's one root field. */
  readonly root: string;
  readonly parameters: readonly RouteParameter[];
  readonly timeoutMs: number;
  readonly timeoutMsBySubgraph: Readonly<Record<string, number>>;
  readonly badParameterCodes: readonly string[];
}

/**
 * Deadline of a fetch where the route declares none: whoever waits for a page would rather have the rest of it than
 * wait for one slow part.
 */
const defaultTimeoutMs = 2_000;
const routeSuffix = '.rest.yaml';
const ownPaths = ['/graphql', '/health', '/ready', '/metrics', '/openapi.json', '/passes'];
const ownMembers = ['sources', 'errors'];

/**
 * Reads every `*.rest.yaml` of a folder, with the operation beside it. No route may take a path of the gateway's own
 * or one of `pagePaths`.
 * @throws Error naming the file, the key and the remedy.
 */
export async function loadRoutes(
  folder: string,
  rules: OperationRules,
  subgraphs: readonly string[],
  pagePaths: readonly string[] = [],
): Promise<readonly RestRoute[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new Error(`The folder of REST routes "${folder}" cannot be read: ${error}`, { cause: error });
  });
  const files = names.filter((name) => name.endsWith(routeSuffix)).sort();
  const routes = await Promise.all(files.map((name) => loadRoute(join(folder, name), rules, subgraphs)));
  checkPaths(routes, pagePaths);
  return routes;
}

async function loadRoute(
  file: string,
  rules: OperationRules,
  subgraphs: readonly string[],
): Promise<RestRoute> {
  const declared = readYaml(file, await readFile(file, 'utf8'), routeShape, 'is no REST route');
  const operationFile = `${file.slice(0, -routeSuffix.length)}.graphql`;
  const document = await readFile(operationFile, 'utf8').catch((error: unknown) => {
    throw new Error(`${file} needs its operation in ${operationFile}, which cannot be read: ${error}`, {
      cause: error,
    });
  });
  const operation = chooseOperation(operationFile, rules, document, declared.operation);
  const stray = Object.keys(declared.timeouts.bySubgraph ?? {}).find((name) => !subgraphs.includes(name));
  if (stray !== undefined) {
    throw new Error(
      `${file}: timeouts.bySubgraph names "${stray}". The supergraph has ${subgraphs.join(', ')}.`,
    );
  }
  return {
    file,
    path: declared.path,
    summary: declared.summary,
    document,
    operation,
    root: rootOf(operationFile, operation),
    parameters: matchParameters(file, rules.schema, operation, declared),
    timeoutMs: declared.timeouts.subgraphMs ?? defaultTimeoutMs,
    timeoutMsBySubgraph: declared.timeouts.bySubgraph ?? {},
    badParameterCodes: declared.badParameterCodes,
  };
}

type Declaration = z.infer<typeof routeShape>;

function chooseOperation(
  file: string,
  rules: OperationRules,
  document: string,
  name: string | undefined,
): PreparedOperation {
  const prepared = prepareDocument(rules, document);
  if (prepared.kind === 'invalid') {
    const reasons = prepared.error.errors.map((error) => error.message).join('; ');
    throw new Error(`${file} does not fit the supergraph or the limits: ${reasons}`);
  }
  const candidates = prepared.operations.filter((one) => name === undefined || one.name === name);
  const [operation] = candidates;
  if (operation === undefined || candidates.length > 1) {
    const names = prepared.operations.map((one) => one.name).join(', ');
    throw new Error(
      `${file} holds the operations ${names}: name one of them as "operation" in its REST route.`,
    );
  }
  if (operation.node.operation !== 'query') {
    throw new Error(`${file} is a ${operation.node.operation}: a REST route serves queries.`);
  }
  return operation;
}

/** The one root field. Its subgraph decides whether the route has anything to answer, so that there must be one. */
function rootOf(file: string, operation: PreparedOperation): string {
  const [field, ...others] = operation.node.selectionSet.selections;
  if (field?.kind !== Kind.FIELD || others.length > 0 || field.name.value.startsWith('__')) {
    throw new Error(`${file} must select exactly one root field, written out, to be served as a REST route.`);
  }
  const root = field.alias?.value ?? field.name.value;
  if (ownMembers.includes(root)) {
    throw new Error(
      `${file} calls its root field "${root}", which the answer has a member of its own for: alias it.`,
    );
  }
  return root;
}

function matchParameters(
  file: string,
  schema: GraphQLSchema,
  operation: PreparedOperation,
  declared: Declaration,
): readonly RouteParameter[] {
  const definitions = operation.node.variableDefinitions ?? [];
  const inPath = [...declared.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const parameters = Object.entries(declared.parameters).map(([name, parameter]) => {
    const variable = parameter.variable ?? name;
    const definition = definitions.find((one) => one.variable.name.value === variable);
    if (definition === undefined) {
      throw new Error(
        `${file}: parameters.${name} fills $${variable}, which the operation does not declare.`,
      );
    }
    if ((parameter.in === 'path') !== inPath.includes(name)) {
      const where = parameter.in === 'path' ? 'is missing from' : 'is in query, yet stands in';
      throw new Error(`${file}: parameters.${name} ${where} the path ${declared.path}.`);
    }
    const type = variableType(file, name, schema, definition);
    return { name, in: parameter.in, variable, type, description: parameter.description };
  });
  const undeclared = inPath.find((name) => name !== undefined && !Object.hasOwn(declared.parameters, name));
  if (undeclared !== undefined || new Set(inPath).size !== inPath.length) {
    throw new Error(
      `${file}: path must hold each parameter once, and each must stand under parameters: ${declared.path}`,
    );
  }
  const filled = parameters.map((parameter) => parameter.variable);
  const unfilled = definitions.find(
    (one) =>
      one.type.kind === Kind.NON_NULL_TYPE &&
      one.defaultValue === undefined &&
      !filled.includes(one.variable.name.value),
  );
  if (unfilled !== undefined || new Set(filled).size !== filled.length) {
    const what =
      unfilled === undefined
        ? 'a variable is filled twice'
        : `no parameter fills $${unfilled.variable.name.value}, which is required`;
    throw new Error(`${file}: ${what}.`);
  }
  return parameters;
}

function variableType(
  file: string,
  parameter: string,
  schema: GraphQLSchema,
  definition: VariableDefinitionNode,
): GraphQLInputType {
  const type = typeFromAST(schema, definition.type as Parameters<typeof typeFromAST>[1]);
  if (!isInputType(type) || isInputObjectType(getNamedType(type))) {
    throw new Error(
      `${file}: parameters.${parameter} would fill an input object. A parameter carries scalars, enums and lists of them.`,
    );
  }
  return isNonNullType(type) ? type.ofType : type;
}

function checkPaths(routes: readonly RestRoute[], pagePaths: readonly string[]): void {
  const taken = new Map<string, string>([
    ...pagePaths.map((path): [string, string] => [path, 'a page']),
    ...ownPaths.map((path): [string, string] => [path, 'the gateway itself']),
  ]);
  for (const { path, file } of routes) {
    const shape = path.replaceAll(/\{\w+\}/g, '{}');
    const holder = taken.get(shape);
    if (holder !== undefined) {
      throw new Error(`${file}: the path ${path} is served by ${holder} already.`);
    }
    taken.set(shape, file);
  }
}
