import { describe, expect, it } from 'vitest';
import { hubspotLimits } from '../hubspot.ts';
import { clientSecret, failureOf, hubspotWithSdk, sdkFor } from './through-sdk.ts';

describe('values that are refused', () => {
  it('names a property that does not exist and an option that is none', async () => {
    const { sdk } = await hubspotWithSdk();
    const unknown = await failureOf(sdk.crm.companies.basicApi.create({ properties: { bogus: '1' } }));
    expect(unknown).toMatchObject({
      code: 400,
      body: {
        status: 'error',
        category: 'VALIDATION_ERROR',
        correlationId: expect.any(String),
        errors: [{ code: 'PROPERTY_DOESNT_EXIST', context: { propertyName: ['bogus'] } }],
      },
    });
    const option = await failureOf(
      sdk.crm.contacts.basicApi.create({ properties: { email: 'a@x.example', lifecyclestage: 'star' } }),
    );
    expect(option.body.message).toContain('star was not one of the allowed options: [subscriber,');
    expect(option.body.errors).toMatchObject([{ code: 'INVALID_OPTION' }]);
  });

  it.each([
    ['companies', 'annualrevenue', 'much', 'INVALID_DOUBLE'],
    ['companies', 'hs_object_id', '7', 'READ_ONLY_VALUE'],
    ['companies', 'hubspot_owner_id', '999', 'INVALID_OWNER_ID'],
    ['contacts', 'email', 'nobody', 'INVALID_EMAIL'],
    ['deals', 'closedate', 'soon', 'INVALID_DATE'],
    ['deals', 'dealstage', 'nowhere', 'INVALID_OPTION'],
  ] as const)('of %s.%s: %s', async (type, name, value, code) => {
    const { hubspot, sdk } = await hubspotWithSdk();
    const id = hubspot.portal.seed(type, {});
    const failure = await failureOf(
      sdk.crm.objects.basicApi.update(type, id, { properties: { [name]: value } }),
    );
    expect(failure).toMatchObject({ code: 400, body: { errors: [{ code }] } });
  });

  it('refuses what another contact has with 409, any other unique value with 400', async () => {
    const { hubspot, sdk } = await hubspotWithSdk({
      properties: { deals: [{ name: 'tributary_id', type: 'string', hasUniqueValue: true }] },
    });
    const id = hubspot.portal.seed('contacts', { email: 'ann@x.example' });
    const taken = sdk.crm.contacts.basicApi.create({ properties: { email: 'ANN@x.example' } });
    expect(await failureOf(taken)).toMatchObject({
      code: 409,
      body: { category: 'CONFLICT', message: `Contact already exists. Existing ID: ${id}` },
    });
    hubspot.portal.seed('deals', { tributary_id: 'op-1' });
    const other = sdk.crm.deals.basicApi.create({ properties: { tributary_id: 'op-1' } });
    expect(await failureOf(other)).toMatchObject({
      code: 400,
      body: { errors: [{ code: 'CONFLICTING_UNIQUE_VALUE' }] },
    });
    hubspot.portal.archive('contacts', id);
    await sdk.crm.contacts.basicApi.create({ properties: { email: 'ann@x.example' } });
  });

  it('refuses a lead that is nobody’s', async () => {
    const { sdk } = await hubspotWithSdk();
    const failure = await failureOf(
      sdk.crm.objects.leads.basicApi.create({ properties: { hs_lead_name: 'x' } }),
    );
    expect(failure).toMatchObject({ code: 400, body: { category: 'VALIDATION_ERROR' } });
  });
});

describe('requests that the SDK would not make', () => {
  it.each([
    ['POST', 'objects/companies', { properties: { name: 7 } }, 'properties.name'],
    ['POST', 'objects/companies', { fields: {} }, 'properties'],
    ['POST', 'objects/companies', { properties: {}, extra: 1 }, 'extra'],
    ['POST', 'objects/contacts/search', { filterGroups: [{ filters: [{ propertyName: 'x' }] }] }, 'operator'],
    [
      'POST',
      'objects/contacts/search',
      { filterGroups: [{ filters: [{ propertyName: 'x', operator: 'LIKE' }] }] },
      'LIKE',
    ],
    ['POST', 'objects/contacts/batch/read', { inputs: [{ id: '1' }] }, 'properties'],
    ['POST', 'objects/contacts/batch/upsert', { inputs: [{ properties: {} }] }, 'inputs[0].id'],
    ['PATCH', 'objects/contacts/1', [], 'the body'],
  ])('%s %s %j', async (method, path, body, named) => {
    const { sdk } = await hubspotWithSdk();
    const response = await sdk.apiRequest({ method, path: `/crm/v3/${path}`, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      category: 'VALIDATION_ERROR',
      message: expect.stringContaining(named),
    });
  });

  it('says so where it lacks what HubSpot has', async () => {
    const { sdk } = await hubspotWithSdk();
    const failure = await failureOf(sdk.crm.tickets.basicApi.getPage());
    expect(failure.code).toBe(400);
    const query = await failureOf(sdk.crm.contacts.searchApi.doSearch({ query: 'ann' }));
    expect(query).toMatchObject({ code: 501, body: { category: 'NOT_MODELLED' } });
  });
});

describe('tokens', () => {
  const credentials = ['client-id', clientSecret, 'refresh-token'] as const;

  it('gives an access token for a refresh token, and refuses it once it is too old', async () => {
    const { hubspot, sdk } = await hubspotWithSdk({ privateAppTokens: [] });
    expect(await failureOf(sdk.crm.companies.basicApi.getPage())).toMatchObject({
      code: 401,
      body: { category: 'INVALID_AUTHENTICATION' },
    });
    const token = await sdk.oauth.tokensApi.create('refresh_token', undefined, undefined, ...credentials);
    expect(token).toMatchObject({ expiresIn: 1800, refreshToken: 'refresh-token', tokenType: 'bearer' });
    const entitled = sdkFor(hubspot, token.accessToken);
    await entitled.crm.companies.basicApi.getPage();
    hubspot.clock.advance(1_800_000);
    expect(await failureOf(entitled.crm.companies.basicApi.getPage())).toMatchObject({
      code: 401,
      body: { category: 'EXPIRED_AUTHENTICATION' },
    });
    expect(hubspot.tokens.issued()).toBe(1);
  });

  it.each([
    [0, 'BAD_CLIENT_ID'],
    [1, 'BAD_CLIENT_SECRET'],
    [2, 'BAD_REFRESH_TOKEN'],
  ] as const)('refuses credential %i when it is wrong: %s', async (place, status) => {
    const { sdk } = await hubspotWithSdk();
    const [id, secret, refresh] = credentials.map((text, n) => (n === place ? 'wrong' : text));
    const failure = await failureOf(
      sdk.oauth.tokensApi.create('refresh_token', undefined, undefined, id, secret, refresh),
    );
    expect(failure).toMatchObject({ code: 400, body: { status } });
  });

  it('asks for scopes, and stops a token that was revoked', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    hubspot.tokens.grant(['crm.objects.companies.read']);
    await sdk.crm.companies.basicApi.getPage();
    expect(await failureOf(sdk.crm.companies.basicApi.create({ properties: {} }))).toMatchObject({
      code: 403,
      body: {
        category: 'MISSING_SCOPES',
        errors: [{ context: { requiredGranularScopes: ['crm.objects.companies.write'] } }],
      },
    });
    hubspot.tokens.revoke('private-app-token');
    expect(await failureOf(sdk.crm.companies.basicApi.getPage())).toMatchObject({ code: 401 });
  });
});

describe('limits', () => {
  it('are off unless they are set', async () => {
    const { sdk } = await hubspotWithSdk();
    for (let n = 0; n < 6; n += 1) await sdk.crm.companies.searchApi.doSearch({});
  });

  it('allows so many calls in any ten seconds, and says how many are left', async () => {
    const { hubspot, sdk } = await hubspotWithSdk({ limits: { ...hubspotLimits, tenSecondly: 2 } });
    hubspot.clock.freeze();
    const { headers } = await sdk.crm.companies.basicApi.getPageWithHttpInfo();
    expect(headers).toMatchObject({
      'x-hubspot-ratelimit-daily': '650000',
      'x-hubspot-ratelimit-daily-remaining': '649999',
      'x-hubspot-ratelimit-interval-milliseconds': '10000',
      'x-hubspot-ratelimit-max': '2',
      'x-hubspot-ratelimit-remaining': '1',
    });
    hubspot.clock.advance(6_000);
    await sdk.crm.companies.basicApi.getPage();
    expect(await failureOf(sdk.crm.companies.basicApi.getPage())).toMatchObject({
      code: 429,
      body: { policyName: 'TEN_SECONDLY_ROLLING', errorType: 'RATE_LIMIT' },
      headers: { 'x-hubspot-ratelimit-remaining': '0' },
    });
    hubspot.clock.advance(4_000);
    await sdk.crm.companies.basicApi.getPage();
    await expect(sdk.crm.companies.basicApi.getPage()).rejects.toMatchObject({ code: 429 });
  });

  it('allows four searches a second, which have no headers', async () => {
    const { hubspot, sdk } = await hubspotWithSdk({ limits: hubspotLimits });
    hubspot.clock.freeze();
    const limitHeaders = (headers: Readonly<Record<string, string>>) =>
      Object.keys(headers).filter((name) => name.startsWith('x-hubspot'));
    for (let n = 0; n < 4; n += 1) {
      const { headers } = await sdk.crm.deals.searchApi.doSearchWithHttpInfo({});
      expect(limitHeaders(headers)).toEqual([]);
    }
    const failure = await failureOf(sdk.crm.deals.searchApi.doSearch({}));
    expect(failure).toMatchObject({
      code: 429,
      body: { policyName: 'SECONDLY', message: 'You have reached your secondly limit.' },
    });
    expect(limitHeaders(failure.headers)).toEqual([]);
    hubspot.clock.advance(1_000);
    await sdk.crm.deals.searchApi.doSearch({});
  });

  it('allows so many calls a day, until midnight in UTC', async () => {
    const { hubspot, sdk } = await hubspotWithSdk({ limits: { daily: 1 } });
    hubspot.clock.freeze(Date.UTC(2026, 2, 1, 23, 59));
    await sdk.crm.deals.basicApi.getPage();
    expect(await failureOf(sdk.crm.deals.basicApi.getPage())).toMatchObject({
      body: { policyName: 'DAILY' },
    });
    hubspot.clock.advance(60_000);
    await sdk.crm.deals.basicApi.getPage();
  });
});

describe('faults', () => {
  it('fails before a call takes effect, or after it did', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    const create = () => sdk.crm.companies.basicApi.create({ properties: { name: 'Acme' } });
    hubspot.faults.add({ when: 'before', outcome: 502, calls: /^POST / });
    expect(await failureOf(create())).toMatchObject({ code: 502 });
    expect(hubspot.portal.all('companies')).toHaveLength(0);
    hubspot.faults.add({ when: 'after', outcome: 'reset' });
    await expect(create()).rejects.toThrow();
    expect(hubspot.portal.all('companies')).toHaveLength(1);
    await create();
    expect(hubspot.requests.map(({ status }) => status)).toEqual([502, 0, 201]);
  });

  it('leaves a call without an answer', async () => {
    const { hubspot } = await hubspotWithSdk();
    hubspot.faults.add({ when: 'before', outcome: 'silence', times: 2 });
    const call = fetch(`${hubspot.url}/crm/v3/owners`, { signal: AbortSignal.timeout(100) });
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
    hubspot.faults.clear();
    expect((await fetch(`${hubspot.url}/crm/v3/owners`)).status).toBe(401);
  });
});
