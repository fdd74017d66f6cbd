import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { Signature } from '@hubspot/api-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WebhookEvent } from './events.ts';
import { signatureV1, signatureV3, signedUri } from './signing.ts';
import { clientSecret, hubspotWithSdk } from './through-sdk.ts';

const vectors = resolve(
  process.env.TRIBUTARY_SHARED ?? '../shared',
  'vendor-apis/hubspot/webhook-vectors.json',
);

interface Received {
  readonly events: readonly WebhookEvent[];
  /** As the SDK judges the signature for the receiver's own address. */
  readonly genuine: boolean;
}

/** Somebody who takes webhooks, answers with the statuses that it is given, and 204 after them. */
async function startReceiver(statuses: readonly (number | 'never')[] = []) {
  const received: Received[] = [];
  const left = [...statuses];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const requestBody = Buffer.concat(chunks).toString();
    const timestamp = Number(request.headers['x-hubspot-request-timestamp']);
    const options = {
      clientSecret,
      requestBody,
      signature: String(request.headers['x-hubspot-signature-v3']),
      signatureVersion: 'v3',
      url: `${url}${request.url}`,
      timestamp,
    };
    /* The SDK throws for what is too old, and takes what comes from the future. */
    const timely = Math.abs(Date.now() - timestamp) < 300_000;
    received.push({ events: JSON.parse(requestBody), genuine: timely && Signature.isValid(options) });
    const status = left.shift() ?? 204;
    if (status !== 'never') response.writeHead(status).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `${url}/hooks?tenant=a%3Ab`, received };
}

describe('signatures', () => {
  it.skipIf(!existsSync(vectors))('are those that HubSpot published', () => {
    const { v1 } = JSON.parse(readFileSync(vectors, 'utf8'));
    expect(signatureV1(v1.clientSecret, v1.body)).toBe(v1.signature);
  });

  it('are those that the SDK makes', () => {
    const parts = {
      method: 'POST',
      uri: 'https://app.example/hooks?a=b',
      body: '[{"é":1}]',
      timestamp: 1_772_000,
    };
    expect(signatureV3(clientSecret, parts)).toBe(
      Signature.getSignature('POST', 'v3', {
        clientSecret,
        url: parts.uri,
        requestBody: parts.body,
        timestamp: parts.timestamp,
        signature: '',
      } as never),
    );
    expect(signedUri('https://app.example/hooks?a=b%3Ac%20d%2f')).toBe(
      'https://app.example/hooks?a=b:c%20d/',
    );
  });
});

describe('webhooks', () => {
  it('tells what a person and an app did', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    hubspot.clock.freeze(Date.UTC(2026, 2, 1));
    const company = hubspot.portal.seed('companies', { name: 'Acme' });
    hubspot.portal.edit('companies', company, { name: 'Acme Ltd' });
    await sdk.crm.companies.basicApi.update(company, { properties: { name: 'Acme Ltd', city: 'Bonn' } });
    hubspot.portal.archive('companies', company);
    expect(hubspot.webhooks.pending()).toMatchObject([
      {
        subscriptionType: 'company.propertyChange',
        objectId: Number(company),
        propertyName: 'name',
        propertyValue: 'Acme Ltd',
        changeSource: 'CRM_UI',
        occurredAt: Date.UTC(2026, 2, 1),
        attemptNumber: 0,
        portalId: 6_251_500,
        appId: 54_321,
      },
      { propertyName: 'city', changeSource: 'INTEGRATION', sourceId: '54321' },
      { subscriptionType: 'company.deletion', changeFlag: 'DELETED' },
    ]);
  });

  it('calls leads objects, and tells associations from both ends', async () => {
    const { hubspot } = await hubspotWithSdk();
    const { portal, webhooks } = hubspot;
    const [contact, company] = [portal.seed('contacts', {}), portal.seed('companies', {})];
    const lead = portal.create('leads', { hs_lead_name: 'Ann' });
    expect(webhooks.lose().map(({ subscriptionType }) => subscriptionType)).toContain('object.creation');
    portal.edit('leads', lead, { hs_lead_label: 'HOT' });
    expect(webhooks.lose()).toMatchObject([
      { subscriptionType: 'object.propertyChange', objectTypeId: '0-136', propertyValue: 'HOT' },
    ]);
    portal.associate({ type: 'contacts', id: contact }, { type: 'companies', id: company });
    const types = webhooks.lose().map((event) => [event.subscriptionType, event.associationTypeId ?? null]);
    expect(types).toEqual([
      ['contact.associationChange', 1],
      ['company.associationChange', 2],
      ['contact.associationChange', 279],
      ['company.associationChange', 280],
      ['contact.propertyChange', null],
    ]);
    portal.delete('contacts', contact);
    expect(webhooks.lose()).toMatchObject([{ subscriptionType: 'contact.privacyDeletion' }]);
  });

  it('makes events of what was subscribed to and of nothing else', async () => {
    const { hubspot } = await hubspotWithSdk({
      subscriptions: [{ objectType: 'deals', event: 'propertyChange', propertyName: 'amount' }],
    });
    const deal = hubspot.portal.create('deals', { dealname: 'Big', amount: '5' });
    hubspot.portal.edit('deals', deal, { dealname: 'Bigger' });
    expect(hubspot.webhooks.pending()).toMatchObject([{ propertyName: 'amount', propertyValue: '5' }]);
  });

  it('delivers in order, a hundred at a time, signed so that the SDK takes it', async () => {
    const { hubspot } = await hubspotWithSdk();
    const { url, received } = await startReceiver();
    hubspot.webhooks.target({ url });
    const deal = hubspot.portal.seed('deals', {});
    for (let n = 0; n < 150; n += 1) hubspot.portal.edit('deals', deal, { amount: String(n) });
    /* What is signed is the address after decoding; the SDK's check does not decode. */
    const plain = url.replace('%3A', ':');
    hubspot.webhooks.target({ url: plain });
    const deliveries = await hubspot.webhooks.deliver();
    expect(deliveries.map(({ outcome }) => outcome)).toEqual([204, 204]);
    expect(received.map(({ genuine, events }) => [genuine, events.length])).toEqual([
      [true, 100],
      [true, 50],
    ]);
    const values = received.flatMap(({ events }) => events.map(({ propertyValue }) => Number(propertyValue)));
    expect(values).toEqual(Array.from({ length: 150 }, (_, n) => n));
    expect(hubspot.webhooks.pending()).toEqual([]);
  });

  it('delivers in another order, and more than once', async () => {
    const { hubspot } = await hubspotWithSdk();
    const { url, received } = await startReceiver();
    hubspot.webhooks.target({ url });
    const deal = hubspot.portal.seed('deals', {});
    const change = () => {
      for (const amount of ['1', '2', '3']) hubspot.portal.edit('deals', deal, { amount });
    };
    const values = () =>
      received.map(({ events }) => events.map(({ propertyValue }) => propertyValue).join(''));
    change();
    await hubspot.webhooks.deliver({ order: 'reversed', copies: 2 });
    change();
    await hubspot.webhooks.deliver({ order: { shuffledBy: () => 0.5 }, batchSize: 2 });
    expect(values()).toEqual(['321', '321', '23', '1']);
  });

  it('sends again what was refused or not answered, and counts the attempts', async () => {
    const { hubspot } = await hubspotWithSdk();
    const { url, received } = await startReceiver([503, 'never', ...Array(20).fill(500)]);
    hubspot.webhooks.target({ url });
    hubspot.portal.edit('deals', hubspot.portal.seed('deals', {}), { amount: '1' });
    expect(await hubspot.webhooks.deliver()).toMatchObject([{ outcome: 503 }]);
    expect(await hubspot.webhooks.deliver({ timeoutMs: 100 })).toMatchObject([{ outcome: 'timed out' }]);
    expect(hubspot.webhooks.pending()).toMatchObject([{ attemptNumber: 2 }]);
    while (hubspot.webhooks.pending().length > 0) await hubspot.webhooks.deliver();
    expect(received.map(({ events }) => events[0]?.attemptNumber)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    expect(hubspot.webhooks.givenUp()).toHaveLength(1);
  });

  it.each(['wrong secret', 'changed body', 'other uri', 'stale', 'from the future', 'unsigned'] as const)(
    'forges: %s',
    async (forgery) => {
      const { hubspot } = await hubspotWithSdk();
      const { url, received } = await startReceiver();
      hubspot.webhooks.target({ url: url.replace('%3A', ':') });
      hubspot.portal.edit('deals', hubspot.portal.seed('deals', {}), { amount: '1' });
      await hubspot.webhooks.forge(forgery);
      await hubspot.webhooks.deliver();
      expect(received.map(({ genuine }) => genuine)).toEqual([false, true]);
    },
  );
});
