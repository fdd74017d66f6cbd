import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { parse } from 'graphql';
import { type Logger, pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeScope, openScope } from '#gateway/fetching/request-scope.ts';
import { closeTargets, openTargets, type SubgraphTarget } from '#gateway/fetching/targets.ts';
import { newTrace } from '#gateway/fetching/trace.ts';
import { defaultOperationLimits } from '#gateway/limits/operation-limits.ts';
import { limitsWithDefaults, sharingWithDefaults } from '#gateway/options.ts';
import { execute } from '#gateway/pipeline/execute.ts';
import { coerceVariables, readOperation } from '#gateway/pipeline/operation.ts';
import { planOperation } from '#gateway/pipeline/plan.ts';
import type { PipelineRequest, Viewer } from '#gateway/pipeline/types.ts';
import { defaultAccess } from '#gateway/rights/access.ts';
import { permitFor } from '#gateway/rights/permit.ts';
import { createRightsModel } from '#gateway/rights/rights-model.ts';
import { createGeneration, type Generation } from '#gateway/supergraph/generation.ts';
import { type Bench, newCall, prepare } from '../oracle/answers.ts';
import { difference } from '../oracle/compare.ts';
import { type GeneratedOperation, writeOperation } from '../oracle/operations.ts';
import { inProcessFetch } from '../oracle/subgraphs.ts';
import { schemaWith } from './check.ts';
import { fieldsIn, marked } from './marked.ts';
import { drawRequirements, type Requirements } from './requirements.ts';
import { allowedAnswer, type Judge, judgeOf } from './truth.ts';
import { randomAccess, randomViewer } from './viewers.ts';

const cases = Number(process.env.RIGHTS_FLIGHTS ?? 120);
const healthy = { seed: 0, rarity: 0, down: undefined };
/** What the world's subgraphs are sent along: keys, and what `@requires` names. */
const inputs = new Set(['Person.id', 'Firm.id', 'Person.email']);
const limits = limitsWithDefaults({ ...defaultOperationLimits, cost: false, depth: false, aliases: false });

/** One HTTP request to a subgraph, and what it was answered. */
interface Flight {
  readonly id: string;
  readonly request: string;
  readonly answer: string;
}

interface LogLine {
  readonly msg: string;
  readonly sharedFetch?: string;
  readonly requestIds?: readonly string[];
}

describe('flights', () => {
  let bench: Bench;
  let server: Server;
  let log: Logger;
  const lines: string[] = [];
  const flights: Flight[] = [];
  const opened: ReadonlyMap<string, SubgraphTarget>[] = [];

  beforeAll(async () => {
    bench = prepare(marked);
    log = pino({ level: 'debug', base: null }, { write: (line: string) => lines.push(line) });
    const ask = inProcessFetch(bench.subgraphs, newCall(bench, healthy));
    server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const answered = await ask({ subgraph: (request.url ?? '').slice(1), body });
      const answer = JSON.stringify(answered.kind === 'answer' ? answered : {});
      flights.push({ id: String(request.headers['x-request-id']), request: body, answer });
      response.setHeader('content-type', 'application/json').end(answer);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(async () => {
    await Promise.all(opened.map(closeTargets));
    server.closeAllConnections();
    server.close();
  });

  function targetsWith(byViewer: boolean): ReadonlyMap<string, SubgraphTarget> {
    const { port } = server.address() as AddressInfo;
    const urls = new Map(
      Object.keys(marked.subgraphs).map((name) => [name, `http://127.0.0.1:${port}/${name}`]),
    );
    const targets = openTargets(
      urls,
      () => ({
        timeoutMs: 10_000,
        connections: 8,
        maxWaiting: 1_000,
        maxAnswerBytes: 1_000_000,
        sharing: { ...sharingWithDefaults(), byViewer },
      }),
      log,
    );
    opened.push(targets);
    return targets;
  }

  function generationWith(
    requirements: Requirements,
    access: ReturnType<typeof randomAccess>,
    targets: ReadonlyMap<string, SubgraphTarget>,
  ): Generation {
    const { schema, supergraphSchema, subgraphs, plan } = bench.planner;
    const rights = createRightsModel(schemaWith(bench.sdl, requirements), access);
    const planner = {
      schema,
      supergraphSchema,
      subgraphs,
      plan: async ({ text, operationName }: { text: string; operationName: string | undefined }) =>
        plan(parse(text), operationName),
      close: async () => {},
    };
    const rules = { schema, limits, costs: undefined, rights };
    return createGeneration(
      {
        id: 'test',
        planner,
        access: defaultAccess,
        rules,
        persisted: { kind: 'any' },
        targets,
        events: new Map(),
        routes: () => undefined,
        restRoutes: [],
        joins: () => true,
      },
      limits,
    );
  }

  /** A request through the stages behind authentication. */
  async function ask(
    generation: Generation,
    id: string,
    viewer: Viewer,
    { text, variables: given }: GeneratedOperation,
  ) {
    const scope = openScope({ id, trace: newTrace(false), deadlineMs: 20_000, recordsFetches: false });
    const parameters = { query: text, operationName: undefined, variables: given };
    const request: PipelineRequest = { scope, parameters, allowsMutations: true, authorization: undefined };
    const operation = readOperation(
      generation,
      { query: text, operationName: undefined },
      'queries and mutations',
    );
    const variables = coerceVariables(generation.rules, operation, given);
    const permit = permitFor(operation, viewer, variables);
    const plan = await planOperation(generation, operation, permit.variant);
    const result = await execute(
      generation,
      { viewer, operation, permit, plan },
      variables,
      request,
      undefined,
    );
    closeScope(scope);
    return result;
  }

  /** Request ids by the id that a subgraph saw. */
  function requestersOf(): ReadonlyMap<string, readonly string[]> {
    const shared = lines
      .map((line) => JSON.parse(line) as LogLine)
      .filter(({ msg }) => msg === 'shared fetch');
    return new Map(shared.map(({ sharedFetch = '', requestIds = [] }) => [sharedFetch, requestIds]));
  }

  it(`carry nothing that one of their requesters may not have: ${cases} cases`, {
    timeout: 600_000,
  }, async () => {
    const targets = targetsWith(false);
    let sharedByOthers = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 999 }), { maxLength: 80, size: 'max' }),
        fc.array(fc.nat({ max: 60 }), { minLength: 2, maxLength: 5 }),
        fc.nat({ max: 40 }),
        fc.constantFrom(3, 8, 20),
        async (choices, seeds, seed, rarity) => {
          lines.length = 0;
          flights.length = 0;
          const requirements = drawRequirements(bench.sdl, seed, rarity);
          const access = randomAccess(seed);
          const supergraph = schemaWith(bench.sdl, requirements);
          const generation = generationWith(requirements, access, targets);
          const operation = writeOperation(bench.merged, 'query', choices);
          const other = writeOperation(bench.merged, 'query', choices.slice(0, choices.length / 2));
          const viewers = seeds.map(randomViewer);
          const judges: Judge[] = viewers.map((viewer) =>
            judgeOf(supergraph, { viewer, access, requirements }),
          );
          /* Twice: the first time some wait for their plan, the second time they meet. */
          for (const round of ['first', 'second']) {
            await Promise.all(
              [operation, other].flatMap((asked, at) =>
                viewers.map(async (viewer, n) => {
                  const result = await ask(generation, `${round} ${at} ${n}`, viewer, asked);
                  const body = JSON.parse(result.body.toString());
                  const answer = {
                    data: JSON.stringify(body.data),
                    errorPaths: result.errors.map(({ path }) => JSON.stringify(path ?? null)).sort(),
                    log: [],
                  };
                  const judge = judges[n] as Judge;
                  const truth = await allowedAnswer(bench, asked, newCall(bench, healthy), judge);
                  // A parser may not keep `__proto__` in its place; rights.test.ts compares the text itself.
                  if (!asked.text.includes('__proto__')) expect(difference(truth, answer)).toBeUndefined();
                }),
              ),
            );
          }
          expect([...fieldsIn(lines.join('\n'))]).toEqual([]);
          const requesters = requestersOf();
          for (const { id, request, answer } of flights) {
            const numbers = (requesters.get(id) ?? [id]).map((each) => Number(each.split(' ')[2]));
            const tenants = new Set(numbers.map((n) => viewers[n]?.tenant));
            expect(tenants.size).toBe(1);
            if (new Set(numbers.map((n) => viewers[n]?.id)).size > 1) sharedByOthers += 1;
            for (const field of fieldsIn(request + answer)) {
              const [type = '', name = ''] = field.split('.');
              const refused = numbers.find((n) => !inputs.has(field) && !judges[n]?.mayHave(type, name));
              if (refused !== undefined) {
                throw new Error(`${JSON.stringify(viewers[refused])} shares ${field}: ${request}`);
              }
            }
          }
        },
      ),
      { numRuns: cases, seed: 20_260_301 },
    );
    expect(sharedByOthers).toBeGreaterThan(cases / 10);
  });

  const ada: Viewer = { kind: 'user', id: 'ada', roles: ['r'], scopes: [], tenant: 'acme' };
  const bert: Viewer = { ...ada, id: 'bert', roles: [], scopes: ['x'] };
  const access = { roles: { r: ['x'] }, policies: {} };
  const requirements: Requirements = {
    rules: new Map([['Person.email', [{ kind: 'scopes', anyOf: [['x']] }]]]),
    reads: new Map(),
  };
  const email = { text: '{ person(id: "p1") { email } }', variables: {} };

  async function flightsOf(
    byViewer: boolean,
    viewers: readonly Viewer[],
    asked: GeneratedOperation = email,
  ): Promise<number> {
    const generation = generationWith(requirements, access, targetsWith(byViewer));
    // Plans are made first, so that the requests that count meet.
    for (const viewer of viewers) await ask(generation, 'first', viewer, asked);
    flights.length = 0;
    await Promise.all(viewers.map((viewer, n) => ask(generation, `again ${n}`, viewer, asked)));
    return flights.length;
  }

  it('are shared by viewers of equal rights, whichever way they have them', async () => {
    expect(await flightsOf(false, [ada, bert])).toBe(1);
  });

  it('are not shared by viewers of unequal rights, even where they ask the same of a subgraph', async () => {
    const text = '{ person(id: "p1") { email } richest { id } }';
    const carl: Viewer = { ...ada, id: 'carl', roles: [] };
    expect(await flightsOf(false, [ada, bert], { text, variables: {} })).toBe(2);
    expect(await flightsOf(false, [ada, carl], { text, variables: {} })).toBe(4);
  });

  it('are not shared across tenants', async () => {
    expect(await flightsOf(false, [ada, { ...bert, tenant: 'other' }])).toBe(2);
  });

  it('are each viewer’s own where the subgraph looks at the viewer', async () => {
    expect(await flightsOf(true, [ada, bert])).toBe(2);
    expect(await flightsOf(true, [ada, { ...ada }])).toBe(1);
  });
});
