import { describe, expect, it } from 'vitest';
import type { Urgency } from '#chassis/vendor/calls.ts';
import { byId, company, hubspotForTest, pushOptions } from '#test/harness/vendors/hubspot-asking.ts';
import type { HubspotPlace } from '#test/harness/vendors/hubspot-place.ts';
import type { CrmSystem } from '../crm.ts';
import { limitsOfAccount, reachedOf } from './answers.ts';
import { hubspotSettings, limitsOf, usualLimits } from './settings.ts';

const asked = (urgency: Urgency = 'read') => ({ urgency, signal: AbortSignal.timeout(20_000) });
const readIn = (system: CrmSystem, id: string) => system.read('accounts', byId(id), asked());
const searchIn = (system: CrmSystem) =>
  system.read('accounts', { by: 'domain', values: ['a.example'] }, asked());
const assign = (system: CrmSystem, id: string) =>
  system.push({ kind: 'update', type: 'accounts', id, values: { ownerId: null } }, pushOptions());
const limited = { failure: { kind: 'limited', retryAfterMs: expect.any(Number) } };
const statuses = ({ hubspot }: HubspotPlace) => hubspot.requests.map(({ status }) => status);

/** Where it is about noon, so that no day ends while a test runs. */
const hoursToNoon = 12 - new Date().getUTCHours();
const zone = `Etc/GMT${hoursToNoon > 0 ? '-' : '+'}${Math.abs(hoursToNoon)}`;

/** A HubSpot with so many calls a day. It is noon there. */
async function withDaily(daily: number): Promise<HubspotPlace> {
  const place = await hubspotForTest({ hubspot: { limits: { daily } }, settings: wide });
  place.hubspot.clock.freeze(Date.parse('2026-03-01T12:00:00Z'));
  return place;
}

/** Own limits that stop nothing, with a day that HubSpot's comes short of. */
const wide = {
  limits: {
    account: { windows: [{ points: 10_000, perMs: 1_000 }], perDay: { points: 650_000, zone } },
    search: { windows: [{ points: 1_000, perMs: 1_000 }] },
  },
};

describe("the account's limit of the day", () => {
  it('is used by reads and searches alike, and stops both; another account goes on', async () => {
    const [place, other] = [await withDaily(6), await hubspotForTest()];
    const id = company(place.hubspot.portal, { domain: 'a.example' });
    const elsewhere = company(other.hubspot.portal, { domain: 'a.example' });
    for (let n = 0; n < 3; n += 1) {
      await searchIn(place.system);
      await readIn(place.system, id);
    }
    await expect(readIn(place.system, id)).rejects.toMatchObject(limited);
    const made = place.hubspot.requests.length;
    for (const call of [
      () => searchIn(place.system),
      () => readIn(place.system, id),
      () => assign(place.system, id),
    ]) {
      await expect(call()).rejects.toMatchObject(limited);
    }
    expect(place.hubspot.requests).toHaveLength(made);

    const second = await place.beside({ portalId: 99, baseUrl: other.proxy.url });
    expect(await readIn(second, elsewhere)).toHaveLength(1);
    expect(await searchIn(second)).toHaveLength(1);
  });

  it('stops reads where a search was refused for it, in all processes', async () => {
    const place = await withDaily(2);
    const id = company(place.hubspot.portal, { domain: 'a.example' });
    await searchIn(place.system);
    await searchIn(place.system);
    await expect(searchIn(place.system)).rejects.toMatchObject(limited);
    expect(statuses(place)).toEqual([200, 200, 429]);
    const process = await place.beside({});
    await expect(readIn(process, id)).rejects.toMatchObject(limited);
    await expect(searchIn(process)).rejects.toThrow('the limit of "account" is reached');
    expect(place.hubspot.requests).toHaveLength(3);
  });

  it('is kept to as HubSpot says it, with the part of those whom somebody waits for', async () => {
    const place = await withDaily(1_000);
    const id = company(place.hubspot.portal);
    await readIn(place.system, id);
    const sync = () => place.system.read('accounts', byId(id), asked('sync'));
    // HubSpot has less left than is kept for the urgent of what we believed.
    await expect.poll(() => sync().catch((error: unknown) => error)).toMatchObject(limited);
    expect(await readIn(place.system, id)).toHaveLength(1);
    expect(new Set(statuses(place))).toEqual(new Set([200]));
  });

  it('is our own count of both where HubSpot says nothing', async () => {
    const { account, search } = wide.limits;
    const place = await hubspotForTest({
      settings: { limits: { search, account: { ...account, perDay: { points: 3, zone } } } },
    });
    const id = company(place.hubspot.portal, { domain: 'a.example' });
    await searchIn(place.system);
    await readIn(place.system, id);
    await searchIn(place.system);
    for (const call of [() => readIn(place.system, id), () => searchIn(place.system)]) {
      await expect(call()).rejects.toMatchObject(limited);
    }
    expect(place.hubspot.requests).toHaveLength(3);
  });
});

describe("the account's limit of ten seconds", () => {
  it('stops searches too where a read was refused for it', async () => {
    const place = await hubspotForTest({ settings: wide });
    const id = company(place.hubspot.portal, { domain: 'a.example' });
    place.hubspot.limits.set({ tenSecondly: 0 });
    await expect(readIn(place.system, id)).rejects.toMatchObject(limited);
    const made = place.hubspot.requests.length;
    await expect(searchIn(place.system)).rejects.toMatchObject(limited);
    expect(place.hubspot.requests).toHaveLength(made);
  });
});

describe('the limit of searches', () => {
  it('stops no reads', async () => {
    const place = await hubspotForTest({ settings: wide });
    const id = company(place.hubspot.portal, { domain: 'a.example' });
    const headers = { 'content-type': 'application/json', 'retry-after': '3600' };
    const fault = { kind: 'answer', status: 429, headers, body: '{"policyName":"SECONDLY"}' } as const;
    place.proxy.fault({ path: /search/ }, fault);
    await expect(searchIn(place.system)).rejects.toMatchObject(limited);
    await expect(searchIn(place.system)).rejects.toThrow('the limit of "search" is reached');
    expect(await readIn(place.system, id)).toHaveLength(1);
  });
});

describe('what HubSpot says of its limits', () => {
  it('is of the account, by name of the policy', () => {
    expect(reachedOf({ policyName: 'DAILY' })).toEqual({ of: 'account', per: 'day' });
    expect(reachedOf({ policyName: 'TEN_SECONDLY_ROLLING' })).toEqual({ of: 'account' });
    expect(reachedOf({ policyName: 'SECONDLY' })).toEqual({ of: 'class' });
    for (const body of [{ policyName: 'LUNAR' }, { policyName: 7 }, 'busy', undefined]) {
      expect(reachedOf(body)).toBeNull();
    }
  });

  it('is of the account, by its headers, where they are numbers', () => {
    const tenSeconds = {
      'x-hubspot-ratelimit-remaining': '12',
      'x-hubspot-ratelimit-interval-milliseconds': '10000',
    };
    expect(limitsOfAccount({ ...tenSeconds, 'x-hubspot-ratelimit-daily-remaining': '7' })).toEqual([
      { of: 'account', per: 'day', remaining: 7 },
      { of: 'account', remaining: 12, resetMs: 10_000 },
    ]);
    expect(limitsOfAccount(tenSeconds)).toHaveLength(1);
    expect(limitsOfAccount({ 'x-hubspot-ratelimit-daily-remaining': '' })).toEqual([]);
    expect(limitsOfAccount({ 'x-hubspot-ratelimit-remaining': '12' })).toEqual([]);
  });
});

describe('limits in the settings', () => {
  const settings = (limits?: object, timeZone?: string) =>
    hubspotSettings.parse({
      portalId: 1,
      credentials: { privateApp: { env: 'TOKEN' } },
      currency: 'EUR',
      timeZone,
      limits,
    });

  it("count a day of the account's time zone, unless they name another", () => {
    expect(limitsOf(settings(undefined, 'Europe/Berlin'))).toEqual({
      ...usualLimits,
      account: { ...usualLimits.account, perDay: { points: 650_000, zone: 'Europe/Berlin' } },
    });
    const { windows } = usualLimits.account;
    const named = { account: { windows, perDay: { points: 9, zone: 'Asia/Tokyo' } } };
    expect(limitsOf(settings(named, 'Europe/Berlin'))).toEqual({ ...named, search: usualLimits.search });
    const noDay = { account: { windows }, default: { windows } };
    expect(limitsOf(settings(noDay))).toEqual({ ...noDay, search: usualLimits.search });
  });

  it.each([
    ['of no class', { mail: { windows: [{ points: 1, perMs: 1 }] } }, '"mail"'],
    ['of the account without windows', { account: { perDay: { points: 1 } } }, '"windows"'],
    [
      'of no call a day',
      { account: { windows: [{ points: 1, perMs: 1 }], perDay: { points: 0 } } },
      '"points"',
    ],
  ])('%s are refused by name', (_, limits, name) => {
    expect(() => settings(limits)).toThrow(name);
  });
});
