import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';
import { temporaryWarehouse, warehouses } from '#test/harness/warehouses.ts';
import type { TouchRow, VisitRow } from './adapters/warehouse.ts';
import { type Analytics, openAnalytics } from './main.ts';

const seen = '2026-03-02T00:00:00.000Z';
const mark = '2026-03-01T12:00:00.000Z';

const accountIds = (count: number) => Array.from({ length: count }, (_, n) => `acc_${n + 1}`);
const representations = (typename: string, ids: readonly string[]) =>
  ids.map((id) => ({ __typename: typename, id }));

/** Account n: 4 touches a week apart, and a visit a day for n days, of which two at most are in a window of 7. */
function touchesOf(n: number): TouchRow[] {
  const at = (week: number) =>
    new Date(Date.parse('2026-02-01T00:00:00Z') + week * 7 * 86_400_000).toISOString();
  const touch = (part: number, extra: Pick<TouchRow, 'channel' | 'campaignId' | 'kind'>): TouchRow => ({
    id: `tch_${n}_${part}`,
    accountId: `acc_${n}`,
    leadId: `lea_${n}`,
    at: at(part),
    ...extra,
  });
  return [
    touch(0, { channel: 'PAID_SEARCH', campaignId: null, kind: 'CLICK' }),
    touch(1, { channel: 'EMAIL', campaignId: 'cmp_1', kind: 'OPEN' }),
    touch(2, { channel: 'EMAIL', campaignId: 'cmp_2', kind: 'CLICK' }),
    touch(3, { channel: 'DIRECT', campaignId: null, kind: 'IMPRESSION' }),
  ];
}

function visitOf(n: number): VisitRow {
  return {
    id: `vis_${n}`,
    accountId: `acc_${n}`,
    leadId: `lea_${n}`,
    visitorId: `u_${n}`,
    at: '2026-02-28T09:30:00.000Z',
    pageViews: n,
    seconds: null,
  };
}

describe.each(warehouses)('analytics of $engine', ({ engine, missing }) => {
  const it = test.skipIf(missing);
  let place: Awaited<ReturnType<typeof temporaryWarehouse>>;
  let folder: string;
  let analytics: Analytics;
  let running: RunningSubgraph;
  const statements: string[] = [];

  beforeAll(async () => {
    if (missing) return;
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    place = await temporaryWarehouse(engine);
    analytics = await openAnalytics({
      warehouse: place.location,
      location: { engine: 'sqlite', file: join(folder, 'analytics.sqlite') },
      onQuery: (sql) => statements.push(sql),
    });
    const { warehouse } = analytics;
    const numbers = Array.from({ length: 150 }, (_, n) => n + 1);
    await warehouse.writeTouches('default', numbers.flatMap(touchesOf), seen);
    await warehouse.writeVisits('default', numbers.map(visitOf), seen);
    await warehouse.writeConversions(
      'default',
      [{ id: 'cnv_1', accountId: 'acc_2', kind: 'OPPORTUNITY_WON', at: '2026-02-10T00:00:00Z' }],
      seen,
    );
    await warehouse.writeVisitCounts(
      'default',
      [
        {
          id: 'vct_1',
          leadId: 'lea_imported',
          visits: 5,
          pageViews: 13,
          seconds: 674,
          at: '2026-02-27T00:00:00Z',
        },
      ],
      seen,
    );
    await warehouse.setWatermark('default', mark, seen);
    running = await serveForTest(analytics.subgraph);
  });

  afterAll(async () => {
    await running?.close();
    await place?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  beforeEach(() => {
    statements.length = 0;
  });

  const entities = (typename: string, ids: readonly string[], fields: string) =>
    ask(
      running.url,
      `query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${typename} { id ${fields} } } }`,
      { r: representations(typename, ids) },
    );

  it('adds what an account did, with the time it is of', async () => {
    const { data, errors } = await entities(
      'Account',
      ['acc_2'],
      `usage(window: LAST_7_DAYS) { window visits activeUsers pageViews timeOnSiteSeconds lastSeenAt from to asOf observedAt }
       usageTrend(window: LAST_7_DAYS, interval: WEEK) { interval buckets { start visits pageViews } asOf observedAt }
       touches(first: 2) { totalCount nodes { id channel kind campaign { id } at observedAt } edges { cursor } pageInfo { hasNextPage endCursor } }
       attribution(model: LINEAR) { model touches conversion { id kind at observedAt } credits { channel campaign { id } credit touches } channels { channel credit } asOf observedAt }`,
    );
    expect(errors).toBeUndefined();
    const [account] = data._entities;
    expect(account.usage).toEqual({
      window: 'LAST_7_DAYS',
      visits: 1,
      activeUsers: 1,
      pageViews: 2,
      timeOnSiteSeconds: null,
      lastSeenAt: '2026-02-28T09:30:00.000Z',
      from: '2026-02-23T00:00:00.000Z',
      to: mark,
      asOf: mark,
      observedAt: seen,
    });
    expect(account.usageTrend).toEqual({
      interval: 'WEEK',
      buckets: [{ start: '2026-02-23', visits: 1, pageViews: 2 }],
      asOf: mark,
      observedAt: seen,
    });
    expect(account.touches).toMatchObject({
      totalCount: 4,
      nodes: [
        { id: 'tch_2_3', channel: 'DIRECT', kind: 'IMPRESSION', campaign: null, observedAt: seen },
        { id: 'tch_2_2', campaign: { id: 'cmp_2' }, at: '2026-02-15T00:00:00.000Z' },
      ],
      pageInfo: { hasNextPage: true },
    });
    // Two of the four touches came before the conversion.
    expect(account.attribution).toEqual({
      model: 'LINEAR',
      touches: 2,
      conversion: { id: 'cnv_1', kind: 'OPPORTUNITY_WON', at: '2026-02-10T00:00:00.000Z', observedAt: seen },
      credits: [
        { channel: 'EMAIL', campaign: { id: 'cmp_1' }, credit: '0.500000', touches: 1 },
        { channel: 'PAID_SEARCH', campaign: null, credit: '0.500000', touches: 1 },
      ],
      channels: [
        { channel: 'EMAIL', credit: '0.500000' },
        { channel: 'PAID_SEARCH', credit: '0.500000' },
      ],
      asOf: mark,
      observedAt: seen,
    });
  });

  it('walks touches by cursor, and through one channel', async () => {
    const first = await entities('Account', ['acc_1'], 'touches(first: 3) { pageInfo { endCursor } }');
    const { data, errors } = await ask(
      running.url,
      `query ($r: [_Any!]!, $after: String) { _entities(representations: $r) { ... on Account {
        rest: touches(after: $after) { nodes { id } pageInfo { hasNextPage hasPreviousPage } }
        email: touches(channel: [EMAIL]) { totalCount nodes { id } }
        none: touches(channel: []) { totalCount nodes { id } }
      } } }`,
      {
        r: representations('Account', ['acc_1']),
        after: first.data._entities[0].touches.pageInfo.endCursor,
      },
    );
    expect(errors).toBeUndefined();
    expect(data._entities[0]).toEqual({
      rest: { nodes: [{ id: 'tch_1_0' }], pageInfo: { hasNextPage: false, hasPreviousPage: true } },
      email: { totalCount: 2, nodes: [{ id: 'tch_1_2' }, { id: 'tch_1_1' }] },
      none: { totalCount: 0, nodes: [] },
    });
  });

  it('scores a lead by factors that sum to the score', async () => {
    const { data, errors } = await entities(
      'Lead',
      ['lea_3', 'lea_unknown'],
      'score { value modelVersion from asOf observedAt factors { name points maxPoints value rule } }',
    );
    expect(errors).toBeUndefined();
    const [{ score }, unknown] = data._entities;
    const points = Object.fromEntries(
      score.factors.map((factor: { name: string; points: number }) => [factor.name, factor.points]),
    );
    // One visit of three pages the day before, one message opened, two links clicked; an impression is nothing.
    expect(points).toEqual({ VISITS: 3, PAGE_VIEWS: 3, OPENS: 1, CLICKS: 10, RESPONSES: 0, RECENCY: 20 });
    expect(score).toMatchObject({
      value: 37,
      asOf: mark,
      observedAt: seen,
      from: '2025-12-02T00:00:00.000Z',
    });
    expect(unknown.score).toMatchObject({ value: 0, asOf: mark });
  });

  it('shows what was counted of a lead, and scores it without a day of the last visit', async () => {
    const { data, errors } = await entities(
      'Lead',
      ['lea_imported', 'lea_3'],
      `visitCount { visits pageViews timeOnSiteSeconds countedAt asOf observedAt }
       score { value factors { name points value } }`,
    );
    expect(errors).toBeUndefined();
    const [imported, other] = data._entities;
    expect(imported.visitCount).toEqual({
      visits: 5,
      pageViews: 13,
      timeOnSiteSeconds: 674,
      countedAt: '2026-02-27T00:00:00.000Z',
      asOf: mark,
      observedAt: seen,
    });
    expect(imported.score.value).toBe(25);
    expect(imported.score.factors.filter(({ value }: { value: number | null }) => value !== 0)).toEqual([
      { name: 'VISITS', points: 15, value: 5 },
      { name: 'PAGE_VIEWS', points: 10, value: 13 },
      { name: 'RECENCY', points: 0, value: null },
    ]);
    expect(other.visitCount).toBeNull();
  });

  it('asks the warehouse once per kind for 50 accounts, whatever the models', async () => {
    const { data, errors } = await entities(
      'Account',
      accountIds(50),
      `usage { visits } usageTrend { buckets { visits } } touches(first: 5) { totalCount nodes { campaign { id } } }
       first: attribution(model: FIRST_TOUCH) { credits { credit } } last: attribution(model: LAST_TOUCH) { credits { credit } }
       decay: attribution(model: TIME_DECAY) { credits { credit } } position: attribution(model: POSITION_BASED) { credits { credit } }`,
    );
    expect(errors).toBeUndefined();
    expect(data._entities).toHaveLength(50);
    expect(data._entities[49]).toMatchObject({ usage: { visits: 1 }, touches: { totalCount: 4 } });
    expect(statements).toHaveLength(4);

    statements.length = 0;
    const leads = accountIds(50).map((id) => id.replace('acc', 'lea'));
    await entities('Lead', leads, 'score { value }');
    expect(statements).toHaveLength(1);
  });

  it('cuts a batch beyond 100 ids into chunks', async () => {
    const { data, errors } = await entities('Account', accountIds(150), 'usage { pageViews }');
    expect(errors).toBeUndefined();
    expect(data._entities.map(({ usage }: { usage: { pageViews: number } }) => usage.pageViews)).toEqual(
      Array.from({ length: 150 }, (_, n) => n + 1),
    );
    expect(statements).toHaveLength(2);
  });

  it('tells what channels did, and who was most active', async () => {
    const { data, errors } = await ask(
      running.url,
      `{ channelPerformance { window from to asOf observedAt channels { channel touches accounts assistedConversions } }
         mostActiveAccounts(first: 2) { accounts { account { id } visits pageViews lastSeenAt } asOf observedAt } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.channelPerformance).toMatchObject({
      window: 'LAST_30_DAYS',
      from: '2026-01-31T00:00:00.000Z',
      to: mark,
      channels: [
        { channel: 'EMAIL', touches: 300, accounts: 150, assistedConversions: 1 },
        { channel: 'DIRECT', touches: 150, accounts: 150, assistedConversions: 0 },
        { channel: 'PAID_SEARCH', touches: 150, accounts: 150, assistedConversions: 1 },
      ],
    });
    expect(data.mostActiveAccounts.accounts).toMatchObject([
      { account: { id: 'acc_1' }, visits: 1, pageViews: 1 },
      { account: { id: 'acc_10' }, visits: 1, pageViews: 10 },
    ]);
    expect(statements).toHaveLength(2);
  });

  test.skipIf(missing).each([
    ['touches(first: 101) { nodes { id } }', 'INVALID_ARGUMENT', '100, not 101'],
    ['touches(after: "bm9wZQ") { nodes { id } }', 'INVALID_CURSOR', 'bm9wZQ'],
  ])('refuses %s at the field, and keeps the account', async (field, code, text) => {
    const { data, errors } = await entities('Account', ['acc_1'], `${field} usage { visits }`);
    expect(data._entities).toEqual([{ id: 'acc_1', touches: null, usage: { visits: 1 } }]);
    expect(errors?.[0]).toMatchObject({ path: ['_entities', 0, 'touches'], extensions: { code } });
    expect(errors?.[0]?.message).toContain(text);
  });

  it('refuses a ranking beyond its bound, and a representation without a key', async () => {
    const ranking = await ask(running.url, '{ mostActiveAccounts(first: 101) { asOf } }');
    expect(ranking.errors?.[0]?.extensions?.code).toBe('INVALID_ARGUMENT');
    const { data, errors } = await ask(
      running.url,
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { id } } }',
      {
        r: [
          { __typename: 'Account', domain: 'a.example' },
          { __typename: 'Account', id: 'acc_1' },
        ],
      },
    );
    expect(data._entities).toEqual([null, { id: 'acc_1' }]);
    expect(errors?.[0]?.extensions?.code).toBe('INVALID_REPRESENTATION');
  });

  it('ends the work for a request that its client gave up', async () => {
    const begun = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<unknown>();
    const watched = await serveForTest({
      ...analytics.subgraph,
      close: async () => {},
      context: (request) => {
        const context = analytics.subgraph.context(request);
        context.loaders.path.load = () => {
          begun.resolve();
          request.signal.addEventListener('abort', () => ended.resolve(request.signal.reason));
          return ended.promise.then(() => null);
        };
        return context;
      },
    });
    try {
      const gone = new AbortController();
      const answer = fetch(watched.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          query:
            'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { attribution(model: LINEAR) { touches } } } }',
          variables: { r: representations('Account', ['acc_1']) },
        }),
        signal: gone.signal,
      });
      await begun.promise;
      gone.abort();
      await expect(answer).rejects.toThrow();
      expect(await ended.promise).toMatchObject({ name: 'AbortError' });
    } finally {
      await watched.close();
    }
  });

  it('hides what breaks inside, and keeps the account', async () => {
    const broken = await serveForTest({
      ...analytics.subgraph,
      close: async () => {},
      context: (request) => {
        const context = analytics.subgraph.context(request);
        context.loaders.path.load = async () => {
          throw new Error('secret of the warehouse');
        };
        return context;
      },
    });
    try {
      const answer = await ask(
        broken.url,
        'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { id attribution(model: LINEAR) { touches } } } }',
        { r: representations('Account', ['acc_1']) },
      );
      expect(answer.data._entities).toEqual([{ id: 'acc_1', attribution: null }]);
      expect(JSON.stringify(answer)).not.toContain('secret');
      expect(answer.errors?.[0]?.extensions?.code).toBe('INTERNAL_SERVER_ERROR');
    } finally {
      await broken.close();
    }
  });
});
