import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';
import { type Email, openEmail } from './main.ts';
import { writeRows } from './store/rows.ts';

const seen = '2026-03-01T00:00:00.000Z';
const earlier = '2026-02-01T00:00:00.000Z';
const later = '2026-03-02T00:00:00.000Z';

function recipient(n: number, extra: object = {}) {
  return {
    id: `con_${n}`,
    accountId: `acc_${n}`,
    sent: 10,
    delivered: 8,
    opened: 4,
    clicked: 2,
    bounced: 2,
    lastOpenedAt: '2026-02-20T08:00:00.000Z',
    lastClickedAt: null,
    ...extra,
  };
}

const neverMailed = { sent: 0, delivered: 0, opened: 0, clicked: 0, bounced: 0, lastOpenedAt: null };

function campaign(n: number, extra: object = {}) {
  return {
    id: `cmp_${n}`,
    name: `Campaign ${String(n).padStart(2, '0')}`,
    channel: n % 2 ? ('EMAIL' as const) : ('SMS' as const),
    status: 'ACTIVE' as const,
    startedAt: `2026-01-${String(n).padStart(2, '0')}T00:00:00.000Z`,
    recipients: 100 * n,
    sent: 90,
    delivered: 80,
    opened: 40,
    clicked: 10,
    bounced: 5,
    unsubscribed: 1,
    ...extra,
  };
}

function enrollment(n: number, contactId: string, day: number, extra: object = {}) {
  return {
    id: `enr_${n}`,
    contactId,
    campaignId: `cmp_${(n % 3) + 1}`,
    state: 'ACTIVE' as const,
    enrolledAt: `2026-02-${String(day).padStart(2, '0')}T00:00:00.000Z`,
    ...extra,
  };
}

const entities = (fields: string) => `query ($r: [_Any!]!) { _entities(representations: $r) { ${fields} } }`;

function representations(typename: string, prefix: string, count: number) {
  return Array.from({ length: count }, (_, n) => ({ __typename: typename, id: `${prefix}_${n + 1}` }));
}

describe.each(engines)('email on $engine', ({ engine, missing }) => {
  let place: TemporaryStore;
  let email: Email;
  let running: RunningSubgraph;
  let ofOther: RunningSubgraph;
  const statements: string[] = [];

  beforeAll(async () => {
    if (missing) return;
    place = await temporaryStore(engine);
    email = await openEmail({ location: place.location, onQuery: (sql) => statements.push(sql) });
    await email.store.transaction(async (trx) => {
      const recipients = Array.from({ length: 60 }, (_, index) => recipient(index + 1));
      await writeRows(trx, 'recipients', 'default', recipients, seen);
      await writeRows(
        trx,
        'recipients',
        'default',
        [
          recipient(101, { accountId: 'acc_big', lastClickedAt: '2026-02-25T08:00:00.000Z' }),
          recipient(102, { accountId: 'acc_big', opened: 1 }),
          recipient(103, { accountId: 'acc_big', ...neverMailed }),
          recipient(104, { accountId: 'acc_quiet', ...neverMailed }),
          recipient(105, { accountId: null }),
        ],
        later,
      );
      await writeRows(trx, 'recipients', 'other', [recipient(1, { sent: 7, accountId: 'acc_big' })], seen);
      const suppression = (n: number, contactId: string, reason: 'BOUNCE' | 'UNSUBSCRIBE', at = seen) => ({
        id: `sup_${n}`,
        contactId,
        reason,
        suppressedAt: at,
      });
      await writeRows(
        trx,
        'suppressions',
        'default',
        [
          suppression(1, 'con_101', 'UNSUBSCRIBE', earlier),
          suppression(2, 'con_101', 'BOUNCE', seen),
          suppression(3, 'con_1', 'BOUNCE'),
        ],
        seen,
      );
      await writeRows(trx, 'suppressions', 'other', [suppression(9, 'con_102', 'BOUNCE')], seen);
      await writeRows(
        trx,
        'campaigns',
        'default',
        [1, 2, 3, 4, 5, 6, 7].map((n) => campaign(n)),
        seen,
      );
      await writeRows(trx, 'campaigns', 'default', [campaign(8, { startedAt: null, status: 'DRAFT' })], seen);
      await writeRows(trx, 'campaigns', 'other', [campaign(1, { name: 'Of another tenant' })], seen);
      await writeRows(
        trx,
        'enrollments',
        'default',
        [
          ...Array.from({ length: 50 }, (_, n) => enrollment(n, `con_${n + 1}`, 1)),
          enrollment(101, 'con_1', 3),
          enrollment(102, 'con_1', 2, { state: 'COMPLETED' }),
          enrollment(103, 'con_1', 3, { state: 'EXITED', campaignId: 'cmp_gone' }),
        ],
        seen,
      );
      await writeRows(trx, 'enrollments', 'other', [enrollment(1, 'con_1', 9)], seen);
    });
    running = await serveForTest(email.subgraph);
    ofOther = await serveForTest({
      ...email.subgraph,
      context: (request) => email.subgraph.context({ ...request, tenant: 'other' }),
      close: async () => {},
    });
  });

  afterAll(async () => {
    await ofOther?.close();
    await running?.close();
    await place?.remove();
  });

  beforeEach(() => {
    statements.length = 0;
  });

  it.skipIf(missing)(
    'answers what came of the mail to a contact: zeros before the first, null for a stranger',
    async () => {
      const { data, errors } = await ask(
        running.url,
        entities(`... on Contact { id
        engagement { sent delivered opened clicked bounced lastOpenedAt lastClickedAt observedAt }
        suppressions { id reason suppressedAt observedAt }
        enrollments { totalCount nodes { id } } }`),
        { r: ['con_101', 'con_103', 'con_stranger'].map((id) => ({ __typename: 'Contact', id })) },
      );
      expect(errors).toBeUndefined();
      expect(data._entities).toEqual([
        {
          id: 'con_101',
          engagement: {
            sent: 10,
            delivered: 8,
            opened: 4,
            clicked: 2,
            bounced: 2,
            lastOpenedAt: '2026-02-20T08:00:00.000Z',
            lastClickedAt: '2026-02-25T08:00:00.000Z',
            observedAt: later,
          },
          suppressions: [
            { id: 'sup_2', reason: 'BOUNCE', suppressedAt: seen, observedAt: seen },
            { id: 'sup_1', reason: 'UNSUBSCRIBE', suppressedAt: earlier, observedAt: seen },
          ],
          enrollments: { totalCount: 0, nodes: [] },
        },
        {
          id: 'con_103',
          engagement: { ...neverMailed, lastClickedAt: null, observedAt: later },
          suppressions: [],
          enrollments: { totalCount: 0, nodes: [] },
        },
        { id: 'con_stranger', engagement: null, suppressions: [], enrollments: { totalCount: 0, nodes: [] } },
      ]);
    },
  );

  it.skipIf(missing)('sums an account over its contacts', async () => {
    const { data, errors } = await ask(
      running.url,
      entities(`... on Account { emailEngagement {
        contactsMailed sent delivered opened clicked bounced openRate clickRate lastEngagedAt suppressedContacts observedAt
      } }`),
      { r: ['acc_big', 'acc_quiet', 'acc_stranger'].map((id) => ({ __typename: 'Account', id })) },
    );
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([
      {
        emailEngagement: {
          contactsMailed: 2,
          sent: 20,
          delivered: 16,
          opened: 5,
          clicked: 4,
          bounced: 4,
          openRate: 5 / 16,
          clickRate: 4 / 16,
          lastEngagedAt: '2026-02-25T08:00:00.000Z',
          // Two suppressions of one contact are one, and neither doubles the sums.
          suppressedContacts: 1,
          // The suppressions were seen before the recipients.
          observedAt: seen,
        },
      },
      {
        emailEngagement: {
          contactsMailed: 0,
          sent: 0,
          delivered: 0,
          opened: 0,
          clicked: 0,
          bounced: 0,
          openRate: null,
          clickRate: null,
          lastEngagedAt: null,
          suppressedContacts: 0,
          observedAt: later,
        },
      },
      { emailEngagement: null },
    ]);
  });

  it.skipIf(missing)('asks the store once per type and level for 50 contacts and 50 accounts', async () => {
    const { data, errors } = await ask(
      running.url,
      entities(`
        ... on Contact { engagement { sent } suppressions { reason } enrollments(first: 3) { nodes { campaign { name } } } }
        ... on Account { emailEngagement { sent suppressedContacts } }`),
      { r: [...representations('Contact', 'con', 50), ...representations('Account', 'acc', 50)] },
    );
    expect(errors).toBeUndefined();
    expect(data._entities).toHaveLength(100);
    expect(data._entities[49].enrollments.nodes).toEqual([{ campaign: { name: 'Campaign 02' } }]);
    expect(data._entities[50].emailEngagement).toEqual({ sent: 10, suppressedContacts: 1 });
    // Recipients, suppressions, enrollments and the summaries; behind the enrollments their campaigns.
    const tables = statements.map((sql) => /from "?(\w+)"?/.exec(sql)?.[1]);
    expect(tables.toSorted()).toEqual([
      'campaigns',
      'enrollments',
      'recipients',
      'recipients',
      'suppressions',
    ]);
  });

  it.skipIf(missing)(
    'walks enrollments latest first, by state, and without a campaign that is gone',
    async () => {
      const walk = async (state: readonly string[] | null) => {
        const found: { id: string; campaign: { id: string } | null }[] = [];
        let after: string | null = null;
        do {
          const { data, errors } = await ask(
            running.url,
            `query ($r: [_Any!]!, $after: String, $state: [EnrollmentState!]) { _entities(representations: $r) { ... on Contact {
            enrollments(first: 1, after: $after, state: $state) {
              nodes { id campaign { id } state enrolledAt observedAt } pageInfo { hasNextPage endCursor } } } } }`,
            { r: [{ __typename: 'Contact', id: 'con_1' }], after, state },
          );
          expect(errors).toBeUndefined();
          const { nodes, pageInfo } = data._entities[0].enrollments;
          found.push(...nodes);
          after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
        } while (after !== null);
        return found;
      };
      const all = await walk(null);
      expect(all.map(({ id }) => id)).toEqual(['enr_103', 'enr_101', 'enr_102', 'enr_0']);
      expect(all[0]).toEqual({
        id: 'enr_103',
        campaign: null,
        state: 'EXITED',
        enrolledAt: '2026-02-03T00:00:00.000Z',
        observedAt: seen,
      });
      expect((await walk(['ACTIVE'])).map(({ id }) => id)).toEqual(['enr_101', 'enr_0']);
    },
  );

  it.skipIf(missing)(
    'resolves campaigns by id in one query, and refuses a representation without one',
    async () => {
      const { data, errors } = await ask(
        running.url,
        `query ($r: [_Any!]!) {
        _entities(representations: $r) { ... on Campaign { name } }
        campaign(id: "cmp_8") { name channel status startedAt version observedAt
          stats { recipients sent delivered opened clicked bounced unsubscribed observedAt } }
        missing: campaign(id: "cmp_999") { id } }`,
        {
          r: [
            { __typename: 'Campaign', id: 'cmp_1' },
            { __typename: 'Campaign', id: 'cmp_999' },
            { __typename: 'Contact' },
            { __typename: 'Campaign', id: 'cmp_2' },
          ],
        },
      );
      expect(data._entities).toEqual([{ name: 'Campaign 01' }, null, null, { name: 'Campaign 02' }]);
      expect(errors).toHaveLength(1);
      expect(errors?.[0]).toMatchObject({
        path: ['_entities', 2],
        extensions: { code: 'INVALID_REPRESENTATION' },
      });
      expect(data.missing).toBeNull();
      expect(data.campaign).toEqual({
        name: 'Campaign 08',
        channel: 'SMS',
        status: 'DRAFT',
        startedAt: null,
        version: 1,
        observedAt: seen,
        stats: {
          recipients: 800,
          sent: 90,
          delivered: 80,
          opened: 40,
          clicked: 10,
          bounced: 5,
          unsubscribed: 1,
          observedAt: seen,
        },
      });
      expect(statements).toHaveLength(1);
    },
  );

  it.skipIf(missing).each([
    ['', ['01', '02', '03', '04', '05', '06', '07', '08']],
    ['filter: { channel: [EMAIL] }, orderBy: { by: NAME, direction: DESC }', ['07', '05', '03', '01']],
    ['filter: { status: [DRAFT, PAUSED] }', ['08']],
    ['filter: { ids: ["cmp_3", "cmp_8"] }', ['03', '08']],
    ['filter: { nameContains: "CAMPAIGN 07" }', ['07']],
    ['filter: { startedFrom: "2026-01-03T00:00:00Z", startedBefore: "2026-01-05T00:00:00Z" }', ['03', '04']],
    ['orderBy: { by: CREATED_AT, direction: DESC }, first: 1', ['08']],
    ['orderBy: { by: UPDATED_AT }, first: 1', ['01']],
  ])('lists campaigns with (%s)', async (args, names) => {
    const { data, errors } = await ask(
      running.url,
      `{ campaigns${args && `(${args})`} { nodes { name } edges { node { name } } } }`,
    );
    expect(errors).toBeUndefined();
    const expected = names.map((name) => ({ name: `Campaign ${name}` }));
    expect(data.campaigns).toEqual({ nodes: expected, edges: expected.map((node) => ({ node })) });
  });

  it.skipIf(missing)('walks campaigns page by page and counts them only when asked', async () => {
    const page = (after: string | null) =>
      ask(
        running.url,
        'query ($after: String) { campaigns(first: 5, after: $after) { totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } } }',
        { after },
      );
    const first = (await page(null)).data.campaigns;
    expect(first).toMatchObject({ totalCount: 8, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    const second = (await page(first.pageInfo.endCursor)).data.campaigns;
    expect(second).toMatchObject({
      totalCount: 8,
      nodes: [{ id: 'cmp_6' }, { id: 'cmp_7' }, { id: 'cmp_8' }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
    statements.length = 0;
    await ask(running.url, '{ campaigns { nodes { id } } }');
    expect(statements.filter((sql) => sql.includes('count(*)'))).toHaveLength(0);
  });

  it.skipIf(missing)('keeps tenants apart', async () => {
    const query = `query ($r: [_Any!]!) {
      campaigns { totalCount nodes { name } } campaign(id: "cmp_2") { id }
      _entities(representations: $r) {
        ... on Contact { engagement { sent } suppressions { id } enrollments { nodes { id } } }
        ... on Account { emailEngagement { sent suppressedContacts } } } }`;
    const r = [
      { __typename: 'Contact', id: 'con_1' },
      { __typename: 'Contact', id: 'con_101' },
      { __typename: 'Account', id: 'acc_big' },
    ];
    expect((await ask(ofOther.url, query, { r })).data).toEqual({
      campaigns: { totalCount: 1, nodes: [{ name: 'Of another tenant' }] },
      campaign: null,
      _entities: [
        { engagement: { sent: 7 }, suppressions: [], enrollments: { nodes: [{ id: 'enr_1' }] } },
        { engagement: null, suppressions: [], enrollments: { nodes: [] } },
        { emailEngagement: { sent: 7, suppressedContacts: 0 } },
      ],
    });
  });

  it.skipIf(missing)('writes again without doubling: versions move only with a change', async () => {
    const write = (rows: ReturnType<typeof recipient>[]) =>
      email.store.transaction((trx) => writeRows(trx, 'recipients', 'rewrite', rows, later));
    expect(await write([recipient(1), recipient(2)])).toEqual(['inserted', 'inserted']);
    expect(await write([recipient(1), recipient(2, { sent: 11 }), recipient(3)])).toEqual([
      'unchanged',
      'updated',
      'inserted',
    ]);
    const { db } = email.store;
    const rows = await db.selectFrom('recipients').selectAll().where('tenant', '=', 'rewrite').execute();
    expect(rows.map(({ id, version, sent }) => [id, version, sent]).toSorted()).toEqual([
      ['con_1', 1, 10],
      ['con_2', 2, 11],
      ['con_3', 1, 10],
    ]);
  });

  it.skipIf(missing)('loses one field, not the contact around it, where the store fails', async () => {
    const broken = await serveForTest({
      ...email.subgraph,
      context: (request) => {
        const context = email.subgraph.context(request);
        context.loaders.recipient.load = async () => {
          throw new Error('secret of the store');
        };
        return context;
      },
      close: async () => {},
    });
    try {
      const { data, errors } = await ask(
        broken.url,
        entities('... on Contact { id engagement { sent } suppressions { id } }'),
        { r: [{ __typename: 'Contact', id: 'con_1' }] },
      );
      expect(data._entities).toEqual([{ id: 'con_1', engagement: null, suppressions: [{ id: 'sup_3' }] }]);
      expect(errors).toMatchObject([
        { path: ['_entities', 0, 'engagement'], extensions: { code: 'INTERNAL_SERVER_ERROR' } },
      ]);
      expect(JSON.stringify(errors)).not.toContain('secret');
    } finally {
      await broken.close();
    }
  });
});
