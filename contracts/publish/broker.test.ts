import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Broker, brokerOf, brokerPacts } from './broker.ts';
import type { Pact } from './pact-file.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: unknown;
}

/** As the Pact Broker answers, as far as it is asked here. */
const pages: Readonly<Record<string, (base: string) => unknown>> = {
  'POST /contracts/publish': () => ({}),
  'GET /pacts/provider/crm/consumer/gateway/version/g1': (base) => ({
    _links: { 'pb:publish-verification-results': { href: `${base}/results/1` } },
  }),
  'POST /results/1': () => ({}),
  'GET /can-i-deploy?pacticipant=crm&version=c1&environment=production': () => ({
    summary: { deployable: false, reason: 'There is no verified pact.' },
  }),
  'GET /pacticipants/crm/versions/c1': (base) => ({
    _links: { 'pb:record-deployment': [{ name: 'production', href: `${base}/deployments/1` }] },
  }),
  'POST /deployments/1': () => ({}),
};

let server: Server;
let folder: string;
let broker: Broker;
const asked: Asked[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-broker-'));
  let base = '';
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url: path = '', headers } = request;
    asked.push({ method, path, token: headers.authorization, body: body ? JSON.parse(body) : undefined });
    const page = pages[`${method} ${path}`];
    response.writeHead(page ? 200 : 404, { 'content-type': 'application/hal+json' });
    response.end(JSON.stringify(page?.(base) ?? { error: 'Not found' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  broker = brokerOf({ PACT_BROKER_BASE_URL: `${base}/`, PACT_BROKER_TOKEN: 'secret' }) as Broker;
});
beforeEach(() => {
  asked.length = 0;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const part = (consumer: string, provider: string, file = ''): Pact => {
  return { file, consumer, provider, hash: '', interactions: [] };
};
const pactAt = (file: string) => {
  const parts = [part('gateway', 'crm', file)];
  return { consumer: 'gateway', provider: 'crm', parts };
};

test('pacts are published whole, with the version of their consumer and the token', async () => {
  const file = join(folder, 'pact.json');
  await writeFile(file, '{"a":1}');
  await broker.publishPacts([pactAt(file)], async () => 'g1');
  expect(asked).toEqual([
    {
      method: 'POST',
      path: '/contracts/publish',
      token: 'Bearer secret',
      body: {
        pacticipantName: 'gateway',
        pacticipantVersionNumber: 'g1',
        contracts: [
          {
            consumerName: 'gateway',
            providerName: 'crm',
            specification: 'pact',
            contentType: 'application/json',
            content: Buffer.from('{"a":1}').toString('base64'),
          },
        ],
      },
    },
  ]);
});

test('what is deployed together is one participant, but for what it asks of itself', async () => {
  const parts = [
    part('gateway', 'crm', join(folder, 'fetches.json')),
    part('gateway.subscriptions', 'crm', join(folder, 'events.json')),
    part('email.consent-suppression', 'consent', join(folder, 'consents.json')),
    part('pages', 'gateway'),
    part('client', 'gateway'),
    part('analytics.warehouse', 'analytics'),
  ];
  const pacts = brokerPacts(parts);
  expect(pacts.map(({ consumer, provider }) => `${consumer} of ${provider}`)).toEqual([
    'gateway of crm',
    'email of consent',
    'pages of gateway',
    'client of gateway',
    'analytics.warehouse of analytics',
  ]);
  const write = async (name: string, consumer: string, interaction: string) => {
    const content = {
      consumer: { name: consumer },
      interactions: [{ description: interaction }],
      metadata: 4,
    };
    await writeFile(join(folder, name), JSON.stringify(content));
  };
  await write('fetches.json', 'gateway', 'a fetch');
  await write('events.json', 'gateway.subscriptions', 'an event');
  await write('consents.json', 'email.consent-suppression', 'a consent');
  await broker.publishPacts(pacts.slice(0, 2), async () => 'v1');
  const contents = asked.map(({ body }) => {
    const { contracts } = body as { contracts: readonly { content: string }[] };
    return JSON.parse(Buffer.from(contracts[0]?.content ?? '', 'base64').toString());
  });
  expect(contents).toEqual([
    {
      consumer: { name: 'gateway' },
      interactions: [{ description: 'a fetch' }, { description: 'an event' }],
      metadata: 4,
    },
    { consumer: { name: 'email' }, interactions: [{ description: 'a consent' }], metadata: 4 },
  ]);
});

test('a result goes where the pact says', async () => {
  await broker.publishResult(pactAt(''), 'g1', { version: 'c1', kept: true });
  expect(asked.at(-1)).toMatchObject({
    path: '/results/1',
    body: { success: true, providerApplicationVersion: 'c1' },
  });
});

test('whether a version may go is what the broker says', async () => {
  expect(await broker.canIDeploy('crm', 'c1', 'production')).toEqual({
    isDeployable: false,
    reason: 'There is no verified pact.',
  });
});

test('a deployment is recorded in an environment that the broker has', async () => {
  await broker.recordDeployed('crm', 'c1', 'production');
  expect(asked.at(-1)).toMatchObject({ method: 'POST', path: '/deployments/1' });
  await expect(broker.recordDeployed('crm', 'c1', 'moon')).rejects.toThrow('no environment "moon"');
});

test('a refusal names the request and not the token', async () => {
  const refused = broker.publishResult(pactAt(''), 'g9', { version: 'c1', kept: true });
  await expect(refused).rejects.toThrow(/^The broker's GET \S+\/g9 is answered 404: /);
  await expect(refused).rejects.not.toThrow('secret');
});

test('there is no broker without its address, and none without a token', () => {
  expect(brokerOf({})).toBeUndefined();
  expect(() => brokerOf({ PACT_BROKER_BASE_URL: 'http://127.0.0.1:9' })).toThrow('needs PACT_BROKER_TOKEN');
  expect(() => brokerOf({ PACT_BROKER_BASE_URL: 'here', PACT_BROKER_TOKEN: 'x' })).toThrow('is no URL');
});
