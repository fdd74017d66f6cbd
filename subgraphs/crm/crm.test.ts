import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';
import { type Crm, openCrm } from './main.ts';
import { deriveAccountOwners } from './store/owners.ts';
import { writeRows } from './store/rows.ts';

const seen = '2026-03-01T00:00:00.000Z';
const later = '2026-03-02T00:00:00.000Z';

function account(n: number) {
  return {
    id: `acc_${n}`,
    domain: n === 3 ? null : `a${n}.example`,
    name: `Account ${String(n).padStart(3, '0')}`,
    industry: n % 2 ? 'retail' : 'software',
    employees: n * 10,
    revenueMinor: 123_456,
    revenueCurrency: 'USD',
    country: null,
    foundedYear: 1999,
    lifecycleStage: null,
    parentId: n === 2 ? 'acc_1' : null,
    ownerId: n === 1 ? 'usr_1' : null,
    ownerSource: n === 1 ? ('RECORDED' as const) : null,
  };
}

function opportunity(n: number, accountId: string | null, extra: object = {}) {
  return {
    id: `opp_${n}`,
    name: `Deal ${n}`,
    stage: 'ENGAGING' as const,
    amountMinor: 1_000 * n,
    amountCurrency: 'USD',
    product: null,
    openDate: `2026-01-0${n}`,
    closeDate: null,
    accountId,
    ownerId: 'usr_2',
    ...extra,
  };
}

describe.each(engines)('crm on $engine', ({ engine, missing }) => {
  let place: TemporaryStore;
  let crm: Crm;
  let running: RunningSubgraph;
  const statements: string[] = [];

  beforeAll(async () => {
    if (missing) return;
    place = await temporaryStore(engine);
    crm = await openCrm({ location: place.location, onQuery: (sql) => statements.push(sql) });
    await crm.store.transaction(async (trx) => {
      const user = (n: number) => ({
        id: `usr_${n}`,
        name: `User ${n}`,
        email: null,
        team: 'East',
        managerId: n === 2 ? 'usr_1' : null,
      });
      await writeRows(trx, 'users', 'default', [user(1), user(2)], seen);
      const accounts = Array.from({ length: 60 }, (_, index) => account(index + 1));
      await writeRows(trx, 'accounts', 'default', accounts, seen);
      await writeRows(trx, 'accounts', 'other', [{ ...account(1), name: 'Of another tenant' }], seen);
      const contact = (n: number) => ({
        id: `con_${n}`,
        accountId: `acc_${(n % 60) + 1}`,
        email: n === 7 ? null : `p${n}@a.example`,
        name: `Person ${String(n).padStart(3, '0')}`,
        title: null,
        phone: null,
        country: 'Japan',
      });
      await writeRows(
        trx,
        'contacts',
        'default',
        Array.from({ length: 180 }, (_, n) => contact(n)),
        seen,
      );
      const lead = (n: number) => ({
        id: `lea_${n}`,
        status: n % 2 ? ('NEW' as const) : ('WORKING' as const),
        source: 'Organic Search',
        contactId: `con_${n}`,
        accountId: `acc_${n}`,
        ownerId: 'usr_1',
      });
      await writeRows(trx, 'leads', 'default', [1, 2, 3, 4].map(lead), seen);
      await writeRows(
        trx,
        'opportunities',
        'default',
        [
          opportunity(1, 'acc_1'),
          opportunity(2, 'acc_1', { stage: 'WON', closeDate: '2026-02-10' }),
          opportunity(3, 'acc_1', { amountMinor: 500, amountCurrency: 'JPY' }),
          opportunity(4, null, { ownerId: 'usr_1', stage: 'LOST', amountMinor: null, amountCurrency: null }),
          opportunity(5, 'acc_2'),
          opportunity(6, 'acc_2', { ownerId: 'usr_1' }),
        ],
        seen,
      );
    });
    running = await serveForTest(crm.subgraph);
  });

  afterAll(async () => {
    await running?.close();
    await place?.remove();
  });

  beforeEach(() => {
    statements.length = 0;
  });

  it.skipIf(missing)('answers an account with what hangs on it', async () => {
    const { data, errors } = await ask(
      running.url,
      `{ account(id: "acc_1") {
        id domain name annualRevenue { amount currency } owner { name } ownerSource parent { id } observedAt version
        contacts(first: 2) { totalCount nodes { id email } pageInfo { hasNextPage endCursor } }
        pipeline { openCount openAmount { amount currency } wonCount wonAmount { amount } lostCount byStage { stage count } observedAt }
      } missing: account(id: "acc_999") { id } byDomain: accountByDomain(domain: "A2.example") { id parent { name } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.missing).toBeNull();
    expect(data.byDomain).toEqual({ id: 'acc_2', parent: { name: 'Account 001' } });
    expect(data.account).toMatchObject({
      name: 'Account 001',
      annualRevenue: { amount: '1234.56', currency: 'USD' },
      owner: { name: 'User 1' },
      ownerSource: 'RECORDED',
      parent: null,
      observedAt: seen,
      version: 1,
      contacts: {
        totalCount: 3,
        nodes: [{ id: 'con_0' }, { id: 'con_60' }],
        pageInfo: { hasNextPage: true },
      },
      pipeline: {
        openCount: 2,
        openAmount: [
          { amount: '10.00', currency: 'USD' },
          { amount: '500', currency: 'JPY' },
        ],
        wonCount: 1,
        wonAmount: [{ amount: '20.00' }],
        lostCount: 0,
        byStage: [
          { stage: 'ENGAGING', count: 2 },
          { stage: 'WON', count: 1 },
        ],
        observedAt: seen,
      },
    });
  });

  it.skipIf(missing)('asks the store once per type and level for a page of 50 accounts', async () => {
    const { data, errors } = await ask(
      running.url,
      `{ accounts(first: 50) { totalCount nodes {
        owner { name manager { name } } parent { name }
        contacts(first: 3) { totalCount nodes { name } }
        opportunities(first: 3) { nodes { name owner { name } } }
        leads(first: 3) { nodes { status contact { name } } }
        pipeline { openCount }
      } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.accounts.totalCount).toBe(60);
    expect(data.accounts.nodes).toHaveLength(50);
    // Level by level: accounts; owners, parents, contacts, opportunities, leads, totals; the managers of the
    // owners, the owners of the opportunities, the contacts of the leads.
    const tables = statements.map((sql) =>
      /from "(\w+)"|from (opportunities)/.exec(sql)?.slice(1).find(Boolean),
    );
    expect(tables.toSorted()).toEqual([
      'accounts',
      'accounts',
      'contacts',
      'contacts',
      'leads',
      'opportunities',
      'opportunities',
      'users',
      'users',
    ]);
  });

  it.skipIf(missing)('resolves representations by each key, in one query a key', async () => {
    const { data, errors } = await ask(
      running.url,
      `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { id name } ... on Contact { id name } } }`,
      {
        r: [
          { __typename: 'Account', id: 'acc_1' },
          { __typename: 'Account', domain: 'a2.example' },
          { __typename: 'Account', id: 'acc_999' },
          { __typename: 'Account', id: 'acc_4' },
          { __typename: 'Account', domain: null },
          { __typename: 'Contact', email: 'P3@a.example' },
          { __typename: 'Contact', nothing: true },
        ],
      },
    );
    expect(data._entities).toMatchObject([
      { id: 'acc_1' },
      { id: 'acc_2' },
      null,
      { id: 'acc_4' },
      null,
      { id: 'con_3' },
      null,
    ]);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]).toMatchObject({
      path: ['_entities', 6],
      extensions: { code: 'INVALID_REPRESENTATION' },
    });
    expect(statements).toHaveLength(3);
  });

  it.skipIf(missing)('walks a list page by page in a stable order, without gap or double', async () => {
    const names: string[] = [];
    let after: string | null = null;
    do {
      const {
        data,
      }: {
        data: {
          accounts: { nodes: { name: string }[]; pageInfo: { endCursor: string; hasNextPage: boolean } };
        };
      } = await ask(
        running.url,
        `query ($after: String) { accounts(first: 7, after: $after, filter: { industry: ["retail"] }, orderBy: { by: NAME, direction: DESC }) {
            nodes { name } pageInfo { hasNextPage endCursor } } }`,
        { after },
      );
      names.push(...data.accounts.nodes.map(({ name }) => name));
      after = data.accounts.pageInfo.hasNextPage ? data.accounts.pageInfo.endCursor : null;
    } while (after !== null);
    expect(names).toHaveLength(30);
    expect(names).toEqual([...new Set(names)].toSorted().toReversed());
  });

  it.skipIf(missing)('knows the total of a list behind its last row', async () => {
    const all = await ask(running.url, '{ leads(first: 4) { pageInfo { endCursor } } }');
    const behind = await ask(
      running.url,
      'query ($after: String) { leads(after: $after) { totalCount nodes { id } edges { cursor } } }',
      { after: all.data.leads.pageInfo.endCursor },
    );
    expect(behind.data.leads).toEqual({ totalCount: 4, nodes: [], edges: [] });
  });

  it.skipIf(missing)('groups the pipeline by stage, owner, industry and month', async () => {
    const { data, errors } = await ask(
      running.url,
      `{ stage: pipeline(groupBy: STAGE) { key totals { openCount wonCount lostCount } }
         owner: pipeline(groupBy: OWNER) { key owner { name } totals { openCount } }
         industry: pipeline(groupBy: INDUSTRY) { key totals { openCount wonCount } }
         month: pipeline(groupBy: MONTH, filter: { stage: [WON] }) { key totals { wonAmount { amount currency } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.stage).toEqual([
      { key: 'ENGAGING', totals: { openCount: 4, wonCount: 0, lostCount: 0 } },
      { key: 'LOST', totals: { openCount: 0, wonCount: 0, lostCount: 1 } },
      { key: 'WON', totals: { openCount: 0, wonCount: 1, lostCount: 0 } },
    ]);
    expect(data.owner[0]).toEqual({ key: 'usr_2', owner: { name: 'User 2' }, totals: { openCount: 3 } });
    expect(data.industry.map(({ key }: { key: string | null }) => key)).toEqual(['retail', 'software', null]);
    expect(data.month).toEqual([
      { key: '2026-02', totals: { wonAmount: [{ amount: '20.00', currency: 'USD' }] } },
    ]);
  });

  it.skipIf(missing).each([
    ['{ accounts(first: 101) { nodes { id } } }', 'INVALID_ARGUMENT', '100, not 101'],
    ['{ accounts(first: 0) { nodes { id } } }', 'INVALID_ARGUMENT', 'not 0'],
    ['{ accounts(after: "bm9wZQ") { nodes { id } } }', 'INVALID_CURSOR', 'bm9wZQ'],
  ])('refuses %s', async (query, code, text) => {
    const { data, errors } = await ask(running.url, query);
    expect(data).toBeNull();
    expect(errors?.[0]?.extensions?.code).toBe(code);
    expect(errors?.[0]?.message).toContain(text);
  });

  it.skipIf(missing)('writes again without doubling: versions move only with a change', async () => {
    const { store } = crm;
    const write = (rows: ReturnType<typeof account>[]) =>
      store.transaction((trx) => writeRows(trx, 'accounts', 'rewrite', rows, later));
    expect(await write([account(1), account(2)])).toEqual(['inserted', 'inserted']);
    expect(await write([account(1), { ...account(2), employees: 7 }, account(3)])).toEqual([
      'unchanged',
      'updated',
      'inserted',
    ]);
    const rows = await store.db.selectFrom('accounts').selectAll().where('tenant', '=', 'rewrite').execute();
    expect(rows.map(({ id, version }) => [id, version]).toSorted()).toEqual([
      ['acc_1', 1],
      ['acc_2', 2],
      ['acc_3', 1],
    ]);
  });

  it.skipIf(missing)('derives an owner from the latest opportunity and marks it', async () => {
    const derive = () => crm.store.transaction((trx) => deriveAccountOwners(trx, 'default', later));
    expect(await derive()).toBe(1);
    expect(await derive()).toBe(0);
    const { data } = await ask(
      running.url,
      '{ recorded: account(id: "acc_1") { owner { id } ownerSource } derived: account(id: "acc_2") { owner { id } ownerSource version } none: account(id: "acc_5") { owner { id } ownerSource } }',
    );
    expect(data).toEqual({
      recorded: { owner: { id: 'usr_1' }, ownerSource: 'RECORDED' },
      derived: { owner: { id: 'usr_1' }, ownerSource: 'DERIVED', version: 2 },
      none: { owner: null, ownerSource: null },
    });
  });

  it.skipIf(missing)('masks what breaks inside, in a resolver or before one', async () => {
    const secret = async () => {
      throw new Error('secret of the store');
    };
    const contexts: Crm['subgraph']['context'][] = [
      (request) => {
        const context = crm.subgraph.context(request);
        context.loaders.account.load = secret;
        return context;
      },
      () => {
        throw new Error('secret of the store');
      },
    ];
    for (const context of contexts) {
      const broken = await serveForTest({ ...crm.subgraph, context, close: async () => {} });
      try {
        const answer = await ask(broken.url, '{ account(id: "acc_1") { id } }');
        expect(JSON.stringify(answer)).not.toContain('secret');
        expect(answer.errors?.[0]?.extensions?.code).toBe('INTERNAL_SERVER_ERROR');
      } finally {
        await broken.close();
      }
    }
  });
});
