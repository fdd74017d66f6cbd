import { afterEach, describe, expect, it } from 'vitest';
import { klaviyoSource } from '#test/harness/vendors/klaviyo.ts';
import {
  type KlaviyoHouse,
  klaviyoCampaign,
  klaviyoFlow,
  klaviyoHouse,
} from '#test/harness/vendors/klaviyo-email.ts';
import type { KlaviyoSeed } from '#test/harness/vendors/klaviyo-state.ts';
import { recordsOf, walk } from '../email-suite.ts';

const ask = () => ({ urgency: 'read', signal: AbortSignal.timeout(20_000) }) as const;
const start = Date.parse('2026-07-10T12:00:00.000Z');

/** The limits of reports are another test's: here years are read as fast as they are asked for. */
const wide = { windows: [{ points: 1_000, perMs: 1_000 }] };

const values = (groupings: Record<string, string>, at: string, statistics: Record<string, number>) => ({
  groupings: { send_channel: 'email', ...groupings },
  at,
  statistics,
});
const ofFlow = (message: string, at: string, recipients: number) =>
  values({ flow_id: 'F1', flow_message_id: message }, at, { recipients, delivered: recipients - 1 });

const counted: KlaviyoSeed = {
  campaigns: [
    klaviyoCampaign('C1', { updated_at: '2026-01-31T00:00:00+00:00' }),
    klaviyoCampaign('C0', {
      send_time: '2024-12-31T20:00:00+00:00',
      created_at: '2024-12-01T00:00:00+00:00',
    }),
    klaviyoCampaign('D1', { status: 'Draft', send_time: null }),
  ],
  flows: [klaviyoFlow('F1', { created: '2025-05-01T00:00:00+00:00' }), klaviyoFlow('F2', { name: null })],
  campaignValues: [
    values({ campaign_id: 'C1', campaign_message_id: 'A' }, '2026-02-02T10:00:00Z', {
      recipients: 10,
      delivered: 9,
      opens_unique: 5,
      clicks_unique: 2,
      bounced: 1,
      unsubscribe_uniques: 1,
    }),
    values({ campaign_id: 'C1', campaign_message_id: 'B' }, '2026-02-02T10:00:00Z', { recipients: 7 }),
    values({ campaign_id: 'C0', campaign_message_id: 'C' }, '2024-12-31T21:00:00Z', { recipients: 3 }),
    values({ campaign_id: 'C0', campaign_message_id: 'C' }, '2025-01-02T21:00:00Z', { opens_unique: 2 }),
  ],
  flowValues: [
    ofFlow('first', '2025-06-01T00:00:00Z', 20),
    ofFlow('second', '2025-06-02T00:00:00Z', 12),
    ofFlow('first', '2026-06-01T00:00:00Z', 4),
  ],
};

describe.skipIf(klaviyoSource().missing)('campaigns and flows of Klaviyo', () => {
  let house: KlaviyoHouse;
  let time = start;
  afterEach(() => house.close());
  const open = async (seed: KlaviyoSeed = counted, settings: object = {}) => {
    time = start;
    house = await klaviyoHouse({ seed, now: () => time });
    const limits = { 'campaign-reports': wide, 'flow-reports': wide };
    return house.open({ settings: { limits, ...settings }, calls: { now: () => time } });
  };
  const reports = () => house.double.requests.filter(({ path }) => path.endsWith('-values-reports'));

  it('have counts of all years, people counted once a flow', async () => {
    const system = await open();
    const seen = await system.read(
      'campaigns',
      { by: 'id', values: ['C1', 'C0', 'D1', 'F1', 'F2', 'X'] },
      ask(),
    );
    const found = new Map(recordsOf(seen).map((each) => [each.id, each]));
    expect([...found.keys()].toSorted()).toEqual(['C0', 'C1', 'D1', 'F1', 'F2']);
    expect(found.get('C1')?.values).toEqual({
      name: 'Campaign C1',
      channel: 'EMAIL',
      status: 'COMPLETED',
      startedAt: '2026-02-02T09:00:00.000Z',
      recipients: 17,
      sent: 17,
      delivered: 9,
      opened: 5,
      clicked: 2,
      bounced: 1,
      unsubscribed: 1,
    });
    expect(found.get('C0')?.values).toMatchObject({ recipients: 3, opened: 2 });
    expect(found.get('D1')?.values).toMatchObject({ status: 'DRAFT', startedAt: null, recipients: 0 });
    expect(found.get('F1')?.values).toMatchObject({
      status: 'ACTIVE',
      startedAt: null,
      recipients: 24,
      sent: 36,
      delivered: 33,
    });
    expect(found.get('F2')?.values.name).toBe('F2');
    // Counts are younger than the campaign, and a state of counts is later than the one before.
    expect(found.get('C1')?.changedAt).toBe('2026-07-10T12:00:00.000Z');
  });

  it('have the counts of all pages of a report', async () => {
    const system = await open();
    const page = (opens_unique: number, next: string | null) => ({
      data: {
        attributes: { results: [{ groupings: { campaign_id: 'C1' }, statistics: { opens_unique } }] },
      },
      links: { next },
    });
    const path = '/api/campaign-values-reports';
    const headers = { 'content-type': 'application/vnd.api+json' };
    const more = `https://elsewhere.example${path}?page_cursor=second`;
    for (const [index, body] of [page(5, more), page(2, null)].entries()) {
      house.proxy.fault(
        { path, nth: index + 1 },
        { kind: 'answer', status: 200, headers, body: JSON.stringify(body) },
      );
    }
    const [record] = recordsOf(await system.read('campaigns', { by: 'id', values: ['C1'] }, ask()));
    expect(record?.values).toMatchObject({ opened: 7 });
    const asked = house.proxy.requests.filter((each) => each.path === path);
    expect(asked.slice(0, 2).map(({ query }) => query.get('page_cursor'))).toEqual([null, 'second']);
  });

  it('are counted as of our clock where Klaviyo tells no time', async () => {
    const system = await open();
    const body = JSON.stringify({ data: { attributes: { results: [] } } });
    const headers = { 'content-type': 'application/vnd.api+json', date: 'soon' };
    house.proxy.fault({ path: /values-reports/ }, { kind: 'answer', status: 200, headers, body });
    time += 60_000;
    const [record] = recordsOf(await system.read('campaigns', { by: 'id', values: ['C1'] }, ask()));
    expect(record?.changedAt).toBe('2026-07-10T12:01:00.000Z');
  });

  it('are counted from the day that the settings name', async () => {
    const system = await open(counted, { historyFrom: '2026-01-01' });
    const [record] = recordsOf(await system.read('campaigns', { by: 'id', values: ['C0'] }, ask()));
    expect(record?.values).toMatchObject({ recipients: 0, opened: 0 });
    expect(reports()).toHaveLength(1);
  });

  it('ask for one report a year and kind, and again once it is too old', async () => {
    const system = await open();
    const key = { by: 'id', values: ['C1', 'C0', 'F1'] };
    await Promise.all([system.read('campaigns', key, ask()), system.read('campaigns', key, ask())]);
    // 2024 to 2026 of campaigns, 2025 and 2026 of flows.
    const first = reports().length;
    expect(first).toBe(5);
    time += 29 * 60_000;
    await system.read('campaigns', key, ask());
    expect(reports()).toHaveLength(first);
    time += 2 * 60_000;
    await system.read('campaigns', key, ask());
    expect(reports()).toHaveLength(first + 2);
    time += 24 * 3_600_000;
    await system.read('campaigns', key, ask());
    expect(reports()).toHaveLength(2 * first + 2);
    for (const { body } of reports()) {
      const { attributes } = (body as { data: { attributes: { timeframe: { start: string } } } }).data;
      expect(attributes.timeframe.start).toMatch(/^202[456]-01-01T00:00:00\+00:00$/);
    }
  });

  it('come in changes for their counts too, all of them once counts may be too old', async () => {
    const system = await open();
    const all = await walk(system, 'campaigns', null);
    expect(recordsOf(all.seen).map(({ id }) => id)).toEqual(['C1', 'C0', 'D1', 'F1', 'F2']);
    time += 60_000;
    // Within the overlap of the last change, and nothing from before.
    const some = await walk(system, 'campaigns', all.next);
    expect(recordsOf(some.seen).map(({ id }) => id)).toEqual(['C0', 'D1', 'F1', 'F2']);
    time += 30 * 60_000;
    house.double.state.campaignValues.push(
      values({ campaign_id: 'C1', campaign_message_id: 'A' }, '2026-07-10T12:10:00Z', { opens_unique: 1 }),
    );
    const again = recordsOf((await walk(system, 'campaigns', some.next)).seen);
    expect(again).toHaveLength(5);
    const changed = again.find(({ id }) => id === 'C1');
    expect(changed).toMatchObject({ values: { opened: 6 }, changedAt: '2026-07-10T12:31:00.000Z' });
  });

  it('have no status that the mapping does not name', async () => {
    const system = await open({
      campaigns: [klaviyoCampaign('C1', { status: 'Unknown' })],
      flows: [klaviyoFlow('F1', { status: 'constructor' })],
    });
    const seen = await system.read('campaigns', { by: 'id', values: ['C1', 'F1'] }, ask());
    const problems = (value: string) => [{ field: 'status', property: 'status', value }];
    expect(seen).toEqual([
      { kind: 'unmapped', id: 'C1', problems: problems('Unknown') },
      { kind: 'unmapped', id: 'F1', problems: problems('constructor') },
    ]);
  });
});
