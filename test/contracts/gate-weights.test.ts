import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { textReport } from '#contracts/publish/check/report.ts';
import { checkCommand } from './check-command.ts';
import { errorsOf, type GateWorld, openGateWorld } from './gate-world.ts';

/** What is weighed by who uses it, and how: one change for each code, beside an operation that it touches. */
describe('the gate weighs', () => {
  let world: GateWorld;
  beforeEach(async () => {
    world = await openGateWorld();
  });
  afterEach(() => world.close());

  /** What a check finds of one code: severity, coordinate, and the operations that it names. */
  async function foundOf(code: string, subgraph: string, schema: string) {
    const { findings } = await world.check(subgraph, schema);
    return findings
      .filter((finding) => finding.code === code)
      .map(({ severity, layer, coordinate, breaks }) => {
        const who = breaks.map(({ client, operation }) => `${operation} of ${client}`).join(', ');
        return `${severity} ${layer} ${coordinate}: ${who}`;
      });
  }

  /** Has a subgraph import directives of federation. */
  const importing = (subgraph: string, ...names: readonly string[]) =>
    world.publish(subgraph, '["@key"', `["@key", ${names.map((name) => `"${name}"`).join(', ')}`);

  const nickname = 'query Nickname($id: ID!) {\n  account(id: $id) {\n    nickname\n  }\n}\n';

  it('a type that another subgraph hides from clients', async () => {
    await world.publish(
      'crm',
      '  foundedYear: Int\n',
      '  foundedYear: Int\n  nickname: String! @shareable\n',
    );
    const key = 'type Account @key(fields: "id") {';
    await world.publish('email', key, `${key}\n  nickname: String @shareable`);
    await world.know('Nickname', 'greeter', nickname);
    const schema = await world.propose('crm', 'nickname: String! @shareable', 'nickname: String @shareable');
    expect(await foundOf('TYPE_CHANGED_BEHIND', 'crm', schema)).toEqual([
      'warning types Account.nickname: Nickname of greeter',
    ]);
  });

  it('a field that is external from now on', async () => {
    await importing('crm', '@external', '@requires');
    await world.publish('crm', '  foundedYear: Int\n', '  foundedYear: Int\n  nickname: String @shareable\n');
    const key = 'type Account @key(fields: "id") {';
    await world.publish('email', key, `${key}\n  nickname: String @shareable`);
    await world.know('Nickname', 'greeter', nickname);
    const schema = await world.propose(
      'crm',
      '  nickname: String @shareable\n',
      '  nickname: String @external\n  greeting: String @requires(fields: "nickname")\n',
    );
    expect(await foundOf('MADE_EXTERNAL', 'crm', schema)).toEqual([
      'error schema Account.nickname: Nickname of greeter',
    ]);
  });

  it('what a field requires', async () => {
    await importing('analytics', '@external', '@requires');
    const key = 'type Account @key(fields: "id") {';
    const climate = `${key}\n  country: String @external\n  industry: String @external\n  size: Int @requires(fields: "industry")`;
    await world.publish('analytics', key, `${climate}\n  climate: String @requires(fields: "country")`);
    const schema = await world.propose(
      'analytics',
      'climate: String @requires(fields: "country")',
      'climate: String @requires(fields: "country industry")',
    );
    expect(await foundOf('REQUIRES_CHANGED', 'analytics', schema)).toEqual(['note schema Account.climate: ']);
    await world.know('Climate', 'weather', 'query Climate($id: ID!) { account(id: $id) { climate } }\n');
    expect(await foundOf('REQUIRES_CHANGED', 'analytics', schema)).toEqual([
      'warning schema Account.climate: Climate of weather',
    ]);
  });

  it('what a field provides', async () => {
    await importing('email', '@external', '@provides');
    const shared = '  name: String! @shareable\n  industry: String @shareable\n';
    await world.publish('crm', '  name: String!\n  industry: String\n', shared);
    const key = 'type Account @key(fields: "id") {';
    await world.publish('email', key, `${key}\n  name: String! @external\n  industry: String @external`);
    const root = 'type Query {';
    await world.publish(
      'email',
      root,
      `${root}\n  dearest: Account @provides(fields: "name industry")\n  nearest: Account @provides(fields: "industry")`,
    );
    await world.know('Dearest', 'greeter', 'query Dearest { dearest { name } }\n');
    const schema = await world.propose(
      'email',
      'dearest: Account @provides(fields: "name industry")',
      'dearest: Account @provides(fields: "name")',
    );
    expect(await foundOf('PROVIDES_CHANGED', 'email', schema)).toEqual([
      'warning schema Query.dearest: Dearest of greeter',
    ]);
  });

  it('another default of an argument, with those who leave it out', async () => {
    await world.know('Some', 'picker', 'query Some { leads { totalCount } }\n');
    await world.know('One', 'picker', 'query One { leads(first: 1) { totalCount } }\n');
    const schema = await world.propose(
      'crm',
      'leads(filter: LeadFilter, orderBy: LeadOrder, first: Int! = 25',
      'leads(filter: LeadFilter, orderBy: LeadOrder, first: Int! = 50',
    );
    expect(await foundOf('ARGUMENT_DEFAULT_CHANGED', 'crm', schema)).toEqual([
      'warning schema Query.leads.first: Some of picker',
    ]);
  });

  it('another default of an input’s field, with those who leave it out or may', async () => {
    const leads = (name: string, variables: string, order: string) =>
      `query ${name}${variables} { leads(first: 1, orderBy: ${order}) { totalCount } }\n`;
    await world.know('Left', 'picker', leads('Left', '', '{ by: CREATED_AT }'));
    await world.know('Given', 'picker', leads('Given', '', '{ by: CREATED_AT, direction: ASC }'));
    await world.know('Open', 'picker', leads('Open', '($order: LeadOrder)', '$order'));
    const schema = await world.propose(
      'crm',
      'by: LeadOrderField!\n  direction: Direction! = ASC',
      'by: LeadOrderField!\n  direction: Direction! = DESC',
    );
    expect(await foundOf('INPUT_FIELD_DEFAULT_VALUE_CHANGED', 'crm', schema)).toEqual([
      'warning schema LeadOrder.direction: Left of picker, Open of picker',
    ]);
  });

  it('a type that left its interface', async () => {
    const user = 'type User @key(fields: "id") {';
    await world.publish(
      'crm',
      user,
      `interface Named {\n  name: String!\n}\n\n${user.replace('User', 'User implements Named')}`,
    );
    await world.publish('crm', 'type Account @key', 'type Account implements Named @key');
    await world.publish('crm', 'type Query {', 'type Query {\n  named: [Named!]');
    await world.know('Teams', 'org-chart', 'query Teams { named { name ... on User { team } } }\n');
    await world.know('Names', 'org-chart', 'query Names { named { name } }\n');
    const schema = await world.propose('crm', 'type User implements Named @key', 'type User @key');
    expect(await foundOf('OBJECT_TYPE_INTERFACE_REMOVED', 'crm', schema)).toEqual([
      'error schema Named=User: Teams of org-chart',
    ]);
  });

  const narrow = () =>
    world.propose(
      'crm',
      '  lifecycleStage: LifecycleStage',
      '  lifecycleStage: LifecycleStage @requiresScopes(scopes: [["stage:read"]])',
    );

  it('narrowed rights as meant where that is said of their coordinate, and shows who loses them', async () => {
    const schema = await narrow();
    const acceptedNarrowing = ['Account.lifecycleStage'];
    const result = await world.check('crm', schema, { acceptedNarrowing });
    expect(result.passed).toBe(true);
    expect(result.findings).toMatchObject([
      { code: 'ACCESS_NARROWED', severity: 'note', accepted: true, coordinate: 'Account.lifecycleStage' },
    ]);
    const text = textReport(result);
    expect(text).toContain('accepted ACCESS_NARROWED Account.lifecycleStage (schema)');
    expect(text).toContain('breaks  AccountSnapshot of sales-tools');
    expect(errorsOf(await world.check('crm', schema))[0]?.remedy).toContain(
      '--accept-narrowed Account.lifecycleStage',
    );
  });

  it('nothing else as meant', async () => {
    const removed = await world.propose('crm', '  lifecycleStage: LifecycleStage\n', '');
    const acceptedNarrowing = ['Account.lifecycleStage'];
    await expect(world.check('crm', removed, { acceptedNarrowing })).rejects.toThrow(
      'not narrowed at "Account.lifecycleStage", which is said to be accepted: they are narrowed nowhere',
    );
  });

  it('costs by the settings of the gateway, unless a limit is given', async () => {
    const settings = join(world.folder, 'settings.yaml');
    await writeFile(settings, 'limits: { cost: 2 }\n');
    const schema = await world.propose(
      'crm',
      'type PipelineTotals {',
      'type PipelineTotals @cost(weight: 2) {',
    );
    const check = (...more: readonly string[]) =>
      checkCommand(world.folder, 'crm', '--schema', schema, '--settings', settings, ...more);
    const stopped = await check();
    expect(stopped.output).toContain('above the limit of 2: gateways refuse it');
    const passed = await check('--cost-limit', '100000');
    expect(passed.output).not.toContain('above the limit');
    expect(passed.code).toBe(0);
  });

  it('nothing as meant that a pipeline says for no reason', async () => {
    const schema = await world.propose('crm', /$/, '\n');
    const { code, output } = await checkCommand(
      world.folder,
      ...['crm', '--schema', schema, '--accept-narrowed', 'Account.name', 'User.name'],
    );
    expect(code).toBe(1);
    expect(output).toContain('not narrowed at "Account.name"');
  });
});
