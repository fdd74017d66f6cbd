import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultOperationLimits } from '#gateway/limits/operation-limits.ts';
import { createOperationRules } from '#gateway/limits/operation-rules.ts';
import { loadRoutes } from './rest-route.ts';

const schema = buildSchema(`
  enum Window { DAY WEEK }
  input Filter { name: String }
  type Query {
    account(id: ID!, window: Window, filter: Filter, ids: [Int!]): Account
    accounts: [Account]
  }
  type Mutation { rename(id: ID!): Account }
  type Account { id: ID! }
`);
const rules = createOperationRules({ schema, supergraphSchema: schema }, defaultOperationLimits);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'routes-'));
});
afterEach(() => rm(folder, { recursive: true }));

const operation = 'query A($id: ID!, $window: Window = DAY) { account(id: $id, window: $window) { id } }';
const route = `method: GET
path: /accounts/{id}
summary: One account.
parameters:
  id: { in: path }
`;

async function load(graphql: string, yaml: string, name = 'A') {
  await writeFile(join(folder, `${name}.graphql`), graphql);
  await writeFile(join(folder, `${name}.rest.yaml`), yaml);
  return loadRoutes(folder, rules, ['crm', 'email']);
}

test('a route with its defaults', async () => {
  const [loaded] = await load(operation, route);
  expect(loaded).toMatchObject({
    path: '/accounts/{id}',
    root: 'account',
    parameters: [{ name: 'id', in: 'path', variable: 'id' }],
    timeoutMs: 2_000,
    timeoutMsBySubgraph: {},
    badParameterCodes: ['BAD_USER_INPUT', 'INVALID_ARGUMENT'],
  });
});

test('a route with everything', async () => {
  const [loaded] = await load(
    `${operation} query B { accounts { id } }`,
    `${route}  since: { in: query, variable: window, description: How far back. }
operation: A
timeouts: { subgraphMs: 500, bySubgraph: { crm: 700 } }
badParameterCodes: [MALFORMED_ID]
`,
  );
  expect(loaded).toMatchObject({
    operation: { name: 'A' },
    parameters: [{ name: 'id' }, { name: 'since', in: 'query', variable: 'window' }],
    timeoutMs: 500,
    timeoutMsBySubgraph: { crm: 700 },
    badParameterCodes: ['MALFORMED_ID'],
  });
});

test.each([
  ['no YAML', operation, 'method: [', /A\.rest\.yaml is no YAML/],
  ['an empty file', operation, '', /path: .*summary: /],
  ['another method', operation, route.replace('GET', 'POST'), /method: only GET/],
  ['no summary', operation, route.replace(/summary.*\n/, ''), /summary: /],
  ['an unknown key', operation, `${route}sumary: x\n`, /sumary/],
  ['a path without a slash', operation, route.replace('/accounts', 'accounts'), /path: a path is made of/],
  ['a path with a wildcard', operation, route.replace('/accounts', '/*'), /path: a path is made of/],
  ['a parameter in the header', operation, route.replace('in: path', 'in: header'), /parameters\.id\.in: /],
  ['a deadline of nothing', operation, `${route}timeouts: { subgraphMs: 0 }\n`, /timeouts\.subgraphMs: /],
  [
    'a subgraph that there is none of',
    operation,
    `${route}timeouts: { bySubgraph: { crn: 5 } }\n`,
    /"crn".* crm, email/,
  ],
  [
    'a variable that there is none of',
    operation,
    `${route}  when: { in: query }\n`,
    /parameters\.when fills \$when/,
  ],
  [
    'a path parameter that is not in the path',
    operation,
    `${route}  window: { in: path }\n`,
    /parameters\.window is missing from the path/,
  ],
  [
    'a query parameter that is in the path',
    operation,
    route.replace('in: path', 'in: query'),
    /parameters\.id is in query/,
  ],
  [
    'an undeclared path parameter',
    operation,
    route.replace('{id}', '{id}/{window}'),
    /must stand under parameters/,
  ],
  ['a path parameter twice', operation, route.replace('{id}', '{id}/{id}'), /hold each parameter once/],
  [
    'a required variable left out',
    operation,
    'method: GET\npath: /accounts\nsummary: x\n',
    /no parameter fills \$id/,
  ],
  ['a variable filled twice', operation, `${route}  other: { in: query, variable: id }\n`, /filled twice/],
  [
    'an input object',
    'query ($id: ID!, $filter: Filter) { account(id: $id, filter: $filter) { id } }',
    `${route}  filter: { in: query }\n`,
    /parameters\.filter would fill an input object/,
  ],
  [
    'an operation that does not fit',
    '{ acount { id } }',
    route,
    /A\.graphql does not fit the supergraph or the limits: .*"acount"/,
  ],
  [
    'an operation that does not parse',
    '{ account(',
    route,
    /A\.graphql does not fit the supergraph or the limits: Syntax/,
  ],
  ['several operations', `${operation} query B { accounts { id } }`, route, /holds the operations A, B/],
  ['a mutation', 'mutation ($id: ID!) { rename(id: $id) { id } }', route, /is a mutation/],
  [
    'two root fields',
    'query ($id: ID!) { account(id: $id) { id } accounts { id } }',
    route,
    /exactly one root field/,
  ],
  [
    'a root field called sources',
    'query ($id: ID!) { sources: account(id: $id) { id } }',
    route,
    /"sources"/,
  ],
  [
    'a path of the gateway',
    '{ accounts { id } }',
    'method: GET\npath: /ready\nsummary: x\n',
    /\/ready is served by the gateway/,
  ],
])('%s is refused', async (_, graphql, yaml, message) => {
  await expect(load(graphql, yaml)).rejects.toThrow(message);
});

test('two routes of the same shape are refused, naming both files', async () => {
  await load(operation, route, 'A');
  const other = route
    .replace('{id}', '{key}')
    .replace('  id: { in: path }', '  key: { in: path, variable: id }');
  await expect(load(operation, other, 'B')).rejects.toThrow(/B\.rest\.yaml.*A\.rest\.yaml/);
});

test('an operation that is missing is named', async () => {
  await writeFile(join(folder, 'C.rest.yaml'), route);
  await expect(loadRoutes(folder, rules, [])).rejects.toThrow(
    /C\.rest\.yaml needs its operation in .*C\.graphql/,
  );
});

test('a folder that is missing is named', async () => {
  await expect(loadRoutes(join(folder, 'absent'), rules, [])).rejects.toThrow(/"[^"]*absent" cannot be read/);
});
