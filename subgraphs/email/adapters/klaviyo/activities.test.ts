import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { klaviyoSource } from '#test/harness/vendors/klaviyo.ts';
import { type KlaviyoHouse, klaviyoHouse } from '#test/harness/vendors/klaviyo-email.ts';
import { recordsOf, walk } from '../email-suite.ts';
import { eventsPerPage } from './activities.ts';

const ada = { contactId: 'contact-ada', address: 'ada@example.com' };
const start = Date.parse('2026-03-01T09:00:00.000Z');

describe.skipIf(klaviyoSource().missing)('activities of Klaviyo', () => {
  let house: KlaviyoHouse;
  let profileId = '';
  beforeEach(async () => {
    house = await klaviyoHouse();
    [profileId = ''] = await house.platform.addRecipients([ada]);
  });
  afterEach(() => house.close());

  const happened = (metric: string, uniqueId: string, time: number, properties: object = {}) => {
    const metricId = house.double.state.metricNamed(metric).id;
    house.double.state.record({ profileId, metricId, uniqueId, time, properties: { ...properties } });
  };
  const kinds = async (since: string | null) => {
    const { seen, next } = await walk(house.system, 'activities', since);
    return { kinds: recordsOf(seen).map(({ values }) => values.kind), next };
  };

  it('go on with all of a second, which is how exactly Klaviyo can be asked', async () => {
    happened('Opened Email', 'o', start);
    const id = house.double.state.metricNamed('Opened Email').id;
    const since = new Date(start + 900).toISOString();
    const left = [{ id, kind: 'OPENED' }];
    const cursor = JSON.stringify({ read: { [id]: { since, page: null } }, left });
    expect((await kinds(cursor)).kinds).toEqual(['OPENED']);
  });

  it('are events of every metric of the mapping, more than a page of them within one second too', async () => {
    const many = eventsPerPage * 2 + 3;
    for (let index = 0; index < many; index += 1) happened('Opened Email', `o${index}`, start);
    happened('Received Email', 'r', start - 1_000);
    happened('Bounced Email', 'b', start + 1_000);
    happened('Placed Order', 'p', start);
    const { seen, next } = await walk(house.system, 'activities', null);
    const told = new Map(recordsOf(seen).map((each) => [each.id, each.values.kind]));
    expect(told.size).toBe(many + 2);
    happened('Clicked Email', 'c', start - 60_000);
    expect((await kinds(next)).kinds).toContain('CLICKED');
  });

  it('that Klaviyo shows late are found within the overlap', async () => {
    happened('Opened Email', 'first', start);
    const { next } = await kinds(null);
    happened('Opened Email', 'late', start - 500_000);
    happened('Opened Email', 'too late', start - 700_000);
    expect(await kinds(next)).toMatchObject({ kinds: ['OPENED', 'OPENED'] });
  });

  it('begin with the day that the settings name', async () => {
    happened('Opened Email', 'old', start);
    happened('Opened Email', 'new', start + 86_400_000);
    const system = await house.open({ settings: { historyFrom: '2026-03-02' } });
    const { seen } = await walk(system, 'activities', null);
    expect(recordsOf(seen)).toMatchObject([{ values: { at: '2026-03-02T09:00:00.000Z' } }]);
  });

  it('say of which message and campaign they are, in all forms that Klaviyo has', async () => {
    happened('Opened Email', '1', start, { $message: 'MSG', $flow: 'F1' });
    happened('Opened Email', '2', start + 1_000, { $message: 'C1' });
    happened('Opened Email', '3', start + 2_000, { $message: 'C1', $_cohort$message_send_cohort: 17 });
    happened('Opened Email', '4', start + 3_000, { $message: { no: 'text' } });
    const { seen } = await walk(house.system, 'activities', null);
    const told = recordsOf(seen);
    expect(told.map(({ values }) => [values.campaignId, values.messageId])).toEqual([
      ['F1', `MSG:${profileId}`],
      ['C1', `C1:${profileId}`],
      ['C1', `17:${profileId}`],
      [null, `${told[3]?.id}:${profileId}`],
    ]);
    expect(new Set(told.map(({ values }) => values.address))).toEqual(new Set([null]));
  });
});
