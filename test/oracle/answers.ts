import {
  buildSchema,
  type DocumentNode,
  execute,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  getOperationAST,
  getVariableValues,
  Kind,
  parse,
  printSchema,
} from 'graphql';
import { compilePlan } from '#gateway/plan/index.ts';
import { createPlanner, type Planner } from '#gateway/plan/planner.ts';
import type { SubgraphAnswer } from '#gateway/plan/types.ts';
import type { Fixture } from './fixture.ts';
import { hash } from './hash.ts';
import type { GeneratedOperation } from './operations.ts';
import { compose, inProcessFetch, subgraphSchemas } from './subgraphs.ts';
import { type Call, fieldResolver, typeResolver } from './world.ts';

/** A fixture made ready: both ways to the same data. */
export interface Bench {
  readonly fixture: Fixture;
  readonly sdl: string;
  readonly planner: Planner;
  readonly subgraphs: ReadonlyMap<string, GraphQLSchema>;
  readonly merged: GraphQLSchema;
  readonly ownerOf: (field: string) => string | undefined;
}

/** What goes wrong in one execution. */
export interface Trouble {
  readonly seed: number;
  /** One field in so many fails; 0 for none. */
  readonly rarity: number;
  readonly down: string | undefined;
}

/** An answer in the form that is compared: the data's text, and each error's path. */
export interface Answer {
  readonly data: string;
  readonly errorPaths: readonly string[];
  readonly log: readonly string[];
}

export function prepare(fixture: Fixture): Bench {
  const sdl = compose(fixture);
  const planner = createPlanner(sdl);
  return {
    fixture,
    sdl,
    planner,
    subgraphs: subgraphSchemas(fixture),
    merged: buildSchema(printSchema(planner.schema)),
    ownerOf: soleOwners(fixture),
  };
}

/** The answer of graphql-js over one merged schema. */
export async function mergedAnswer(
  bench: Bench,
  operation: GeneratedOperation,
  trouble: Trouble,
): Promise<Answer> {
  const call = newCall(bench, trouble);
  const result = await execute({
    schema: bench.merged,
    document: parse(operation.text),
    variableValues: operation.variables,
    contextValue: call,
    fieldResolver: fieldResolver('merged'),
    typeResolver: typeResolver as GraphQLTypeResolver<unknown, Call>,
  });
  return answerOf(result, call);
}

/** The answer of the compiled plan, and how many of its requests were several fetches in one. */
export interface CompiledAnswer extends Answer {
  readonly joined: number;
  /** Those whose answer could not be read, so that each fetch was to ask again. */
  readonly unreadable: number;
}

/**
 * The answer of the compiled plan over the subgraphs. With every fourth seed no answer to joined fetches can be read,
 * which must not show; with every third all answers are shared with others, who must not see a change.
 */
export async function compiledAnswer(
  bench: Bench,
  operation: GeneratedOperation,
  trouble: Trouble,
): Promise<CompiledAnswer> {
  const call = newCall(bench, trouble);
  const document = parse(operation.text);
  const compiled = compileOperation(bench, document);
  const ask = inProcessFetch(bench.subgraphs, call);
  const fetch: typeof ask =
    trouble.seed % 3 === 0 ? async (request) => sharedWithOthers(await ask(request)) : ask;
  let [joined, unreadable] = [0, 0];
  const result = await compiled.execute({
    variables: coerced(bench.planner.schema, document, operation.variables),
    fetch: async (request) => {
      if ((request.representations?.length ?? 0) < 2) return fetch(request);
      joined++;
      if (trouble.seed % 4 !== 0 || call.down === request.subgraph) return fetch(request);
      unreadable++;
      return { kind: 'failure', code: 'SUBGRAPH_INVALID_ANSWER', message: 'It cannot be read.' };
    },
    signal: new AbortController().signal,
  });
  const text = result.body.toString();
  const body = JSON.parse(text);
  return { ...answerOf(body, call), data: dataText(text, body), joined, unreadable };
}

/** Whoever changes it throws. */
function sharedWithOthers(answer: SubgraphAnswer): SubgraphAnswer {
  if (answer.kind === 'failure') return answer;
  freeze(answer.data);
  return { ...answer, shared: true };
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}

export function compileOperation(bench: Bench, document: DocumentNode): ReturnType<typeof compilePlan> {
  const operation = getOperationAST(document);
  if (!operation) throw new Error('The document has no single operation.');
  return compilePlan({
    queryPlan: bench.planner.plan(document),
    schema: bench.planner.schema,
    supergraphSchema: bench.planner.supergraphSchema,
    document,
    operation,
  });
}

export function coerced(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const definitions = getOperationAST(document)?.variableDefinitions ?? [];
  const values = getVariableValues(schema, definitions, variables);
  if (values.errors) throw values.errors[0];
  return values.coerced;
}

/** `data` as it was written: its order of keys counts, and a parser may not keep `__proto__`. */
function dataText(body: string, parsed: { errors?: unknown }): string {
  const prefix =
    parsed.errors === undefined ? '{"data":' : `{"errors":${JSON.stringify(parsed.errors)},"data":`;
  if (!body.startsWith(prefix)) throw new Error(`The response does not begin as expected: ${body}`);
  return body.slice(prefix.length, -1);
}

function answerOf(result: { data?: unknown; errors?: readonly { path?: unknown }[] }, call: Call): Answer {
  return {
    data: JSON.stringify(result.data ?? null),
    errorPaths: (result.errors ?? []).map(({ path }) => JSON.stringify(path ?? null)).sort(),
    log: call.log,
  };
}

export function newCall(bench: Bench, { seed, rarity, down }: Trouble): Call {
  const steady = new Set(bench.fixture.steady);
  return {
    fixture: bench.fixture,
    faultOf(field) {
      if (rarity === 0 || steady.has(field.slice(0, field.indexOf('#')))) return undefined;
      const drawn = hash(`${seed} ${field}`) % (rarity * 2);
      return drawn === 0 ? 'error' : drawn === 1 ? 'null' : undefined;
    },
    down,
    ownerOf: bench.ownerOf,
    log: [],
  };
}

/** Which subgraph alone can give a field. */
function soleOwners(fixture: Fixture): (field: string) => string | undefined {
  const owners = new Map<string, Set<string>>();
  const interfaceObjects = new Map<string, string[]>();
  for (const [name, typeDefs] of Object.entries(fixture.subgraphs)) {
    for (const definition of parse(typeDefs).definitions) {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
      const type = definition.name.value;
      for (const field of definition.fields ?? []) {
        if (field.directives?.some((directive) => directive.name.value === 'external')) continue;
        const key = `${type}.${field.name.value}`;
        owners.set(key, new Set([...(owners.get(key) ?? []), name]));
      }
      for (const { name: implemented } of definition.interfaces ?? []) {
        interfaceObjects.set(type, [...(interfaceObjects.get(type) ?? []), implemented.value]);
      }
    }
  }
  return (field) => {
    const [type = '', name] = field.split('.');
    for (const candidate of [field, ...(interfaceObjects.get(type) ?? []).map((each) => `${each}.${name}`)]) {
      const found = owners.get(candidate);
      if (found) return found.size === 1 ? [...found][0] : undefined;
    }
    return undefined;
  };
}
