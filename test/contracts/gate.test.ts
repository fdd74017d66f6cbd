import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonReport, textReport } from '#contracts/publish/check/report.ts';
import type { KnownOperation } from '#contracts/publish/known-operations.ts';
import { openUsage } from '#contracts/usage/index.ts';
import { collectLog } from '#test/harness/log.ts';
import { checkCommand } from './check-command.ts';
import { errorsOf, type GateWorld, lineOf, openGateWorld, stopsOf } from './gate-world.ts';

const named = (result: { findings: readonly { severity: string; code: string; coordinate?: string }[] }) =>
  result.findings.map(({ severity, code, coordinate }) => `${severity} ${code} ${coordinate ?? ''}`.trim());

const root = resolve(import.meta.dirname, '../..');

describe('the gate', () => {
  let world: GateWorld;
  beforeEach(async () => {
    world = await openGateWorld();
  });
  afterEach(() => world.close());

  const seen = {
    client: 'quarterly-report',
    name: 'Founded',
    document: 'query Founded($id: ID!) { account(id: $id) { foundedYear } }',
    source: { kind: 'seen', count: 3, since: '2026-11-01T00:00:00Z', until: '2026-11-20T00:00:00Z' },
  } satisfies KnownOperation;

  it('stops what only a recorded operation uses, with the name of its client', async () => {
    const schema = await world.propose('crm', '  foundedYear: Int\n', '');
    const result = await world.check('crm', schema, { seen: [seen] });
    expect(stopsOf(result)).toEqual(['schema FIELD_REMOVED Account.foundedYear']);
    expect(errorsOf(result)[0]?.breaks).toEqual([
      { client: 'quarterly-report', operation: 'Founded', at: undefined },
    ]);
    expect(textReport(result)).toContain('breaks  Founded of quarterly-report  seen by a gateway');
  });

  it('weighs what the gateway asks for though no document names it', async () => {
    await world.know('Score', 'scoring', 'query Score($id: ID!) { lead(id: $id) { score { value } } }\n');
    const schema = await world.propose(
      'analytics',
      'type Lead @key(fields: "id") {\n  id: ID!',
      'type Lead @key(fields: "number") {\n  number: ID!',
    );
    await world.publish(
      'crm',
      '  status: LeadStatus!\n  "Where',
      '  number: ID! @shareable\n  status: LeadStatus!\n  "Where',
    );
    const result = await world.check('analytics', schema);
    const finding = errorsOf(result).find(({ code }) => code === 'KEY_REMOVED');
    const file = join(world.operations, 'Score.graphql');
    expect(finding?.breaks).toContainEqual({ client: 'scoring', operation: 'Score', at: { file, line: 1 } });
  });

  it('takes what is optional in the schema and always sent as sent', async () => {
    const required = await world.propose(
      'crm',
      'leads(filter: LeadFilter, orderBy: LeadOrder, first: Int! = 25',
      'leads(filter: LeadFilter!, orderBy: LeadOrder, first: Int! = 25',
    );
    await world.know(
      'Leads',
      'inbox',
      'query Leads($filter: LeadFilter!) { leads(filter: $filter) { totalCount } }\n',
    );
    expect(stopsOf(await world.check('crm', required))).toEqual([]);
    await world.know(
      'AllLeads',
      'inbox',
      'query AllLeads($filter: LeadFilter) { leads(filter: $filter) { totalCount } }\n',
    );
    const result = await world.check('crm', required);
    expect(stopsOf(result)).toEqual(['types ARGUMENT_REQUIRED Query.leads.filter']);
    expect(errorsOf(result)[0]?.breaks.map(({ operation }) => operation)).toEqual(['AllLeads']);
  });

  it('stops what is required from now on and was left out', async () => {
    await world.know(
      'Someone',
      'picker',
      'query Someone {\n  leads(first: 1, orderBy: { by: CREATED_AT }) {\n    totalCount\n  }\n}\n',
    );
    const argument = await world.propose(
      'crm',
      'leads(filter: LeadFilter, orderBy: LeadOrder, first: Int! = 25',
      'leads(filter: LeadFilter!, orderBy: LeadOrder, first: Int! = 25',
    );
    const left = await world.check('crm', argument);
    expect(stopsOf(left)).toEqual(['types ARGUMENT_REQUIRED Query.leads.filter']);
    const file = join(world.operations, 'Someone.graphql');
    expect(errorsOf(left)[0]?.breaks).toEqual([
      { client: 'picker', operation: 'Someone', at: { file, line: 2 } },
    ]);
    const field = await world.propose(
      'crm',
      'by: LeadOrderField!\n  direction: Direction! = ASC',
      'by: LeadOrderField!\n  direction: Direction!',
    );
    expect(stopsOf(await world.check('crm', field))).toEqual([
      'types INPUT_FIELD_REQUIRED LeadOrder.direction',
    ]);
    await world.know(
      'Someone',
      'picker',
      'query Someone {\n  leads(first: 1, orderBy: { by: CREATED_AT, direction: ASC }) {\n    totalCount\n  }\n}\n',
    );
    expect(stopsOf(await world.check('crm', field))).toEqual([]);
  });

  it('stops an enum value that is sent, and lets one go that is only answered', async () => {
    const sent = await world.propose('crm', '  NEGOTIATION\n', '');
    const result = await world.check('crm', sent);
    expect(stopsOf(result)).toEqual(['schema ENUM_VALUE_REMOVED OpportunityStage.NEGOTIATION']);
    const answered = await world.propose('crm', '  FORMER_CUSTOMER\n', '');
    expect(named(await world.check('crm', answered))).toEqual([
      'note ENUM_VALUE_REMOVED LifecycleStage.FORMER_CUSTOMER',
    ]);
  });

  it('warns of an enum value that may be answered from now on', async () => {
    const schema = await world.propose('crm', '  FORMER_CUSTOMER\n', '  FORMER_CUSTOMER\n  PARTNER\n');
    const result = await world.check('crm', schema);
    expect(named(result)).toEqual(['warning ENUM_VALUE_ADDED LifecycleStage.PARTNER']);
    expect(result.findings[0]?.breaks.map(({ client }) => client)).toEqual(['sales-tools', 'sidebar']);
    expect(result.passed).toBe(true);
  });

  it('takes what events show of an enum as use of its owner’s', async () => {
    await world.know(
      'News',
      'ticker',
      'subscription News {\n  leadStatusChanged {\n    id\n    to\n  }\n}\n',
    );
    const schema = await world.propose('crm', 'enum LeadStatus {', 'enum LeadStatus {\n  PARKED');
    const result = await world.check('crm', schema);
    expect(named(result)).toEqual(['warning ENUM_VALUE_ADDED LeadStatus.PARKED']);
    const file = join(world.operations, 'News.graphql');
    expect(result.findings[0]?.breaks).toContainEqual({
      client: 'ticker',
      operation: 'News',
      at: { file, line: 4 },
    });
    const other = await world.propose('analytics', 'enum TouchKind {', 'enum TouchKind {\n  WAVE');
    const { findings } = await world.check('analytics', other);
    expect(findings.flatMap(({ breaks }) => breaks.map(({ client }) => client))).not.toContain('ticker');
  });

  it('stops a scope that clients may lack, and warns where one goes', async () => {
    const narrowed = await world.propose(
      'crm',
      '  lifecycleStage: LifecycleStage',
      '  lifecycleStage: LifecycleStage @requiresScopes(scopes: [["stage:read"]])',
    );
    expect(stopsOf(await world.check('crm', narrowed))).toEqual([
      'schema ACCESS_NARROWED Account.lifecycleStage',
    ]);
    const widened = await world.propose(
      'crm',
      '  phone: String @requiresScopes(scopes: [["contact:read"]])',
      '  phone: String',
    );
    expect(named(await world.check('crm', widened))).toEqual(['warning ACCESS_WIDENED Contact.phone']);
    const alternative = await world.propose(
      'crm',
      '  phone: String @requiresScopes(scopes: [["contact:read"]])',
      '  phone: String @requiresScopes(scopes: [["contact:read"], ["support"]])',
    );
    expect(named(await world.check('crm', alternative))).toEqual(['warning ACCESS_WIDENED Contact.phone']);
  });

  it('stops a field that is hidden from clients', async () => {
    await world.publish(
      'crm',
      'import: ["@key", "@shareable"',
      'import: ["@key", "@inaccessible", "@shareable"',
    );
    const schema = await world.propose(
      'crm',
      '  lifecycleStage: LifecycleStage',
      '  lifecycleStage: LifecycleStage @inaccessible',
    );
    const result = await world.check('crm', schema);
    expect(stopsOf(result)).toEqual(['schema MADE_INACCESSIBLE Account.lifecycleStage']);
    expect(errorsOf(result)[0]?.breaks.map(({ client }) => client)).toEqual(['sales-tools', 'sidebar']);
  });

  it('says what plans cost more, and stops what the gateway would refuse', async () => {
    const dearer = await world.propose(
      'crm',
      'type PipelineTotals {',
      'type PipelineTotals @cost(weight: 60) {',
    );
    const passed = await world.check('crm', dearer);
    expect(named(passed).filter((each) => each.includes('COST'))).toContain('note COST_CHANGED');
    expect(stopsOf(passed)).toEqual([]);
    const before = Number(
      /^LatestAccount costs an estimated \d+ after (\d+)/m.exec(
        passed.findings.map((each) => each.message).join('\n'),
      )?.[1],
    );
    const stopped = await world.check('crm', dearer, { limits: { cost: before } });
    const finding = errorsOf(stopped).find(({ breaks }) => breaks[0]?.operation === 'LatestAccount');
    expect(finding).toMatchObject({ layer: 'cost', code: 'COST_ABOVE_LIMIT', breaks: [{ client: 'home' }] });
    expect(finding?.remedy).toContain('@listSize');
  });

  it('warns of a plan that takes more fetches', async () => {
    await world.publish(
      'email',
      'type Account @key(fields: "id") {',
      'type Account @key(fields: "id") {\n  nickname: String @shareable',
    );
    await world.publish('crm', '  foundedYear: Int\n', '  foundedYear: Int\n  nickname: String @shareable\n');
    await world.know(
      'Nickname',
      'greeter',
      'query Nickname($id: ID!) {\n  account(id: $id) {\n    nickname\n  }\n}\n',
    );
    const schema = await world.propose('crm', '  nickname: String @shareable\n', '');
    const result = await world.check('crm', schema);
    expect(named(result)).toContain('warning MORE_FETCHES');
    const finding = result.findings.find(({ code }) => code === 'MORE_FETCHES');
    expect(finding?.message).toBe('Nickname takes 2 fetches after 1: email asked more often.');
  });

  it('asks for owner, names, descriptions and reasons of what is new, and of nothing else', async () => {
    const schema = join(world.folder, 'billing.graphql');
    await writeFile(schema, 'type Query {\n  Open_Bills: Int\n  old: Int @deprecated\n}\n');
    const result = await world.check('billing', schema);
    expect(stopsOf(result)).toEqual([
      'lint OWNER_MISSING',
      'lint NAME_FORM Query.Open_Bills',
      'lint REASON_MISSING Query.old',
    ]);
    expect(named(result)).toContain('warning DESCRIPTION_MISSING Query.Open_Bills');
    expect(errorsOf(result).map(({ at }) => at?.line)).toEqual([1, 2, 3]);
  });

  it('names the line of a file that is no schema', async () => {
    const schema = await world.propose('crm', '  foundedYear: Int\n', '  foundedYear Int\n');
    const result = await world.check('crm', schema);
    const line = await lineOf(schema, 'foundedYear Int');
    expect(errorsOf(result)).toMatchObject([{ code: 'SCHEMA_SYNTAX', at: { file: schema, line } }]);
    const unknown = await world.propose('email', 'campaign(id: ID!): Campaign', 'campaign(id: ID!): Campain');
    const invalid = await world.check('email', unknown);
    expect(errorsOf(invalid)).toMatchObject([
      { layer: 'composition', code: 'INVALID_GRAPHQL', at: { line: await lineOf(unknown, 'Campain') } },
    ]);
  });

  it('says which known operations cannot be weighed', async () => {
    await world.know('Stale', 'attic', 'query Stale {\n  gone\n}\n');
    const schema = await world.propose('crm', /$/, '\n');
    const result = await world.check('crm', schema);
    expect(named(result)).toEqual(['warning OPERATION_NOT_WEIGHED']);
    const file = join(world.operations, 'Stale.graphql');
    expect(result.findings[0]?.breaks).toEqual([
      { client: 'attic', operation: 'Stale', at: { file, line: 2 } },
    ]);
  });

  it('says that nobody verified a provider where none is given', async () => {
    const { skipped } = await world.check('crm', await world.propose('crm', /$/, '\n'));
    expect(skipped).toEqual([{ layer: 'pacts', reason: 'no running provider is given by --url' }]);
  });

  it('is a command: exit code 0 for what is committed, 1 for what breaks somebody', async () => {
    const published = join(root, 'subgraphs/crm/schema.graphql');
    expect(await checkCommand(world.folder, 'crm', '--schema', published)).toMatchObject({ code: 0 });
    const schema = await world.propose('crm', '  lifecycleStage: LifecycleStage\n', '');
    const { code, output } = await checkCommand(world.folder, 'crm', '--schema', schema, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ passed: false, findings: [{ code: 'FIELD_REMOVED' }] });
    const missing = await checkCommand(world.folder, 'crm', '--schema', join(world.folder, 'none.graphql'));
    expect(missing).toMatchObject({ code: 1, output: expect.stringContaining('cannot be read (ENOENT)') });
  });

  it('is a command that weighs what gateways recorded too', async () => {
    const log = collectLog();
    const usage = await openUsage(
      { engine: 'sqlite', file: join(world.folder, 'usage.sqlite') },
      { log: log.logger },
    );
    const at = new Date().toISOString();
    await usage.write({
      operations: [
        {
          hash: 'founded',
          name: seen.name,
          kind: 'query',
          text: seen.document,
          coordinates: ['Account.foundedYear'],
        },
      ],
      counts: [
        {
          tenant: 'default',
          client: seen.client,
          clientVersion: '1',
          hash: 'founded',
          day: at.slice(0, 10),
          requests: 3,
          errors: 0,
          firstAt: at,
          lastAt: at,
        },
      ],
    });
    await usage.close();
    const schema = await world.propose('crm', '  foundedYear: Int\n', '');
    const { code, output } = await checkCommand(world.folder, 'crm', '--schema', schema);
    expect(output).toContain('1 of them recorded by gateways');
    expect(output).toContain('breaks  Founded of quarterly-report  seen by a gateway');
    expect(code).toBe(1);
  });

  it('weighs the recorded operations that are sent most where there are very many', async () => {
    const many = Array.from({ length: 1_002 }, (_, index): KnownOperation => {
      const count = index === 1_001 ? 5_000 : 1_001 - index;
      return {
        ...seen,
        name: `Founded${index}`,
        document: 'query Q { __typename }',
        source: { ...seen.source, count },
      };
    });
    const schema = await world.propose('crm', /$/, '\n');
    const result = await world.check('crm', schema, { seen: many });
    expect(result).toMatchObject({ recorded: 1_000, notWeighed: 2 });
    expect(textReport(result)).toContain('not weighed: 2 recorded operations');
  });

  it('gives every code that it makes itself a row on the page', async () => {
    const folder = join(root, 'contracts/publish/check');
    const files = (await readdir(folder)).filter((name) => name.endsWith('.ts'));
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
    const made = texts.flatMap((text) =>
      [...text.matchAll(/(?:code: |'(?:error|warning)',\s*)'([A-Z_]+)'/g)].map(([, code = '']) => code),
    );
    expect(made.length).toBeGreaterThan(15);
    const page = await readFile(join(root, 'contracts/README.md'), 'utf8');
    expect(made.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  it('reports the same as text and as JSON', async () => {
    const schema = await world.propose(
      'crm',
      '  lifecycleStage: LifecycleStage',
      '  stageOfLife: LifecycleStage',
    );
    const result = await world.check('crm', schema);
    const text = textReport(result);
    expect(text).toContain('error FIELD_REMOVED Account.lifecycleStage (schema)');
    expect(text).toContain(`at      ${schema}:`);
    expect(text).toContain('Sidebar of sidebar');
    expect(text.trimEnd().split('\n').at(-1)).toBe('crm must not be published: 1 error, 1 warning.');
    const json = JSON.parse(jsonReport(result));
    expect(json).toMatchObject({
      version: 1,
      subgraph: 'crm',
      passed: false,
      counts: { errors: 1, warnings: 1, notes: 0 },
      findings: [
        { layer: 'schema', code: 'FIELD_REMOVED', coordinate: 'Account.lifecycleStage' },
        { code: 'DESCRIPTION_MISSING' },
      ],
    });
  });
});
