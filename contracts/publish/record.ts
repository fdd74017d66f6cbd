import { readFile } from 'node:fs/promises';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  type DocumentNode,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import type { EventDefinition } from '#events/define-event.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { compilePlan } from '#gateway/plan/index.ts';
import { createPlanner, type Planner } from '#gateway/plan/planner.ts';
import type { CompiledPlan, SubgraphAnswer, SubgraphRequest } from '#gateway/plan/types.ts';
import { exampleEvent } from './event-message.ts';
import { exampleAnswer, plainAnswer } from './example-answer.ts';
import { eventGraphs, eventsOf, type LiveEvent } from './live-events.ts';
import { type OperationExample, readExamples } from './operation-examples.ts';
import { type RecordedTypes, recordTypes } from './record-types.ts';
import { ConfigError, type SubgraphSource } from './supergraph-config.ts';

/** An operation as it was recorded with one of its examples. */
export interface RecordedOperation {
  readonly name: string;
  /** Who sends it. */
  readonly clients: readonly string[];
  readonly document: string;
  readonly example: OperationExample;
  readonly fetches: readonly RecordedFetch[];
  /** The gateway's answer of the fetches' examples. */
  readonly data: unknown;
  /** Of a subscription: the event that it was recorded with. */
  readonly live: LiveRecord | undefined;
}

/** What a subscription needs beside fetches. */
export interface LiveRecord {
  readonly event: EventDefinition;
  /** Makes the answer of an event of that type. Rejects where it has errors. */
  readonly answer: (event: EventEnvelope) => Promise<void>;
  /** Makes the answer with whoever is asked in place of the examples. */
  readonly replay: (ask: (subgraph: string, text: string) => Promise<SubgraphAnswer>) => Promise<unknown>;
}

/** One fetch of the plan: what the gateway sends, and an answer in matchers. */
export interface RecordedFetch {
  readonly subgraph: string;
  /** What is sent, byte for byte. */
  readonly text: string;
  readonly answer: unknown;
  /** What must exist at the provider. */
  readonly entities: readonly Entity[];
  /** The fields that are null or empty in it, such as `Account.owner`. */
  readonly missing: readonly string[];
  readonly types: RecordedTypes;
}

/** A type and the values of its key. */
export type Entity = { readonly typename: string } & Readonly<Record<string, string>>;

/** Its name, and the words that tell its example from others: `Sidebar where there is no such account`. */
export function titleOf({ name, example: { where }, live }: RecordedOperation): string {
  const shown = live ? `${name} on ${live.event.name}.v${live.event.version}` : name;
  return where === undefined ? shown : `${shown} where ${where}`;
}

/** Records operations against one supergraph. */
export type Recorder = (file: string) => Promise<readonly RecordedOperation[]>;

/**
 * Makes a recorder on the real planner and the real executor, with a transport that writes down what is sent and
 * answers with examples made from the subgraphs' schemas. It takes the path of `Name.graphql`, beside which
 * `Name.examples.yaml` stands, and records the operation once for each example; a subscription once for each event that
 * it shows. Rejects where the operation does not
 * come to an answer without errors, and where an absent field is shown nowhere.
 */
export function createRecorder(supergraph: string, sources: readonly SubgraphSource[]): Recorder {
  const planner = createPlanner(supergraph);
  const schemas = new Map(
    sources.map((source): [string, GraphQLSchema] => [source.name, buildSubgraphSchema(source.typeDefs)]),
  );
  const withoutServer = new Set(sources.filter(({ generated }) => generated).map(({ name }) => name));
  const graphs = eventGraphs(planner);
  return async (file) => {
    const text = await readFile(file, 'utf8');
    const { clients, examples } = await readExamples(file);
    const document = parse(text);
    const operation = document.definitions.find(
      (definition) => definition.kind === Kind.OPERATION_DEFINITION,
    );
    const name = operation?.name?.value;
    if (!operation || name === undefined) throw new ConfigError(`${file} needs one named operation.`);
    const plan = planOf(planner, document, operation, name);
    const recorded: RecordedOperation[] = [];
    for (const example of examples) {
      const variables = coerce(planner.schema, operation, example, file);
      const same = { name, clients, document: text, example };
      if (plan.primary === undefined) {
        const { fetches, data } = await run({ plan, variables, schemas, example, file });
        // What the gateway answers by itself is promised by nobody else.
        const asked = fetches.filter(({ subgraph }) => !withoutServer.has(subgraph));
        recorded.push({ ...same, fetches: asked, data, live: undefined });
        continue;
      }
      for (const event of eventsOf(graphs, plan.primary(variables), file)) {
        recorded.push({ ...same, ...(await runLive({ plan, variables, schemas, example, file }, event)) });
      }
    }
    return recorded;
  };
}

function planOf(
  planner: Planner,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  name: string,
): CompiledPlan {
  const { schema, supergraphSchema } = planner;
  return compilePlan({
    queryPlan: planner.plan(document, name),
    schema,
    supergraphSchema,
    document,
    operation,
  });
}

function coerce(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  { variables }: OperationExample,
  file: string,
): Readonly<Record<string, unknown>> {
  const { coerced, errors } = getVariableValues(schema, variableDefinitions, variables);
  if (coerced === undefined)
    throw new ConfigError(`${file}: its example does not fit: ${errors?.[0]?.message}`);
  return coerced;
}

/** One run of a plan. */
interface Run {
  readonly plan: CompiledPlan;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly schemas: ReadonlyMap<string, GraphQLSchema>;
  readonly example: OperationExample;
  readonly file: string;
}

type AnswerEvent = (request: SubgraphRequest) => SubgraphAnswer;

async function run(
  { plan, variables, schemas, example, file }: Run,
  answerEvent?: AnswerEvent,
): Promise<Pick<RecordedOperation, 'fetches' | 'data'>> {
  const fetches: RecordedFetch[] = [];
  const shownMissing = new Set<string>();
  const data = await executed(plan, variables, file, async (request) => {
    if (answerEvent && request.kind === 'subscription') return answerEvent(request);
    const { subgraph, body: text } = request;
    const schema = schemas.get(subgraph) as GraphQLSchema;
    const { body: answer, entities, missing } = exampleAnswer(schema, JSON.parse(text), example);
    for (const coordinate of missing) shownMissing.add(coordinate);
    fetches.push({
      subgraph,
      text,
      answer,
      entities: entities.map((typename): Entity => ({ typename, ...example.entities[typename] })),
      missing,
      types: recordTypes(schema, JSON.parse(text)),
    });
    return {
      kind: 'answer',
      data: (plainAnswer(answer) as { data: Record<string, unknown> }).data,
      errors: [],
    };
  });
  const unused = [...example.absent, ...example.empty].find((coordinate) => !shownMissing.has(coordinate));
  if (unused !== undefined) {
    throw new ConfigError(`${file}: its example has no ${unused}, which no fetch of it asks for there.`);
  }
  // Parallel fetches come in any order; files must not differ for that.
  fetches.sort((one, other) => (one.text < other.text ? -1 : 1));
  return { fetches, data };
}

async function runLive(
  one: Run,
  { graph, event }: LiveEvent,
): Promise<Pick<RecordedOperation, 'fetches' | 'data' | 'live'>> {
  const placed = (envelope: EventEnvelope) => ({ event: envelope, cursor: 'cursor', position: 1 });
  const answerWith = (envelope: EventEnvelope): AnswerEvent => {
    return (request) => graph.answerEvent(request, placed(envelope));
  };
  const replay: LiveRecord['replay'] = (ask) =>
    executed(one.plan, one.variables, one.file, async (request) =>
      request.kind === 'subscription'
        ? answerWith(exampleEvent(event))(request)
        : ask(request.subgraph, request.body),
    );
  const answer = async (envelope: EventEnvelope) => {
    await run(one, answerWith(envelope));
  };
  return { ...(await run(one, answerWith(exampleEvent(event)))), live: { event, answer, replay } };
}

/** The answer's data. Rejects where it has errors. */
async function executed(
  plan: CompiledPlan,
  variables: Run['variables'],
  file: string,
  fetch: (request: SubgraphRequest) => Promise<SubgraphAnswer>,
): Promise<unknown> {
  const { errors, body } = await plan.execute({ variables, signal: new AbortController().signal, fetch });
  if (errors[0]) throw new Error(`${file} does not come to an answer: ${errors[0].message}`);
  return JSON.parse(body.toString()).data;
}
