import { type DocumentNode, getOperationAST, getVariableValues, parse } from 'graphql';
import { compilePlan } from '#gateway/plan/index.ts';
import { createPlanner, type Planner } from '#gateway/plan/planner.ts';
import type {
  CompiledPlan,
  ExecutionResult,
  PlanInput,
  SubgraphAnswer,
  SubgraphRequest,
} from '#gateway/plan/types.ts';
import { compose } from '#test/oracle/subgraphs.ts';

/**
 * What each subgraph answers to a request and its variables: `data`, `{ data, errors }`, or a failure's code; or a
 * promise of one of them.
 */
export type Answers = Readonly<
  Record<string, (request: SubgraphRequest, variables: Record<string, unknown>) => unknown>
>;

export interface Outcome extends Omit<ExecutionResult, 'body'> {
  readonly body: string;
  readonly response: { data: unknown; errors?: { message: string; path?: unknown; extensions: object }[] };
  readonly requests: SubgraphRequest[];
}

/** A supergraph for tests, and operations on it with answers that the test gives. */
export interface Execution {
  readonly planner: Planner;
  readonly compile: (document: DocumentNode, queryPlan?: PlanInput['queryPlan']) => CompiledPlan;
  readonly run: (
    text: string,
    answers: Answers,
    variables?: Record<string, unknown>,
    more?: { readonly signal?: AbortSignal; readonly queryPlan?: PlanInput['queryPlan'] },
  ) => Promise<Outcome>;
}

/** Composes subgraphs, given by name as SDL. */
export function executionOver(subgraphs: Readonly<Record<string, string>>): Execution {
  const planner = createPlanner(compose({ subgraphs }));
  const { schema, supergraphSchema } = planner;
  const compile: Execution['compile'] = (document, queryPlan = planner.plan(document)) => {
    const operation = getOperationAST(document);
    if (!operation) throw new Error('One operation is expected.');
    return compilePlan({ queryPlan, schema, supergraphSchema, document, operation });
  };
  return {
    planner,
    compile,
    async run(text, answers, variables = {}, { signal = new AbortController().signal, queryPlan } = {}) {
      const document = parse(text);
      const requests: SubgraphRequest[] = [];
      const definitions = getOperationAST(document)?.variableDefinitions ?? [];
      const { coerced, errors } = getVariableValues(schema, definitions, variables);
      if (coerced === undefined) throw errors[0];
      const result = await compile(document, queryPlan).execute({
        variables: coerced,
        signal,
        async fetch(request) {
          requests.push(request);
          const { subgraph, body } = request;
          return answerOf(subgraph, await answers[subgraph]?.(request, JSON.parse(body).variables));
        },
      });
      const written = result.body.toString();
      return { ...result, body: written, response: JSON.parse(written), requests };
    },
  };
}

function answerOf(subgraph: string, given: unknown): SubgraphAnswer {
  if (typeof given === 'string') {
    return { kind: 'failure', code: given, message: `${subgraph} is away.` } as SubgraphAnswer;
  }
  const whole = given as { data?: Record<string, unknown>; errors?: [] };
  const isWhole = 'data' in whole || 'errors' in whole;
  const answer = isWhole ? { data: null, ...whole } : { data: whole };
  return { kind: 'answer', errors: [], ...answer } as SubgraphAnswer;
}

/** Path and code of each error of a response. */
export function errorsOf({ response }: Outcome): (readonly [string, unknown])[] | undefined {
  return response.errors?.map(
    ({ path, extensions }) => [JSON.stringify(path), (extensions as { code?: unknown }).code] as const,
  );
}
