import { describe, expect, it } from 'vitest';
import { VendorError } from '#chassis/vendor/error.ts';
import {
  expiredToken,
  type Fault,
  html,
  rateLimited,
  serverError,
  wrongJson,
} from '#test/harness/vendors/faults.ts';
import {
  byId,
  company,
  hubspotForTest,
  onlyRecord,
  options,
  pushOptions,
} from '#test/harness/vendors/hubspot-asking.ts';
import { clientSecret, type HubspotPlace, privateToken } from '#test/harness/vendors/hubspot-place.ts';
import { hubspotSettings, usualLimits } from './settings.ts';

const answer = (status: number, body: object, headers = {}): Fault => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** A batch of which HubSpot did nothing, for this reason. */
const nothingDone = (category: string): Fault =>
  answer(207, {
    status: 'COMPLETE',
    results: [],
    numErrors: 1,
    errors: [{ status: 'error', category, message: `It is ${category}.`, context: {} }],
    startedAt: '2026-03-01T09:00:00.000Z',
    completedAt: '2026-03-01T09:00:00.000Z',
  });

describe('what goes wrong on the way to HubSpot', () => {
  const read = (place: HubspotPlace, id: string) => place.system.read('accounts', byId(id), options());
  const unavailable = { failure: { kind: 'unavailable' } };

  it.each<readonly [string, Fault]>([
    ['a 429 that says how long', rateLimited(1, '{"policyName":"SECONDLY"}')],
    ['a 503', serverError()],
    ['the page of a gateway', html(502)],
    ['a page in the place of an answer', html(200)],
    ['JSON of another shape', wrongJson({ results: [{ id: 7 }] })],
    ['JSON that breaks off', { kind: 'truncated', bytes: 40, honest: true }],
    ['a body that breaks off', { kind: 'truncated', bytes: 40, honest: false }],
    ['a connection that is lost before', { kind: 'reset', when: 'unsent' }],
    ['a connection that is lost in the middle', { kind: 'reset', when: 'mid-body' }],
    ['an answer byte by byte', { kind: 'slow', bytes: 100, everyMs: 1 }],
    ['a lock', answer(423, { status: 'error', category: 'LOCKED', message: 'locked' })],
    ['an account that is being moved', answer(477, {}, { 'retry-after': '1' })],
    ['a batch that was not read', nothingDone('INTERNAL_ERROR')],
  ])('%s is got over by another attempt', async (_, fault) => {
    const place = await hubspotForTest();
    const id = company(place.hubspot.portal);
    place.proxy.fault({ nth: 1 }, fault);
    expect(onlyRecord(await read(place, id)).id).toBe(id);
    expect(place.log()).not.toContain(privateToken);
  });

  it('what an association says is not lost with it', async () => {
    const place = await hubspotForTest();
    const accountId = company(place.hubspot.portal);
    const values = { accountId, email: null, name: 'P', title: null, phone: null, country: null };
    const id = await place.add('contacts', values);
    place.proxy.fault({ path: /associations/, nth: 1 }, nothingDone('INTERNAL_ERROR'));
    const seen = await place.system.read('contacts', byId(id), options());
    expect(onlyRecord(seen).values).toMatchObject({ accountId });
  });

  it('a change that is not made is refused for what HubSpot says, or tried again', async () => {
    const place = await hubspotForTest();
    const id = company(place.hubspot.portal);
    const assign = () =>
      place.system.push({ kind: 'update', type: 'accounts', id, values: { ownerId: null } }, pushOptions());
    const heal = place.proxy.fault({ path: /batch/ }, nothingDone('VALIDATION_ERROR'));
    const refused = { kind: 'rejected', code: 'VALIDATION_ERROR', reason: 'It is VALIDATION_ERROR.' };
    expect(await assign()).toEqual(refused);
    heal();
    place.proxy.fault({ path: /batch/ }, nothingDone('INTERNAL_ERROR'));
    await expect(assign()).rejects.toMatchObject(unavailable);
  });

  it('a change is not refused for the account being moved', async () => {
    const place = await hubspotForTest();
    const id = company(place.hubspot.portal);
    const change = { kind: 'update', type: 'accounts', id, values: { ownerId: null } } as const;
    place.proxy.fault({}, answer(477, {}, { 'retry-after': '86400' }));
    await expect(place.system.push(change, pushOptions())).rejects.toMatchObject({
      failure: { kind: 'limited', retryAfterMs: expect.any(Number) },
    });
  });

  it('a vendor that stays down is said to be', async () => {
    const place = await hubspotForTest();
    const id = company(place.hubspot.portal);
    place.proxy.fault({}, serverError());
    await expect(read(place, id)).rejects.toMatchObject(unavailable);
    await expect(place.system.check(options().signal)).rejects.toBeInstanceOf(VendorError);
  });

  it('a 429 that does not say how long stops what else is asked, and is waited out', async () => {
    const place = await hubspotForTest({
      settings: { limits: { default: { windows: [{ points: 100, perMs: 500 }] } } },
    });
    const id = company(place.hubspot.portal);
    place.proxy.fault({ nth: 1 }, rateLimited());
    const begun = Date.now();
    expect(onlyRecord(await read(place, id)).id).toBe(id);
    expect(Date.now() - begun).toBeGreaterThan(900);
  });

  it('nobody waits for an answer that does not come', async () => {
    const place = await hubspotForTest();
    const id = company(place.hubspot.portal);
    place.proxy.fault({}, { kind: 'timeout' });
    const signal = AbortSignal.timeout(200);
    await expect(place.system.read('accounts', byId(id), { urgency: 'read', signal })).rejects.toThrow(
      'timeout',
    );
  });

  it('a secret that HubSpot refuses is read again, and refused for good after that', async () => {
    const place = await hubspotForTest();
    const id = company(place.hubspot.portal);
    place.hubspot.tokens.revoke(privateToken);
    await expect(read(place, id)).rejects.toMatchObject({ failure: { kind: 'unauthorized' } });
    expect(place.log()).not.toContain(privateToken);
  });

  it('tokens that end are replaced', async () => {
    process.env.TEST_HUBSPOT_SECRET = clientSecret;
    process.env.TEST_HUBSPOT_REFRESH = 'refresh-token';
    const oauth = {
      clientId: 'client-id',
      clientSecret: { env: 'TEST_HUBSPOT_SECRET' },
      refreshToken: { env: 'TEST_HUBSPOT_REFRESH' },
    };
    const place = await hubspotForTest({ settings: { credentials: { oauth } } });
    const id = company(place.hubspot.portal);
    expect(onlyRecord(await read(place, id)).id).toBe(id);
    const answer = {
      status: 401,
      body: { status: 'error', message: 'expired', category: 'EXPIRED_AUTHENTICATION' },
    };
    place.proxy.fault({ path: /objects/ }, expiredToken(answer, 'once'));
    await expect(read(place, id)).rejects.toMatchObject({ failure: { kind: 'unauthorized' } });
    expect(onlyRecord(await read(place, id)).id).toBe(id);
    expect(place.log()).not.toContain(clientSecret);
  });

  it('addresses and names stand in no log', async () => {
    const place = await hubspotForTest();
    const { portal } = place.hubspot;
    const id = portal.seed('contacts', { email: 'quiet@buyer.example', firstname: 'Quiet' });
    place.proxy.fault({ nth: [1, 2] }, serverError());
    await place.system.read('contacts', { by: 'email', values: ['quiet@buyer.example'] }, options());
    await place.system.push(
      { kind: 'update', type: 'accounts', id, values: { ownerId: 'quiet@buyer.example' } },
      pushOptions(),
    );
    expect(place.log()).not.toMatch(/quiet/i);
  });
});

describe('limits', () => {
  it("are HubSpot's own: searches wait for one another", async () => {
    expect(hubspotSettings.shape.limits.parse(undefined)).toEqual(usualLimits);
    const { system, hubspot, proxy } = await hubspotForTest({
      settings: { limits: {} },
    });
    company(hubspot.portal, { domain: 'a.example' });
    const asked = { urgency: 'read', signal: AbortSignal.timeout(20_000) } as const;
    await Promise.all(
      Array.from({ length: 9 }, () =>
        system.read('accounts', { by: 'domain', values: ['A.example'] }, asked),
      ),
    );
    // Less than a second, since the way there takes some longer than others.
    expect(proxy.busiest(700, { path: /search/ })).toBeLessThanOrEqual(4);
    expect(proxy.requests).toHaveLength(9);
  });
});
