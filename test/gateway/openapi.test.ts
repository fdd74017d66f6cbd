import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RunningGateway } from '#gateway/main.ts';
import type { OpenApiDocument } from '#gateway/transports/openapi.ts';
import { createWorld, resetWorld, type World } from './fixture.ts';

const operation = `query Snapshot($id: ID!, $window: Window = DAY, $withName: Boolean! = true) {
  found: account(id: $id) {
    __typename
    id
    title: name @include(if: $withName)
    ...Observed
    usage(window: $window) { visits }
    usage(window: $window) @skip(if: $withName) { window }
  }
}
fragment Observed on Account { observedAt usage(window: $window) { observedAt } }`;
const route = `method: GET
path: /accounts/{id}/snapshot
summary: One account, from every subgraph that knows it.
parameters:
  id: { in: path, description: The account's id. }
  window: { in: query }
  named: { in: query, variable: withName }
`;

/** The parts of a document that are looked into. */
interface Described {
  readonly get: {
    readonly operationId: string;
    readonly parameters: readonly Readonly<Record<string, unknown>>[];
    readonly responses: Readonly<
      // biome-ignore lint/suspicious/noExplicitAny: schemas of any shape are looked into
      Record<string, { readonly content: Record<string, { readonly schema: any }> }>
    >;
  };
}

let world: World;
let gateway: RunningGateway;
let document: OpenApiDocument;
let described: Described;

beforeAll(async () => {
  world = await createWorld();
  const routes = join(world.folder, 'operations');
  await mkdir(routes);
  await writeFile(join(routes, 'Snapshot.graphql'), operation);
  await writeFile(join(routes, 'Snapshot.rest.yaml'), route);
  gateway = await world.start({ routes });
  const answer = await fetch(`${gateway.url}/openapi.json`);
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  document = (await answer.json()) as OpenApiDocument;
  described = document.paths['/accounts/{id}/snapshot'] as unknown as Described;
});
afterEach(() => resetWorld(world));
afterAll(() => world.end());

/** Validates by the schema of a response, whose references lead into the document. */
function validator(status: number, type: string) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: 'document', ...document });
  const pointer = `/paths/~1accounts~1%7Bid%7D~1snapshot/get/responses/${status}/content/${type.replaceAll('/', '~1')}/schema`;
  return (body: unknown) => {
    const isValid = ajv.validate({ $ref: `document#${pointer}` }, body);
    return isValid ? [] : ajv.errors;
  };
}

describe('the description of the REST routes', () => {
  test('is an OpenAPI 3.1 document', async () => {
    const checker = new Validator();
    const result = await checker.validate({ ...structuredClone(document) });
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    expect(checker.version).toBe('3.1');
  });

  test('has every route with its parameters', () => {
    expect(Object.keys(document.paths)).toEqual(['/accounts/{id}/snapshot']);
    expect(described.get.operationId).toBe('Snapshot');
    expect(described.get.parameters).toEqual([
      {
        name: 'id',
        in: 'path',
        required: true,
        description: "The account's id.",
        schema: { type: 'string' },
      },
      {
        name: 'window',
        in: 'query',
        required: false,
        schema: { $ref: '#/components/schemas/Window', default: 'DAY' },
      },
      {
        name: 'named',
        in: 'query',
        required: false,
        description: expect.any(String),
        schema: { type: 'boolean', default: true },
      },
    ]);
    expect(document.components.schemas.Window).toMatchObject({ enum: ['DAY', 'WEEK'] });
  });

  test('says what may be null and what may be missing', () => {
    const { schema } = described.get.responses['200']?.content['application/json'] ?? {};
    const { found } = schema.properties;
    expect(found.required).toEqual(['__typename', 'id', 'observedAt', 'usage']);
    expect(found.properties.title.type).toEqual(['string', 'null']);
    const { usage } = found.properties;
    expect(usage.type).toEqual(['object', 'null']);
    expect(usage.required.toSorted()).toEqual(['observedAt', 'visits']);
    expect(usage.properties.window.$ref).toBe('#/components/schemas/Window');
  });

  test('holds for what the route answers, and for nothing else', async () => {
    const check = validator(200, 'application/json');
    const whole = await (await fetch(`${gateway.url}/accounts/1/snapshot`)).json();
    expect(check(whole)).toEqual([]);
    const short = await (await fetch(`${gateway.url}/accounts/1/snapshot?named=false`)).json();
    expect(check(short)).toEqual([]);
    world.usage.behaviour = (request) => void request.socket.destroy();
    const partial = (await (await fetch(`${gateway.url}/accounts/1/snapshot`)).json()) as {
      readonly found: Record<string, unknown>;
    };
    expect(partial.found.usage).toBeNull();
    expect(check(partial)).toEqual([]);
    expect(check({ ...partial, found: { ...partial.found, id: 7 } })).not.toEqual([]);
    const { observedAt: _, ...without } = partial.found;
    expect(check({ ...partial, found: without })).not.toEqual([]);
  });

  test('holds for problems', async () => {
    for (const [path, status] of [
      ['/accounts/9/snapshot', 404],
      ['/accounts/1/snapshot?other=1', 400],
      ['/accounts/broken/snapshot', 502],
    ] as const) {
      const answer = await fetch(gateway.url + path);
      expect(answer.status).toBe(status);
      expect(validator(status, 'application/problem+json')(await answer.json())).toEqual([]);
    }
  });
});

test('a route may not take the path of the description', async () => {
  const routes = join(world.folder, 'taken');
  await mkdir(routes);
  await writeFile(join(routes, 'List.graphql'), '{ accounts { id } }');
  await writeFile(join(routes, 'List.rest.yaml'), 'method: GET\npath: /openapi.json\nsummary: Accounts.\n');
  await expect(world.start({ routes })).rejects.toThrow(/openapi\.json is served by the gateway itself/);
});
