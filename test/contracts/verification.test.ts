import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningSubgraph, Subgraph } from '#chassis/serve.ts';
import { type Provider, providers } from '#contracts/providers/index.ts';
import { readPact, readPacts } from '#contracts/publish/pact-file.ts';
import { verify } from '#contracts/publish/verification.ts';
import { verifyAt } from '#contracts/publish/verify.ts';
import { serveForTest } from '#test/harness/subgraph.ts';

const root = resolve(import.meta.dirname, '../..');
const pacts = join(root, 'contracts/pacts');
const own = { kind: 'own' } as const;

it.each([...Object.keys(providers), 'gateway'])('%s keeps its pacts', { timeout: 120_000 }, async (name) => {
  const { failures, interactions, returned } = await verify(name, own, await readPacts(pacts, name));
  expect(failures).toEqual([]);
  expect(interactions).toBeGreaterThan(0);
  expect(returned.length).toBeGreaterThan(0);
});

describe('a pact', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-verification-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** The consent pact with something replaced. */
  const changed = async (from: string, to: string) => {
    const text = await readFile(join(pacts, 'gateway-consent.json'), 'utf8');
    const file = join(folder, 'changed.json');
    await writeFile(file, text.replaceAll(from, to));
    return verify('consent', own, [await readPact(file)]);
  };

  it('that is not there is a failure', async () => {
    const { failures } = await verify('consent', own, []);
    expect(failures).toMatchObject([{ code: 'NO_PACT' }]);
  });

  it('with a state that nobody handles is a failure', async () => {
    const { failures } = await changed('"name": "entity exists"', '"name": "all is well"');
    expect(failures[0]).toMatchObject({ code: 'STATE_UNKNOWN' });
    expect(failures[0]?.message).toContain('"all is well"');
  });

  it('with an entity that the provider does not hold is a failure', async () => {
    const { failures } = await changed('con_lone', 'con_nobody');
    expect(failures).toMatchObject([
      { code: 'STATE_UNKNOWN', message: 'The consent subgraph has no example of Contact con_nobody.' },
    ]);
  });

  it('that is answered with errors is a failure', async () => {
    const { failures } = await changed('"jurisdiction": "DE",', '"jurisdiction": "nowhere at all",');
    expect(failures.map(({ code }) => code)).toContain('ANSWER_WITH_ERRORS');
    expect(failures[0]?.interaction?.description).toBe('fetch 1 of UpdateConsent');
  });
});

describe('a running provider', () => {
  let folder: string;
  let running: RunningSubgraph | undefined;
  let states: Server | undefined;
  const sidebar = join(root, 'contracts/operations/Sidebar.graphql');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-running-'));
  });
  afterEach(async () => {
    await running?.close();
    running = undefined;
    states?.close();
    states = undefined;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Serves the examples of a provider, changed as a team might. */
  const serve = async (name: string, change: (subgraph: Subgraph) => Partial<Subgraph>) => {
    const { subgraph } = await (providers[name] as (folder: string) => Promise<Provider>)(
      await mkdtemp(join(folder, 'store-')),
    );
    running = await serveForTest({ ...subgraph, ...change(subgraph) });
    return running.url;
  };
  /** The resolvers of a subgraph with some of a type replaced. */
  const resolversWith = (subgraph: Subgraph, type: string, replaced: object) => {
    const resolvers = subgraph.resolvers as Readonly<Record<string, object>>;
    return { resolvers: { ...resolvers, [type]: { ...resolvers[type], ...replaced } } };
  };

  it('that keeps its pacts has no findings', async () => {
    expect(await verifyAt('consent', await serve('consent', () => ({})))).toEqual([]);
  });

  it('that answers null where text was is found, with who reads it and where', async () => {
    const url = await serve('crm', (subgraph) => ({
      sdl: subgraph.sdl.replace('name: String!\n  industry', 'name: String\n  industry'),
      ...resolversWith(subgraph, 'Account', { name: () => null }),
    }));
    const [finding, ...others] = await verifyAt('crm', url);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      layer: 'pacts',
      severity: 'error',
      code: 'ANSWER_DIFFERS',
      coordinate: 'Account.name',
    });
    const line = (await readFile(sidebar, 'utf8')).split('\n').indexOf('    name') + 1;
    expect(finding?.breaks).toContainEqual({
      client: 'sidebar',
      operation: 'Sidebar',
      at: { file: 'contracts/operations/Sidebar.graphql', line },
    });
  });

  it('whose reference resolver is broken is found', async () => {
    const url = await serve('email', (subgraph) =>
      resolversWith(subgraph, 'Account', { __resolveReference: () => null }),
    );
    const findings = await verifyAt('email', url);
    expect(findings.map(({ code }) => code)).toContain('ANSWER_DIFFERS');
    expect(findings.flatMap(({ breaks }) => breaks.map(({ operation }) => operation))).toContain('Sidebar');
  });

  it('that answers an enum value which nobody knows is found by the value', async () => {
    const url = await serve('consent', (subgraph) => ({
      sdl: subgraph.sdl.replace('enum ConsentState {', 'enum ConsentState {\n  EXPIRED'),
      ...resolversWith(subgraph, 'Consent', { state: () => 'EXPIRED' }),
    }));
    const findings = await verifyAt('consent', url);
    expect(findings).toMatchObject([{ code: 'ENUM_VALUE_RETURNED', coordinate: 'ConsentState.EXPIRED' }]);
    expect(findings[0]?.breaks.map(({ client }) => client)).toContain('sidebar');
  });

  it('is told of states where it takes them, and must take them', async () => {
    const told: unknown[] = [];
    let status = 204;
    states = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      told.push(JSON.parse(body));
      response.writeHead(status).end();
    });
    await new Promise<void>((done) => states?.listen(0, '127.0.0.1', done));
    const stateUrl = `http://127.0.0.1:${(states.address() as AddressInfo).port}/states`;
    const url = await serve('consent', () => ({}));
    expect(await verifyAt('consent', url, { stateUrl })).toEqual([]);
    expect(told).toContainEqual({
      state: 'entity exists',
      params: { typename: 'Contact', id: 'con_bare' },
      action: 'setup',
    });
    status = 404;
    const findings = await verifyAt('consent', url, { stateUrl });
    expect(findings.map(({ code }) => code)).toContain('STATE_UNKNOWN');
  });

  it('that is not there is found', async () => {
    const findings = await verifyAt('consent', 'http://127.0.0.1:9/graphql');
    expect(findings).toMatchObject([{ code: 'PROVIDER_UNREACHABLE', breaks: [] }]);
    expect(findings[0]?.message).toContain('cannot be asked');
  });
});
