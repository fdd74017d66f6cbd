import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Affected } from '#contracts/publish/check/finding.ts';
import { errorsOf, type GateWorld, lineOf, openGateWorld, stopsOf } from './gate-world.ts';

/** What no team may publish while known operations use it, each on a copy of our own subgraphs. */
describe('the gate stops', () => {
  let world: GateWorld;
  beforeEach(async () => {
    world = await openGateWorld();
  });
  afterEach(() => world.close());

  /** How a finding names an operation: with the first line that has a text. */
  async function breaks(client: string, operation: string, text: string): Promise<Affected> {
    const file = join(world.operations, `${operation}.graphql`);
    return { client, operation, at: { file, line: await lineOf(file, text) } };
  }

  it('a field that was renamed', async () => {
    const schema = await world.propose(
      'crm',
      '  lifecycleStage: LifecycleStage',
      '  stageOfLife: LifecycleStage',
    );
    const result = await world.check('crm', schema);
    expect(stopsOf(result)).toEqual(['schema FIELD_REMOVED Account.lifecycleStage']);
    const [finding] = errorsOf(result);
    expect(finding?.breaks).toEqual([
      await breaks('sales-tools', 'AccountSnapshot', 'lifecycleStage'),
      await breaks('sidebar', 'Sidebar', 'lifecycleStage'),
    ]);
    expect(finding?.at).toEqual({ file: schema, line: await lineOf(schema, 'type Account @key') });
    expect(finding?.remedy).toContain('Keep Account.lifecycleStage beside Account.stageOfLife');
    expect(result.passed).toBe(false);
  });

  it('an argument that was removed', async () => {
    const schema = await world.propose('analytics', 'usage(window: UsageWindow! = LAST_30_DAYS)', 'usage');
    const result = await world.check('analytics', schema);
    expect(stopsOf(result)).toEqual(['schema ARGUMENT_REMOVED Account.usage.window']);
    const [finding] = errorsOf(result);
    expect(finding?.breaks).toEqual([
      await breaks('sales-tools', 'AccountSnapshot', 'usage(window: LAST_30_DAYS)'),
      await breaks('sidebar', 'Sidebar', 'usage(window: $window)'),
    ]);
    expect(finding?.at).toEqual({ file: schema, line: await lineOf(schema, '  usage: Usage') });
    expect(finding?.remedy).toContain('Keep Account.usage.window optional');
  });

  it('a type that was changed', async () => {
    const schema = await world.propose('crm', '  employees: Int', '  employees: String');
    const result = await world.check('crm', schema);
    expect(stopsOf(result)).toEqual(['types FIELD_TYPE_CHANGED Account.employees']);
    const [finding] = errorsOf(result);
    expect(finding?.breaks).toEqual([
      await breaks('sales-tools', 'AccountSnapshot', 'employees'),
      await breaks('sidebar', 'Sidebar', 'employees'),
    ]);
    expect(finding?.at).toEqual({ file: schema, line: await lineOf(schema, 'employees: String') });
    expect(finding?.remedy).toContain('Keep Account.employees as Int');
  });

  it('a field that is nullable from now on, though every value is still there', async () => {
    const schema = await world.propose('email', '  status: CampaignStatus!', '  status: CampaignStatus');
    await world.know(
      'Campaigns',
      'mailing-board',
      'query Campaigns {\n  campaigns {\n    nodes {\n      status\n    }\n  }\n}\n',
    );
    const result = await world.check('email', schema);
    expect(stopsOf(result)).toEqual(['types FIELD_NULLABLE Campaign.status']);
    const [finding] = errorsOf(result);
    expect(finding?.breaks).toEqual([await breaks('mailing-board', 'Campaigns', 'status')]);
    expect(finding?.at).toEqual({ file: schema, line: await lineOf(schema, 'status: CampaignStatus') });
    expect(finding?.remedy).toContain('Keep Campaign.status as CampaignStatus!');
  });

  it('a member that left its union', async () => {
    await world.publish(
      'analytics',
      'type Usage {',
      '"What happened."\nunion Activity = Touch | Conversion\n\ntype Usage {',
    );
    await world.publish('analytics', '  usage(window', '  activity: [Activity!]\n  usage(window');
    await world.know(
      'Activity',
      'timeline',
      'query Activity($id: ID!) {\n  account(id: $id) {\n    activity {\n      ... on Touch {\n        id\n      }\n      ... on Conversion {\n        kind\n      }\n    }\n  }\n}\n',
    );
    const schema = await world.propose(
      'analytics',
      'union Activity = Touch | Conversion',
      'union Activity = Touch',
    );
    const result = await world.check('analytics', schema);
    expect(stopsOf(result)).toEqual(['schema UNION_MEMBER_REMOVED Activity=Conversion']);
    const [finding] = errorsOf(result);
    expect(finding?.breaks).toEqual([await breaks('timeline', 'Activity', 'activity')]);
    expect(finding?.at).toEqual({ file: schema, line: await lineOf(schema, 'union Activity') });
    expect(finding?.remedy).toContain('Keep it in the union');
  });

  it('an input that is required', async () => {
    const schema = await world.propose(
      'analytics',
      '  kind: TouchKind!\n  campaignId',
      '  kind: TouchKind!\n  origin: String!\n  campaignId',
    );
    const result = await world.check('analytics', schema);
    expect(stopsOf(result)).toEqual(['types INPUT_FIELD_REQUIRED RecordTouchInput.origin']);
    const [finding] = errorsOf(result);
    expect(finding?.breaks).toEqual([
      await breaks('marketing-tools', 'RecordTouch', '$input: RecordTouchInput!'),
    ]);
    expect(finding?.at).toEqual({ file: schema, line: await lineOf(schema, 'origin: String!') });
    expect(finding?.remedy).toContain('Make origin optional');
  });

  it('a key that was changed', async () => {
    const schema = await world.propose(
      'analytics',
      'type Account @key(fields: "id") {\n  id: ID!',
      'type Account @key(fields: "domain") {\n  domain: String',
    );
    const result = await world.check('analytics', schema);
    expect(stopsOf(result)).toContain('schema KEY_REMOVED Account');
    const finding = errorsOf(result).find(({ code }) => code === 'KEY_REMOVED');
    expect(finding?.breaks).toContainEqual(await breaks('home', 'LatestAccount', 'nodes {'));
    expect(finding?.breaks).toContainEqual(await breaks('sidebar', 'Sidebar', 'account(id: $id)'));
    expect(finding?.at).toEqual({ file: schema, line: await lineOf(schema, 'type Account @key') });
    expect(finding?.remedy).toContain('Keep @key(fields: "id") on Account');
  });

  it('a field that two own without @shareable', async () => {
    const schema = await world.propose(
      'email',
      'type Account @key(fields: "id") {',
      'type Account @key(fields: "id") {\n  name: String!',
    );
    const result = await world.check('email', schema);
    expect(stopsOf(result)).toEqual(['composition INVALID_FIELD_SHARING Account.name']);
    const [finding] = errorsOf(result);
    expect(finding?.breaks).toContainEqual(await breaks('home', 'LatestAccount', '      name'));
    const line = (await lineOf(schema, 'type Account @key')) + 1;
    expect(finding?.at).toEqual({ file: schema, line });
    expect(finding?.remedy).toContain('Take Account.name out of email, or mark it @shareable');
    expect(result.skipped.map(({ layer }) => layer)).toContain('cost');
  });

  it('a path that nothing satisfies any more', async () => {
    const schema = await world.propose(
      'email',
      'type Account @key(fields: "id") {',
      'type Account @key(fields: "id", resolvable: false) {',
    );
    const result = await world.check('email', schema);
    expect(stopsOf(result)).toEqual([
      'composition SATISFIABILITY_ERROR Account.emailEngagement',
      'schema KEY_NOT_RESOLVABLE Account',
    ]);
    const [finding] = errorsOf(result);
    expect(finding?.message).toContain('No plan reaches Account.emailEngagement any more');
    expect(finding?.breaks).toEqual([
      await breaks('sales-tools', 'AccountSnapshot', 'emailEngagement'),
      await breaks('home', 'LatestAccount', 'emailEngagement'),
      await breaks('sidebar', 'Sidebar', 'emailEngagement'),
    ]);
    expect(finding?.at).toEqual({ file: schema, line: await lineOf(schema, 'emailEngagement:') });
    expect(finding?.remedy).toContain('Give Account a resolvable @key in email');
  });
});
