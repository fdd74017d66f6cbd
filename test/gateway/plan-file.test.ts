import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { plannerVersion, writePlans } from '#gateway/supergraph/plan-file.ts';
import { readOperations } from '#gateway/supergraph/sources.ts';
import { createWorld, post, type World } from './fixture.ts';

let world: World;
let operations: string;
let plans: string;

const known = 'query Known($id: ID!) { account(id: $id) { name usage { visits } } }';
const variables = { id: '1' };
const answer = { account: { name: 'Ada', usage: { visits: 10 } } };

beforeEach(async () => {
  world = await createWorld();
  operations = join(world.folder, 'operations');
  plans = join(world.folder, 'plans.json');
  await mkdir(operations);
  await writeFile(join(operations, 'Known.graphql'), known);
});
afterEach(() => world.end());

const write = async () => writePlans(world.supergraph, await readOperations(operations), plans);
const startedWorkers = () => world.log.filter(({ msg }) => msg === 'planning worker started').length;
const warnings = () => world.log.filter(({ level }) => level === 40);

/** Writes the plan file with something in it changed. */
async function tamper(change: (content: Record<string, unknown>) => void): Promise<void> {
  await write();
  const content = JSON.parse(await readFile(plans, 'utf8'));
  change(content);
  await writeFile(plans, JSON.stringify(content));
}

test('a cold start with a plan file starts no worker for the operations in it', async () => {
  expect(await write()).toEqual({ plans: 1, refused: [] });
  const gateway = await world.start({ plans, routes: operations });
  expect((await post(gateway, { query: known, variables })).data).toEqual(answer);
  expect(startedWorkers()).toBe(0);
  expect(warnings()).toEqual([]);
});

test('an operation that is not in the file is planned as ever', async () => {
  await write();
  const gateway = await world.start({ plans });
  expect((await post(gateway, { query: '{ account(id: "2") { name } }' })).data).toEqual({
    account: { name: 'Bert' },
  });
  expect(startedWorkers()).toBeGreaterThan(0);
});

test('without a plan file the worker is started', async () => {
  await world.start({ routes: operations });
  expect(startedWorkers()).toBeGreaterThan(0);
});

test.each([
  ['supergraph', { supergraph: 'another' }],
  ['planner', { planner: 'another' }],
])('a file of another %s is said and ignored', async (what, change) => {
  await tamper((content) => Object.assign(content, change));
  const gateway = await world.start({ plans });
  expect((await post(gateway, { query: known, variables })).data).toEqual(answer);
  expect(warnings()).toMatchObject([
    { msg: `the plan file is of another ${what} and ignored: write it again`, file: plans, made: 'another' },
  ]);
  expect(startedWorkers()).toBeGreaterThan(0);
});

test.each([
  ['is no JSON', '{'],
  ['has another shape', '{"plans":[]}'],
  ['is absent', undefined],
])('a file that %s is said and ignored', async (_, content) => {
  if (content !== undefined) {
    await writeFile(plans, content);
  }
  const gateway = await world.start({ plans });
  expect((await post(gateway, { query: known, variables })).data).toEqual(answer);
  expect(warnings()).toMatchObject([{ msg: expect.stringContaining('plan file'), file: plans }]);
});

test('a plan that cannot be used is said, and its operation planned again', async () => {
  await tamper((content) => {
    content.plans = [
      { text: known, operationName: 'Known', plan: { kind: 'QueryPlan', node: { kind: 'Defer' } } },
      { text: '{ nothing }', plan: { kind: 'QueryPlan' } },
    ];
  });
  const gateway = await world.start({ plans });
  expect((await post(gateway, { query: known, variables })).data).toEqual(answer);
  expect(warnings()).toHaveLength(2);
});

test('an operation that does not fit is reported, and the others are written', async () => {
  const files = [
    { file: 'Syntax.graphql', text: 'query {' },
    { file: 'Unknown.graphql', text: '{ nothing }' },
    { file: 'Two.graphql', text: 'query A { __typename } mutation B { rename(id: 1, name: "x") { id } }' },
  ];
  const report = await writePlans(world.supergraph, files, plans);
  expect(report).toMatchObject({
    plans: 2,
    refused: [{ file: 'Syntax.graphql' }, { file: 'Unknown.graphql' }],
  });
  expect(report.refused[1]?.reason).toContain('"nothing"');
});

test('the version names the planner and its surroundings', async () => {
  expect(await plannerVersion()).toMatch(/^\d+\.\d+\.\d+-[0-9a-f]{16}$/);
});
