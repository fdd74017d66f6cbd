import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOperationRules } from '#gateway/limits/operation-rules.ts';
import { limitsWithDefaults } from '#gateway/options.ts';
import { prepareDocument } from '#gateway/pipeline/operation.ts';
import { createPlanner, type Planner } from '#gateway/plan/planner.ts';
import { parseAccess } from '#gateway/rights/access-file.ts';
import { permitFor } from '#gateway/rights/permit.ts';
import { createRightsModel } from '#gateway/rights/rights-model.ts';
import { type House, startHouse } from '#test/harness/house.ts';
import { ask } from '#test/harness/subgraph.ts';

const root = resolve(import.meta.dirname, '../..');
const access = parseAccess('access.yaml', await readFile(join(root, 'contracts/access.yaml'), 'utf8'));

/** Everything of the supergraph that needs rights, each under a name of its own. */
const operation = `{
  account(id: "1") { revenue: annualRevenue { amount }
    pipeline { openCount open: openAmount { amount } won: wonAmount { amount } byStage { stageAmount: amount { amount } } } }
  opportunity(id: "1") { name sale: amount { amount } }
  contact(id: "1") { name email phone suppressions { reason note } }
  byEmail: contactByEmail(email: "nobody@example.com") { id }
  consentRecord(id: "1") { decision evidence }
}`;
/** Every mutation, under the name of what it needs. */
const mutation = `mutation {
  create: createLead(input: { idempotencyKey: "1" }) { replayed }
  status: updateLeadStatus(input: { idempotencyKey: "1", leadId: "1", status: NEW }) { replayed }
  lead: assignLeadOwner(input: { idempotencyKey: "1", leadId: "1" }) { replayed }
  account: assignAccountOwner(input: { idempotencyKey: "1", accountId: "1" }) { replayed }
  stage: moveOpportunityStage(input: { idempotencyKey: "1", opportunityId: "1", stage: WON }) { replayed }
  consent: updateConsent(input: { idempotencyKey: "1", changes: [] }) { replayed }
  enroll: triggerNurture(input: { idempotencyKey: "1", contactId: "1", campaignId: "1" }) { replayed }
  unsubscribed: unsubscribe(input: { idempotencyKey: "1", contactId: "1" }) { replayed }
  touch: recordTouch(input: { idempotencyKey: "1", accountId: "1", channel: EMAIL, kind: OPEN }) { replayed }
  conversion: recordConversion(input: { idempotencyKey: "1", accountId: "1", kind: OPPORTUNITY_WON }) { replayed }
}`;
const ofOwners = ['lead', 'account'];
const ofSelling = ['create', 'status', 'stage'];
const ofMailing = ['enroll', 'unsubscribed', 'touch'];
const ofContacts = ['email', 'phone', 'byEmail', 'note'];
const ofMoney = ['revenue', 'open', 'won', 'stageAmount', 'sale'];
const all = [...ofOwners, ...ofSelling, ...ofMailing, 'consent', 'conversion'];

describe('the roles of contracts/access.yaml', () => {
  let planner: Planner;
  beforeAll(async () => {
    planner = createPlanner(await readFile(join(root, 'supergraph.graphql'), 'utf8'));
  });

  it.each([
    ['nobody', [...ofContacts, ...ofMoney, 'evidence'], all],
    ['rep', [...ofMoney, 'evidence'], [...ofOwners, 'conversion']],
    ['manager', ['evidence'], ['conversion']],
    ['marketer', [...ofMoney, 'evidence'], [...ofOwners, ...ofSelling]],
    ['analyst', [...ofContacts, 'evidence'], all],
    ['auditor', ofMoney, all],
    ['admin', [], []],
  ])('deny %s to see %j and to do %j', (role, unseen, undone) => {
    const rights = createRightsModel(planner.supergraphSchema, access);
    const viewer = { kind: 'user', id: 'ada', roles: [role], scopes: [], tenant: 'acme' } as const;
    const denied = (text: string) => {
      const rules = { ...createOperationRules(planner, limitsWithDefaults()), rights };
      const prepared = prepareDocument(rules, text);
      if (prepared.kind === 'invalid') throw prepared.error;
      const { variant } = permitFor(prepared.operations[0]!, viewer, {});
      return [...(variant?.denials?.fields.keys() ?? [])].map(({ alias, name }) => (alias ?? name).value);
    };
    expect(denied(operation).toSorted()).toEqual(unseen.toSorted());
    expect(denied(mutation).toSorted()).toEqual(undone.toSorted());
    expect(['nobody', ...Object.keys(access.roles)]).toContain(role);
  });

  it('are asked for every mutation that there is', () => {
    const fields = Object.keys(planner.schema.getMutationType()?.getFields() ?? {});
    expect(fields.filter((name) => !mutation.includes(`: ${name}(`))).toEqual([]);
  });
});

describe('a rep', () => {
  let folder: string;
  let house: House;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    // Whoever uses this machine has the role admin: here it gives what another role gives.
    const file = join(folder, 'access.yaml');
    await writeFile(file, JSON.stringify({ roles: { ...access.roles, admin: access.roles.rep } }));
    house = await startHouse({ accounts: 20, access: file });
  });
  afterAll(async () => {
    await house.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('gets the snapshot without amounts, from four systems that are all well', async () => {
    const { data } = await ask(`${house.url}/graphql`, '{ accounts(first: 1) { nodes { id } } }');
    const response = await fetch(`${house.url}/accounts/${data.accounts.nodes[0].id}/snapshot`);
    const { account, sources, errors } = (await response.json()) as {
      account: { annualRevenue: null; pipeline: { openCount: number }; contacts: { nodes: object[] } };
      sources: Record<string, { status: string }>;
      errors: { message: string; path: (string | number)[] }[];
    };
    expect(response.status).toBe(200);
    expect(Object.keys(sources).sort()).toEqual(['analytics', 'consent', 'crm', 'email']);
    expect(Object.values(sources).filter(({ status }) => !/OK|NOT_ASKED/.test(status))).toEqual([]);
    expect(account.annualRevenue).toBeNull();
    expect(account.pipeline).toMatchObject({ openCount: expect.any(Number), openAmount: null });
    expect(account.contacts.nodes[0]).toHaveProperty('email');
    const paths = errors.map(({ path }) => path.join('.'));
    expect(paths).toEqual(expect.arrayContaining(['account.annualRevenue', 'account.pipeline.openAmount']));
    expect(errors[0]?.message).toBe('Account.annualRevenue needs the scope "finance:read".');
  });

  it('reads on the pages that amounts are not for their role', async () => {
    const opportunities = '{ opportunities(first: 1) { nodes { account { id } } } }';
    const { data } = await ask(`${house.url}/graphql`, opportunities);
    const page = await fetch(`${house.url}/sidebar?account=${data.opportunities.nodes[0].account.id}`);
    const text = await page.text();
    expect(page.status).toBe(200);
    expect(text).toContain('amounts are not shown to your role');
    const [home, status] = await fetch(house.url).then(async (answer) => [
      await answer.text(),
      answer.status,
    ]);
    expect(status).toBe(200);
    expect(home).toMatch(/\d+ deals?/);
  });
});
