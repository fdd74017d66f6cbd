import fc from 'fast-check';
import { buildASTSchema, GraphQLError, type GraphQLSchema, parse } from 'graphql';
import { defaultOperationLimits } from '#gateway/limits/operation-limits.ts';
import { coerceVariables, type PreparedOperation, prepareDocument } from '#gateway/pipeline/operation.ts';
import { compilePlan } from '#gateway/plan/index.ts';
import type { ExecutionResult } from '#gateway/plan/types.ts';
import { permitFor } from '#gateway/rights/permit.ts';
import { createRightsModel } from '#gateway/rights/rights-model.ts';
import { type Answer, type Bench, newCall, type Trouble } from '../oracle/answers.ts';
import { difference } from '../oracle/compare.ts';
import { type GeneratedOperation, writeOperation } from '../oracle/operations.ts';
import { inProcessFetch } from '../oracle/subgraphs.ts';
import type { Call } from '../oracle/world.ts';
import { fieldsIn } from './marked.ts';
import { drawRequirements, type Requirements, withRequirements } from './requirements.ts';
import { type Asking, allowedAnswer, type Judge, judgeOf } from './truth.ts';
import { randomAccess, randomViewer } from './viewers.ts';

/** What came of the cases: how many, and how many of them were denied something. */
export interface Tally {
  cases: number;
  denied: number;
  whole: number;
  tooComplex: number;
}

interface Case {
  readonly choices: readonly number[];
  readonly kind: 'query' | 'mutation';
  readonly seed: number;
  readonly rarity: number;
  readonly troubled: boolean;
}

/** What the gateway did for one viewer: its answer, and which fields subgraphs resolved for it. */
export interface Outcome {
  readonly answer: Answer;
  readonly body: string;
  readonly errors: ExecutionResult['errors'];
  readonly resolved: ReadonlySet<string>;
  readonly requests: readonly string[];
  readonly isVariant: boolean;
}

/** So many sets of requirements for each rarity. */
const sets = 300;

const limits = {
  ...defaultOperationLimits,
  tokens: false,
  depth: false,
  aliases: false,
  rootFields: false,
  directives: false,
  cost: false,
} as const;

/**
 * Checks random operations of random viewers against random requirements on one fixture: the answer has to be that
 * of graphql-js with what is denied failing in its place, and no subgraph may have resolved what is denied. Throws
 * with the smallest operation found that breaks this, and the seed to repeat it.
 */
export async function checkRights(bench: Bench, count: number, seed: number): Promise<Tally> {
  const tally: Tally = { cases: 0, denied: 0, whole: 0, tooComplex: 0 };
  const inputs = inputFields(bench);
  const directed = directedSupergraphs(bench);
  await fc.assert(
    fc.asyncProperty(cases(bench), async ({ choices, kind, seed: drawn, rarity, troubled }) => {
      const operation = writeOperation(bench.merged, kind, choices);
      const { supergraph, requirements } = directed(drawn % sets, rarity);
      const asking: Asking = { viewer: randomViewer(drawn), access: randomAccess(drawn), requirements };
      const trouble: Trouble = { seed: drawn, rarity: troubled ? 4 : 0, down: undefined };
      const judge = judgeOf(supergraph, asking);
      const truth = await allowedAnswer(bench, operation, newCall(bench, trouble), judge);
      const outcome = await gatewayAnswer(bench, operation, trouble, supergraph, asking).catch(refusal);
      if (outcome === undefined) {
        tally.tooComplex += 1;
        return;
      }
      const found =
        wrongAnswer(truth, outcome.answer, kind) ??
        leak(outcome, judge, inputs) ??
        wrongCode(outcome, asking);
      if (found !== undefined) {
        throw new Error(describe(operation, asking, found, truth, outcome));
      }
      tally.cases += 1;
      if (outcome.isVariant) tally.denied += 1;
      else if (requirements.rules.size > 0) tally.whole += 1;
    }),
    { numRuns: count, seed },
  );
  return tally;
}

/** What the stages of the pipeline answer, from the operation's text on. */
export async function gatewayAnswer(
  bench: Bench,
  { text, variables: given }: GeneratedOperation,
  trouble: Trouble,
  supergraph: GraphQLSchema,
  { viewer, access }: Asking,
): Promise<Outcome> {
  const { schema, supergraphSchema } = bench.planner;
  const rights = createRightsModel(supergraph, access);
  const rules = { schema, limits, costs: undefined, rights };
  const operation = soleOperation(rules, text);
  const variables = coerceVariables(rules, operation, given);
  const { variant } = permitFor(operation, viewer, variables);
  const planned = variant === undefined ? text : variant.text;
  const compiled = compilePlan({
    queryPlan: planned === undefined ? { kind: 'QueryPlan' } : bench.planner.plan(parse(planned)),
    schema,
    supergraphSchema,
    document: operation.document,
    operation: operation.node,
    planned: variant?.planned,
    denials: variant?.denials,
  });
  const resolved = new Set<string>();
  const call = recording(newCall(bench, trouble), resolved);
  const requests: string[] = [];
  const send = inProcessFetch(bench.subgraphs, call);
  const result = await compiled.execute({
    variables,
    fetch: (request) => {
      requests.push(request.body);
      return send(request);
    },
    signal: new AbortController().signal,
  });
  const written = result.body.toString();
  const body = JSON.parse(written);
  const start = body.errors === undefined ? '{"data":' : `{"errors":${JSON.stringify(body.errors)},"data":`;
  const answer: Answer = {
    data: written.slice(start.length, -1),
    errorPaths: result.errors.map(({ path }) => JSON.stringify(path ?? null)).sort(),
    log: call.log,
  };
  return {
    answer,
    body: written,
    errors: result.errors,
    resolved,
    requests,
    isVariant: variant !== undefined,
  };
}

function soleOperation(rules: Parameters<typeof prepareDocument>[0], text: string): PreparedOperation {
  const prepared = prepareDocument(rules, text);
  if (prepared.kind === 'invalid') throw prepared.error;
  return prepared.operations[0]!;
}

/** The whole supergraph schema with these requirements. */
export function schemaWith(sdl: string, requirements: Requirements): GraphQLSchema {
  const document = withRequirements(sdl, requirements);
  return buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
}

/** Supergraphs with random requirements, each made once. */
function directedSupergraphs({ sdl }: Bench) {
  const made = new Map<string, { readonly supergraph: GraphQLSchema; readonly requirements: Requirements }>();
  return (seed: number, rarity: number) => {
    const key = `${seed} ${rarity}`;
    let found = made.get(key);
    if (found === undefined) {
      const requirements = drawRequirements(sdl, seed, rarity);
      found = { supergraph: schemaWith(sdl, requirements), requirements };
      made.set(key, found);
    }
    return found;
  };
}

/** Every resolver of the world asks `faultOf` for its field and object. */
function recording(call: Call, resolved: Set<string>): Call {
  return {
    ...call,
    faultOf(field) {
      resolved.add(field.slice(0, field.indexOf('#')));
      return call.faultOf(field);
    },
  };
}

function wrongAnswer(truth: Answer, answer: Answer, kind: Case['kind']): string | undefined {
  // A mutation whose answer is nothing may have been refused as a whole.
  const isRefused = kind === 'mutation' && truth.data === 'null' && answer.log.length === 0;
  return difference(isRefused ? { ...truth, log: [] } : truth, answer);
}

/** A denied field that was resolved, or a value of one in the answer. Keys and required fields may be fetched. */
function leak(
  { body, resolved, requests, isVariant }: Outcome,
  judge: Judge,
  inputs: ReadonlySet<string>,
): string | undefined {
  const isDenied = (coordinate: string): boolean => {
    const [type = '', field = ''] = coordinate.split('.');
    return !judge.mayHave(type, field);
  };
  const fetched = [...resolved].find(
    (coordinate) => !inputs.has(coordinate.slice(coordinate.indexOf('.') + 1)) && isDenied(coordinate),
  );
  if (fetched !== undefined) return `${fetched} is denied and was fetched`;
  const told = [...fieldsIn(body)].find(isDenied);
  if (told !== undefined) return `${told} is denied and stands in the answer`;
  const sent = requests
    .flatMap((each) => [...fieldsIn(each)])
    .find((coordinate) => !inputs.has(coordinate.slice(coordinate.indexOf('.') + 1)) && isDenied(coordinate));
  if (sent !== undefined) return `${sent} is denied and was sent to a subgraph`;
  return isVariant || !/"code":"(FORBIDDEN|UNAUTHENTICATED)"/.test(body)
    ? undefined
    : 'denied without a variant';
}

function wrongCode({ errors }: Outcome, { viewer }: Asking): string | undefined {
  const wrong = viewer.kind === 'anonymous' ? 'FORBIDDEN' : 'UNAUTHENTICATED';
  return errors.some(({ extensions }) => extensions.code === wrong)
    ? `an error has the code ${wrong}`
    : undefined;
}

/** Names of the fields that the gateway sends along: of keys, of `@requires` and of contexts. */
function inputFields({ fixture }: Bench): ReadonlySet<string> {
  const selections = Object.values(fixture.subgraphs).flatMap((sdl) => [
    ...sdl.matchAll(/@(?:key|requires)\(\s*fields:\s*"([^"]*)"/g),
    ...sdl.matchAll(/@fromContext\(\s*field:\s*"([^"]*)"/g),
  ]);
  return new Set(selections.flatMap(([, text = '']) => text.match(/\w+/g) ?? []));
}

/** The planner's own limit is the one refusal that counts as an answer. */
function refusal(error: unknown): undefined {
  if (error instanceof GraphQLError && /Too many options generated/.test(error.message)) return undefined;
  throw error;
}

function cases({ merged }: Bench): fc.Arbitrary<Case> {
  const kinds = merged.getMutationType() ? (['query', 'query', 'mutation'] as const) : (['query'] as const);
  return fc.record({
    choices: fc.array(fc.nat({ max: 999 }), { maxLength: 150, size: 'max' }),
    kind: fc.constantFrom(...kinds),
    seed: fc.nat(),
    // One field in so many requires something; 0 leaves most cases whole.
    rarity: fc.constantFrom(2, 5, 12, 30),
    troubled: fc.boolean(),
  });
}

function describe(
  operation: GeneratedOperation,
  { viewer, access, requirements }: Asking & { readonly requirements: Requirements },
  found: string,
  truth: Answer,
  outcome: Outcome,
): string {
  return [
    `${found}.`,
    operation.text,
    `variables ${JSON.stringify(operation.variables)}`,
    `viewer ${JSON.stringify(viewer)}`,
    `access ${JSON.stringify(access)}`,
    `rules ${JSON.stringify([...requirements.rules])}`,
    `reads ${JSON.stringify([...requirements.reads])}`,
    `truth  ${JSON.stringify(truth)}`,
    `answer ${outcome.body}`,
    ...outcome.requests,
  ].join('\n');
}
