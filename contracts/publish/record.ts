import { readFile } from 'node:fs/promises';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { MatchersV3 } from '@pact-foundation/pact';
import { type GraphQLSchema, Kind, parse } from 'graphql';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { compilePlan } from '#gateway/plan/index.ts';
import { createPlanner } from '#gateway/plan/planner.ts';
import { exampleAnswer } from './example-answer.ts';
import { ConfigError, type SubgraphSource } from './supergraph-config.ts';

const examplesShape = z.strictObject({
  /** The variables that the operation is recorded with. */
  variables: z.record(z.string(), z.unknown()),
  /** Keys of the entities that the providers' state holds, by type and field. */
  entities: z.record(z.string(), z.record(z.string(), z.string())),
  /** Fields such as `Payload.refusal` that are null in this example: what excludes one another is not shown at once. */
  absent: z.array(z.string()).default([]),
});

/** What stands beside an operation in `Name.examples.yaml`. */
export type OperationExamples = z.infer<typeof examplesShape>;

export interface RecordedOperation {
  readonly name: string;
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly fetches: readonly RecordedFetch[];
}

/** One fetch of the plan: what the gateway sends, and an answer in matchers. */
export interface RecordedFetch {
  readonly subgraph: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly answer: unknown;
  /** What must exist at the provider. */
  readonly entities: readonly Entity[];
}

/** A type and the values of its key. */
export type Entity = { readonly typename: string } & Readonly<Record<string, string>>;

/**
 * Runs an operation on the real planner and the real executor with a transport that writes down what is sent
 * and answers with examples made from the subgraph's schema. Throws where the operation does not come to an
 * answer without errors.
 *
 * @param file path of `Name.graphql`; `Name.examples.yaml` stands beside it
 */
export async function recordOperation(
  file: string,
  supergraph: string,
  sources: readonly SubgraphSource[],
): Promise<RecordedOperation> {
  const text = await readFile(file, 'utf8');
  const { variables, entities, absent } = await readExamples(file.replace(/\.graphql$/, '.examples.yaml'));
  const document = parse(text);
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const name = operation?.name?.value;
  if (!operation || name === undefined) throw new ConfigError(`${file} needs one named operation.`);

  const planner = createPlanner(supergraph);
  const queryPlan = planner.plan(document, name);
  const { schema, supergraphSchema } = planner;
  const plan = compilePlan({ queryPlan, schema, supergraphSchema, document, operation });
  const schemas = new Map(
    sources.map((source): [string, GraphQLSchema] => [source.name, buildSubgraphSchema(source.typeDefs)]),
  );
  const fetches: RecordedFetch[] = [];
  const result = await plan.execute({
    variables,
    signal: new AbortController().signal,
    fetch: async ({ subgraph, body }) => {
      const sent = JSON.parse(body);
      const answer = exampleAnswer(schemas.get(subgraph) as GraphQLSchema, sent, entities, absent);
      const shown = answer.entities.map((typename): Entity => ({ typename, ...entities[typename] }));
      fetches.push({ subgraph, body: sent, answer: answer.body, entities: shown });
      const { data } = MatchersV3.reify(answer.body) as { data: Record<string, unknown> };
      return { kind: 'answer', data, errors: [] };
    },
  });
  if (result.errors.length > 0) {
    throw new Error(
      `${name} does not come to an answer: ${result.errors.map(({ message }) => message).join('; ')}`,
    );
  }
  // Parallel fetches come in any order; files must not differ for that.
  fetches.sort((a, b) => (JSON.stringify(a.body) < JSON.stringify(b.body) ? -1 : 1));
  return { name, document: text, variables, fetches };
}

async function readExamples(file: string): Promise<OperationExamples> {
  const parsed = examplesShape.safeParse(parseYaml(await readFile(file, 'utf8')));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ConfigError(`${file}: ${issue?.path.join('.')}: ${issue?.message}.`);
}
