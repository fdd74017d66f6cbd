import { afterEach, describe, expect, it } from 'vitest';
import { klaviyoSource } from '#test/harness/vendors/klaviyo.ts';
import { type KlaviyoHouse, klaviyoHouse } from '#test/harness/vendors/klaviyo-email.ts';
import { emailTypes } from '../email.ts';
import { walk } from '../email-suite.ts';
import { cursorOf } from './client.ts';
import { publishedLimits } from './settings.ts';

const ask = () => ({ urgency: 'read', signal: AbortSignal.timeout(20_000) }) as const;
const ada = { contactId: 'contact-ada', address: 'ada@example.com' };

/** By path, what Klaviyo shows on one page at most. */
const mostPerPage: Readonly<Record<string, number>> = {
  '/api/profiles': 100,
  '/api/campaigns': 100,
  '/api/flows': 50,
  '/api/events': 1_000,
};

describe('a link to the next page', () => {
  it.each([
    ['https://elsewhere.example/api/profiles?page%5Bcursor%5D=a%2Bb%3D&sort=updated', 'a+b='],
    ['https://a.klaviyo.com/api/profiles?sort=updated', null],
    ['/api/profiles?page%5Bcursor%5D=a', null],
    [null, null],
    [undefined, null],
  ])('%s says no more than the cursor', (link, cursor) => {
    expect(cursorOf(link, 'page[cursor]')).toBe(cursor);
  });
});

describe.skipIf(klaviyoSource().missing)('what Klaviyo is asked', () => {
  let house: KlaviyoHouse;
  afterEach(() => house.close());

  it('is of one revision, within its pages, and of the least that is needed of people', async () => {
    house = await klaviyoHouse();
    await house.platform.addRecipients([ada]);
    await house.system.check(ask().signal);
    for (const type of emailTypes) await walk(house.system, type, null);
    const change = { kind: 'suppress', addressee: { ...ada, recipientId: null }, reason: 'MANUAL' } as const;
    await house.system.push(change, { idempotencyKey: 'k', signal: ask().signal });
    const { requests } = house.double;
    expect(new Set(requests.map(({ status }) => Math.floor((status ?? 0) / 100)))).toEqual(new Set([2]));
    expect(new Set(requests.map(({ headers }) => headers.revision))).toEqual(new Set(['2026-07-15']));
    for (const { path, query } of requests) {
      const size = query.get('page[size]');
      if (size !== null) expect(Number(size), path).toBeLessThanOrEqual(mostPerPage[path] ?? 0);
    }
    const fields = new Set(requests.flatMap(({ query }) => query.get('fields[profile]')?.split(',') ?? []));
    expect([...fields].toSorted()).toEqual([
      'created',
      'email',
      'external_id',
      'properties',
      'subscriptions',
      'updated',
    ]);
    expect(requests.some(({ path }) => path.includes(ada.address))).toBe(false);
  });

  it('is in batches that it takes; larger ones are refused before they are sent', async () => {
    house = await klaviyoHouse();
    const before = house.double.requests.length;
    for (const [type, by] of [
      ['recipients', 'id'],
      ['suppressions', 'address'],
      ['campaigns', 'id'],
    ] as const) {
      const { batch } = house.system.capabilities.types[type];
      const values = Array.from({ length: batch + 1 }, (_, index) => `x${index}`);
      await expect(house.system.read(type, { by, values }, ask())).rejects.toThrow(`takes ${batch}`);
      await expect(house.system.read(type, { by: 'name', values: ['x'] }, ask())).rejects.toThrow(
        'by "name"',
      );
      expect(await house.system.read(type, { by, values: [] }, ask())).toEqual([]);
    }
    expect(house.double.requests).toHaveLength(before);
  });

  it('is within windows that the settings name, and no more than the headers say is left', async () => {
    house = await klaviyoHouse({ rateLimits: [{ name: 'burst', limit: 3, windowMs: 60_000 }] });
    const read = { by: 'address', values: [ada.address] };
    const windows = [{ points: 2, perMs: 60_000 }];
    const narrow = await house.open({ settings: { limits: { profiles: { windows } } } });
    await narrow.read('recipients', read, ask());
    await narrow.read('recipients', read, ask());
    await expect(narrow.read('recipients', read, ask())).rejects.toMatchObject({
      failure: { kind: 'limited' },
    });
    expect(house.double.requests).toHaveLength(2);
    // Others than us use the account: with the published limits it is the headers that say so.
    await house.system.read('recipients', read, ask());
    await expect(house.system.read('recipients', read, ask())).rejects.toMatchObject({
      failure: { kind: 'limited' },
    });
    expect(house.double.requests.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('is two reports a minute at most, and what was counted is kept', async () => {
    house = await klaviyoHouse({ rateLimits: 'documented' });
    const system = await house.open({ calls: { longestWaitMs: { read: 1_500 } } });
    const read = (id: string) => system.read('campaigns', { by: 'id', values: [id] }, ask());
    expect(await read('C1')).toHaveLength(1);
    expect(await read('F1')).toHaveLength(1);
    expect(await read('C1')).toHaveLength(1);
    const reports = house.double.requests.filter(({ path }) => path.endsWith('reports'));
    expect(reports.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('has the limits of the specification as its bounds', async () => {
    house = await klaviyoHouse();
    expect(publishedLimits['campaign-reports']).toEqual({
      windows: [
        { points: 1, perMs: 1_000 },
        { points: 2, perMs: 60_000 },
      ],
      perDay: { points: 225 },
    });
    expect(publishedLimits.flows.windows).toEqual([
      { points: 3, perMs: 1_000 },
      { points: 60, perMs: 60_000 },
    ]);
  });
});
