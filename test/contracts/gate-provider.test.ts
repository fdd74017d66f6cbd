import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningSubgraph, Subgraph } from '#chassis/serve.ts';
import { providers } from '#contracts/providers/index.ts';
import { verifyAt } from '#contracts/publish/verify.ts';
import { serveForTest } from '#test/harness/subgraph.ts';
import { errorsOf, type GateWorld, lineOf, openGateWorld, stopsOf } from './gate-world.ts';

/** What only a running subgraph shows: each is one of ours, changed as its team might, with its schema beside it. */
describe('the gate with a running provider', { timeout: 120_000 }, () => {
  let world: GateWorld;
  let running: RunningSubgraph | undefined;
  beforeEach(async () => {
    world = await openGateWorld();
  });
  afterEach(async () => {
    await running?.close();
    await world.close();
  });

  /** Serves the examples of a provider under a schema, with some resolvers of a type replaced, and checks it. */
  async function checkRunning(name: string, schema: string, type: string, replaced: object) {
    const { subgraph } = await providers[name]!(world.folder);
    const resolvers = subgraph.resolvers as Readonly<Record<string, object>>;
    const changed: Subgraph = {
      ...subgraph,
      sdl: await readFile(schema, 'utf8'),
      resolvers: { ...resolvers, [type]: { ...resolvers[type], ...replaced } } as Subgraph['resolvers'],
    };
    running = await serveForTest(changed);
    const { url } = running;
    const { operations } = world;
    return world.check(name, schema, {
      provider: { url, verify: (subgraphName, at) => verifyAt(subgraphName, at, { operations }) },
    });
  }

  it('passes what keeps its schema and its pacts', async () => {
    const schema = await world.propose('consent', /$/, '\n');
    const result = await checkRunning('consent', schema, 'Consent', {});
    expect(result.findings).toEqual([]);
    expect(result.skipped).toEqual([]);
  });

  it('stops a field that is nullable and null', async () => {
    const schema = await world.propose('crm', '  name: String!\n  industry', '  name: String\n  industry');
    const result = await checkRunning('crm', schema, 'Account', { name: () => null });
    // The static layer foresees it, and the pacts show it.
    expect(stopsOf(result)).toEqual([
      'types FIELD_NULLABLE Account.name',
      'pacts ANSWER_DIFFERS Account.name',
    ]);
    const finding = errorsOf(result).find(({ layer }) => layer === 'pacts');
    const file = join(world.operations, 'Sidebar.graphql');
    const at = { file, line: await lineOf(file, '    name') };
    expect(finding?.breaks).toContainEqual({ client: 'sidebar', operation: 'Sidebar', at });
    expect(finding?.at).toEqual({ file: schema, line: (await lineOf(schema, '  industry: String')) - 1 });
    expect(finding?.remedy).toContain('Answer the field as before');
  });

  it('stops a reference resolver that is broken, which no schema shows', async () => {
    const schema = await world.propose('email', /$/, '\n');
    const result = await checkRunning('email', schema, 'Account', { __resolveReference: () => null });
    const stops = errorsOf(result);
    expect(new Set(stops.map(({ layer, code }) => `${layer} ${code}`))).toEqual(
      new Set(['pacts ANSWER_DIFFERS']),
    );
    const breaks = stops.flatMap((finding) => finding.breaks);
    expect(breaks.map(({ client, operation }) => `${client} ${operation}`)).toContain('sidebar Sidebar');
    const sidebar = join(world.operations, 'Sidebar.graphql');
    expect(breaks.find(({ operation }) => operation === 'Sidebar')?.at?.file).toBe(sidebar);
    expect(stops[0]?.remedy).toContain('Answer the field as before');
  });

  it('stops an enum value that is added and returned', async () => {
    const schema = await world.propose('consent', 'enum ConsentState {', 'enum ConsentState {\n  EXPIRED');
    const result = await checkRunning('consent', schema, 'Consent', { state: () => 'EXPIRED' });
    expect(stopsOf(result)).toEqual(['pacts ENUM_VALUE_RETURNED ConsentState.EXPIRED']);
    const [finding] = errorsOf(result);
    const file = join(world.operations, 'Sidebar.graphql');
    const at = { file, line: await lineOf(file, '          state') };
    expect(finding?.breaks).toContainEqual({ client: 'sidebar', operation: 'Sidebar', at });
    expect(finding?.at).toEqual({ file: schema, line: await lineOf(schema, '  EXPIRED') });
    expect(finding?.remedy).toContain('Publish EXPIRED first');
    expect(result.findings.map(({ code }) => code)).not.toContain('ENUM_VALUE_ADDED');
  });
});
