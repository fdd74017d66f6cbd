import { readFile } from 'node:fs/promises';
import { parse, printSchema } from 'graphql';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { createPlanner } from '#gateway/plan/planner.ts';
import { describeSupergraph, schemasOf } from '#gateway/supergraph/description.ts';
import { openPlanning, type Planning, type PlanningLimits } from '#gateway/supergraph/planning.ts';
import { wideOperation, wideSupergraph } from './supergraphs.ts';

const scripted = new URL('./scripted-worker.ts', import.meta.url);
const log: { msg: string; operation?: string }[] = [];
const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(JSON.parse(line)) });
const generous: PlanningLimits = {
  deadlineMs: 20_000,
  waiting: 100,
  memoryMb: 512,
  paths: 10_000,
  idleMs: 60_000,
};

const opened: Planning[] = [];
function open(limits: Partial<PlanningLimits> = {}, supergraphSdl?: string): Planning {
  const planning = openPlanning({
    supergraphSdl: supergraphSdl ?? 'scripted',
    limits: { ...generous, ...limits },
    log: logger,
    worker: supergraphSdl === undefined || supergraphSdl === 'broken' ? scripted : undefined,
  });
  opened.push(planning);
  return planning;
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((planning) => planning.close()));
  log.length = 0;
});

const plan = (planning: Planning, text: string, operationName: string | undefined = text) =>
  planning.plan({ text, operationName });
const planned = (text: string) => ({ kind: 'QueryPlan', of: text });

describe('the worker', () => {
  const file = new URL('../../supergraph.graphql', import.meta.url);
  const operationFile = new URL('../../contracts/operations/AccountSnapshot.graphql', import.meta.url);

  test('plans as the planner itself does', async () => {
    const [sdl, text] = [await readFile(file, 'utf8'), await readFile(operationFile, 'utf8')];
    const made = await open({}, sdl).plan({ text, operationName: 'AccountSnapshot' });
    const expected = createPlanner(sdl).plan(parse(text), 'AccountSnapshot');
    expect(made).toEqual(JSON.parse(JSON.stringify(expected)));
    expect(made.node).toBeDefined();
  });

  test('describes the supergraph so that its schemas are the same, directives included', async () => {
    const sdl = await readFile(file, 'utf8');
    const planner = createPlanner(sdl);
    const description = await open({}, sdl).start();
    const schemas = schemasOf(description);
    expect(printSchema(schemas.schema)).toBe(printSchema(planner.schema));
    expect(printSchema(schemas.supergraphSchema)).toBe(printSchema(planner.supergraphSchema));
    expect(description).toEqual(describeSupergraph({ ...planner, ...schemas }));
    expect(description.supergraph).toContain('@join__type(graph:');
  });

  test('refuses what reaches a limit of the planner, naming the limit', async () => {
    const planning = open({ paths: 3 }, wideSupergraph('http://127.0.0.1:1/'));
    await expect(plan(planning, wideOperation('Wide', 3), 'Wide')).rejects.toMatchObject({
      message: expect.stringContaining('reached the limit of 3'),
      extensions: { code: 'QUERY_PLAN_TOO_COMPLEX' },
    });
    expect(await planning.plan({ text: '{ __typename }', operationName: undefined })).toMatchObject({
      kind: 'QueryPlan',
    });
  });

  test('that cannot read the supergraph says why', async () => {
    await expect(open({}, 'broken').start()).rejects.toThrow('It is broken.');
    await expect(plan(open({}, 'broken'), 'any')).rejects.toThrow('No planning worker can be started.');
  });
});

describe('an operation that takes too long', () => {
  test('is refused by name at the deadline, and the others are served meanwhile', async () => {
    const planning = open({ deadlineMs: 4_000 });
    await plan(planning, 'first');
    const ended: string[] = [];
    const hanging = plan(planning, 'hang').catch((error) => {
      ended.push('hang');
      return error;
    });
    const others = ['one', 'two', 'three'].map(async (text) => {
      expect(await plan(planning, text)).toEqual(planned(text));
      ended.push(text);
    });
    await Promise.all(others);
    expect(ended).toEqual(['one', 'two', 'three']);
    expect(await hanging).toMatchObject({
      code: 'QUERY_PLAN_TIMEOUT',
      message: expect.stringMatching(/"hang" .* 4000 ms/),
    });
    expect(log).toContainEqual(expect.objectContaining({ level: 40, operation: 'hang' }));
    expect(await plan(planning, 'after')).toEqual(planned('after'));
  });

  test('and more of them than there are workers hold up the others until a deadline, not longer', async () => {
    const planning = open({ deadlineMs: 500 });
    const hanging = Array.from({ length: 5 }, () => plan(planning, 'hang'));
    const other = plan(planning, 'other');
    const ends = await Promise.allSettled(hanging);
    expect(ends.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    expect(await other).toEqual(planned('other'));
    expect(planning.workers()).toBeLessThanOrEqual(3);
  });

  test('finds a spare standing ready when its worker is ended', async () => {
    const planning = open({ deadlineMs: 3_000 });
    await plan(planning, 'first');
    expect(planning.workers()).toBe(1);
    const hanging = plan(planning, 'hang');
    hanging.catch(() => {});
    const ready = () => log.filter(({ msg }) => msg === 'planning worker ready').length;
    await expect.poll(ready, { timeout: 2_900 }).toBe(2);
    await expect(hanging).rejects.toMatchObject({ code: 'QUERY_PLAN_TIMEOUT' });
    const startedAt = performance.now();
    expect(await plan(planning, 'other')).toEqual(planned('other'));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('bounds', () => {
  test('a full queue refuses, and what waits is planned', async () => {
    const planning = open({ waiting: 2 });
    const plans = ['one', 'two', 'three', 'four'].map((text) => plan(planning, text));
    const ends = await Promise.allSettled(plans);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(ends[3]).toMatchObject({ reason: { code: 'QUERY_PLAN_QUEUE_FULL', status: 503 } });
    expect(await plan(planning, 'later')).toEqual(planned('later'));
  });

  test('an operation that takes too much memory is refused by name', async () => {
    const planning = open({ memoryMb: 32 });
    await expect(plan(planning, 'grow')).rejects.toMatchObject({
      code: 'QUERY_PLAN_OUT_OF_MEMORY',
      message: expect.stringMatching(/"grow" .* 32 MB/),
    });
    expect(await plan(planning, 'after')).toEqual(planned('after'));
  });

  test('workers without anything to do are ended, and come back', async () => {
    const planning = open({ idleMs: 20 });
    await plan(planning, 'one');
    await expect.poll(planning.workers).toBe(0);
    expect(await plan(planning, 'two')).toEqual(planned('two'));
  });
});

describe('a worker that ends', () => {
  test.each(['crash', 'exit'])('by %s fails its operation, and another takes its place', async (how) => {
    const planning = open();
    const crashing = plan(planning, how);
    const next = plan(planning, 'next');
    await expect(crashing).rejects.toThrow('The planning worker crashed.');
    expect(await next).toEqual(planned('next'));
    expect(log).toContainEqual(expect.objectContaining({ level: 50, operation: how }));
  });

  test('is not what a refusal is', async () => {
    const planning = open();
    await expect(plan(planning, 'refuse')).rejects.toMatchObject({ extensions: { code: 'TOO_WIDE' } });
    expect(log.some(({ msg }) => msg.includes('crashed'))).toBe(false);
  });
});

test('closing ends every worker, what is planned and what waits', async () => {
  const planning = open();
  await plan(planning, 'first');
  const pending = ['hang', 'one', 'hang', 'two'].map((text) => plan(planning, text));
  const closed = planning.close();
  const ends = await Promise.allSettled(pending);
  expect(ends.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  await closed;
  expect(planning.workers()).toBe(0);
  await expect(plan(planning, 'late')).rejects.toThrow('Planning is closed.');
  await planning.close();
});
