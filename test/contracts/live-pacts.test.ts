import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeLivePacts } from '#contracts/publish/event-pacts.ts';
import { readPact, readPacts } from '#contracts/publish/pact-file.ts';
import { writeGatewayPacts } from '#contracts/publish/pacts.ts';
import type { RecordedOperation } from '#contracts/publish/record.ts';
import { verify } from '#contracts/publish/verification.ts';

const root = resolve(import.meta.dirname, '../..');
const own = { kind: 'own' } as const;
const operation = `
  subscription LeadNews($accountId: ID, $after: ID) {
    leadUpdated(accountId: $accountId, after: $after) {
      occurredAt
      event {
        id
        ... on LeadStatusChanged { to }
        ... on LeadOwnerAssigned { owner { id name } }
        ... on TouchRecorded { channel }
      }
      lead { id status contact { id name } }
    }
  }
`;
const examples = `
client: sales-tools
variables: { accountId: acc_example }
entities:
  Lead: { id: lea_example }
  Contact: { id: con_example }
  User: { id: usr_example }
`;

let folder: string;
let pacts: string;
let recorded: readonly RecordedOperation[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-live-pacts-'));
  pacts = join(folder, 'pacts');
  const operations = join(folder, 'operations');
  await mkdir(operations);
  await writeFile(join(operations, 'LeadNews.graphql'), operation);
  await writeFile(join(operations, 'LeadNews.examples.yaml'), examples);
  const sources = {
    supergraph: join(root, 'supergraph.graphql'),
    config: join(root, 'supergraph.yaml'),
    operations,
  };
  recorded = await writeGatewayPacts(sources, pacts);
  await writeLivePacts(recorded, pacts);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a subscription is recorded with every event that it shows', () => {
  const types = recorded.map(({ live }) => live?.event.type);
  expect(types).toEqual([
    'tributary.crm.LeadCreated.v1',
    'tributary.crm.LeadStatusChanged.v1',
    'tributary.crm.LeadOwnerAssigned.v1',
    'tributary.crm.LeadChangeRejected.v1',
    'tributary.crm.LeadDetailsChanged.v1',
    'tributary.analytics.TouchRecorded.v1',
  ]);
  for (const { fetches } of recorded) expect(fetches.map(({ subgraph }) => subgraph)).toEqual(['crm']);
  expect(recorded[2]?.data).toMatchObject({
    leadUpdated: { event: { owner: { id: 'usr_example' } }, lead: { contact: { id: 'con_example' } } },
  });
});

it('what follows the events is in the pacts with subgraphs, the events are messages of those who emit them', async () => {
  expect((await readdir(pacts)).sort()).toEqual([
    'gateway-crm.json',
    'gateway.subscriptions-analytics.json',
    'gateway.subscriptions-crm.json',
  ]);
  const { interactions } = await readPact(join(pacts, 'gateway-crm.json'));
  expect(interactions.map(({ description }) => description)).toContain(
    'fetch 1 of LeadNews on TouchRecorded.v1',
  );
});

it.each(['crm', 'analytics'])(
  '%s emits them when it is asked what clients ask',
  { timeout: 60_000 },
  async (name) => {
    const committed = await readPacts(join(root, 'contracts/pacts'), name);
    const { failures } = await verify(name, own, [...committed, ...(await readPacts(pacts, name))]);
    expect(failures).toEqual([]);
  },
);
