import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareEvents } from '#contracts/publish/events/publish-events.ts';
import type { EventDefinition } from '#events/define-event.ts';
import { registry } from '#events/registry.ts';
import { type GateWorld, openGateWorld, stopsOf } from './gate-world.ts';

const root = resolve(import.meta.dirname, '../..');

/** What a team may publish alone, each on a copy of our own subgraphs. */
describe('the gate passes', () => {
  let world: GateWorld;
  beforeEach(async () => {
    world = await openGateWorld();
  });
  afterEach(() => world.close());

  /** Nothing to mend, and neither a warning. */
  async function expectPassed(subgraph: string, schema: string) {
    const result = await world.check(subgraph, schema);
    expect(result.findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
    expect(result.passed).toBe(true);
    return result;
  }

  it('a new field', async () => {
    const schema = await world.propose(
      'crm',
      '  foundedYear: Int',
      '  foundedYear: Int\n  "Of the company, not of the account."\n  faxNumber: String',
    );
    const { findings } = await expectPassed('crm', schema);
    expect(findings).toEqual([]);
  });

  it('a new type', async () => {
    const schema = await world.propose(
      'crm',
      'type StageTotals {',
      '"Where a company sits."\ntype Address {\n  "As on letters."\n  city: String\n}\n\ntype StageTotals {',
    );
    await expectPassed('crm', schema);
  });

  it('a new optional argument', async () => {
    const schema = await world.propose(
      'crm',
      'account(id: ID!): Account',
      'account(id: ID!, withClosed: Boolean): Account',
    );
    await expectPassed('crm', schema);
  });

  it('a new subgraph', async () => {
    const schema = join(world.folder, 'billing.graphql');
    await writeFile(
      schema,
      `directive @contact(name: String!, url: String, description: String) on SCHEMA

extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  @contact(name: "Billing")

type Account @key(fields: "id") {
  id: ID!
  "What is open; null where nothing was ever billed."
  balance: Float
}
`,
    );
    const result = await expectPassed('billing', schema);
    expect(result.isNew).toBe(true);
  });

  it('a deprecated field, saying who still asks for it', async () => {
    const schema = await world.propose(
      'crm',
      '  employees: Int',
      '  employees: Int @deprecated(reason: "Use headcount.")',
    );
    const { findings } = await expectPassed('crm', schema);
    expect(findings.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'FIELD_DEPRECATED Account.employees is deprecated. Still asked for by AccountSnapshot of sales-tools, Sidebar of sidebar.',
    ]);
  });

  it('the removal of a field that nobody uses, and says so', async () => {
    const schema = await world.propose('crm', '  foundedYear: Int\n', '');
    const { findings } = await expectPassed('crm', schema);
    expect(findings.map(({ code, coordinate, severity }) => [code, coordinate, severity])).toEqual([
      ['FIELD_REMOVED', 'Account.foundedYear', 'note'],
    ]);
    expect(findings[0]?.message).toContain('No known operation uses it: allowed.');
  });

  it('another order in the file', async () => {
    const schema = await world.propose('crm', /("An amount[^}]*}\n)([\s\S]*)$/, '$2\n$1');
    const { findings } = await expectPassed('crm', schema);
    expect(findings).toEqual([]);
  });

  it('another description', async () => {
    const schema = await world.propose('crm', '"A person at an account."', '"Somebody who works there."');
    const { findings } = await expectPassed('crm', schema);
    expect(findings).toEqual([]);
  });

  it('an input that takes more', async () => {
    const schema = await world.propose(
      'analytics',
      '  channel: TouchChannel!\n  kind: TouchKind!\n  campaignId',
      '  channel: TouchChannel\n  kind: TouchKind!\n  campaignId',
    );
    await expectPassed('analytics', schema);
  });

  it('a new interface', async () => {
    const schema = await world.propose(
      'crm',
      '"Somebody who sells."\ntype User @key',
      '"Somebody."\ninterface Named {\n  "In full."\n  name: String!\n}\n\n"Somebody who sells."\ntype User implements Named @key',
    );
    await expectPassed('crm', schema);
  });

  it('a new key beside the old one', async () => {
    const schema = await world.propose(
      'crm',
      'type User @key(fields: "id") {',
      'type User @key(fields: "id") @key(fields: "name") {',
    );
    await expectPassed('crm', schema);
  });

  it('a new version of an event beside the old one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tributary-gate-events-'));
    try {
      const published = [...registry.values()];
      const [first] = published as [EventDefinition];
      const version = first.version + 1;
      const next = { ...first, version, type: first.type.replace(/v\d+$/, `v${version}`) };
      const places = {
        folder: join(root, 'contracts/events'),
        asyncapi: join(folder, 'asyncapi.yaml'),
        page: join(folder, 'events.md'),
      };
      expect(await prepareEvents([...published, next], places)).toMatchObject({ kind: 'ready' });
      expect(await prepareEvents([...published.slice(1), next], places)).toMatchObject({ kind: 'refused' });
      const schema = await world.propose('crm', /$/, '\n');
      expect(stopsOf(await world.check('crm', schema))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
