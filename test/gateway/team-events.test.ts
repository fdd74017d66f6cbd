import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { composeSubgraphs } from '#contracts/publish/compose.ts';
import { readSupergraphConfig } from '#contracts/publish/supergraph-config.ts';
import { type EventEnvelope, makeEvent } from '#events/envelope.ts';
import { leadStatusChangedV1 } from '#events/schemas/index.ts';
import { mintToken, trialAuthentication } from '#gateway/identity/trial.ts';
import { startGateway } from '#gateway/main.ts';
import { temporaryLog } from '#test/harness/buses.ts';
import { type Commands, openCommands } from '#test/harness/commands.ts';

/** A team's own CRM: fewer types than this project's, another enum, and a status that not everybody may see. */
const crm = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requiresScopes"])
  type Query { lead(id: ID!): Lead }
  type Lead @key(fields: "id") {
    id: ID!
    status: LeadStatus @requiresScopes(scopes: [["lead:read"]])
    source: String
    owner: Owner
  }
  type Owner { id: ID! }
  enum LeadStatus { FRESH STALE }`;
const weather = 'type Query { sun: Boolean }';

const config = (subgraphs: Readonly<Record<string, readonly [url: string, file: string]>>) =>
  JSON.stringify({
    subgraphs: Object.fromEntries(
      Object.entries(subgraphs).map(([name, [url, file]]) => [name, { routing_url: url, schema: { file } }]),
    ),
  });

describe("events in a team's own supergraph", () => {
  let commands: Commands;
  let folder: string;
  const ends: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    commands = await openCommands();
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    await writeFile(join(folder, 'crm.graphql'), crm);
    await writeFile(join(folder, 'weather.graphql'), weather);
    await writeFile(
      join(folder, 'supergraph.yaml'),
      config({
        crm: ['http://127.0.0.1:1/graphql', './crm.graphql'],
        weather: ['http://127.0.0.1:1/graphql', './weather.graphql'],
        happenings: ['tributary:events', './happenings.graphql'],
      }),
    );
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await commands.end();
    await rm(folder, { recursive: true, force: true });
  });

  it('are composed of what it has, into a file that is checked', { timeout: 60_000 }, async () => {
    const args = [
      'compose',
      '--config',
      join(folder, 'supergraph.yaml'),
      '--out',
      join(folder, 'out.graphql'),
    ];
    const missing = await commands.run([...args, '--check']);
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('happenings.graphql is not what'),
    });
    expect(await commands.run(args)).toMatchObject({ code: 0 });
    const made = await readFile(join(folder, 'happenings.graphql'), 'utf8');
    expect(made).toContain('leadStatusChanged(');
    expect(made).not.toMatch(/consentUpdated|accountOwnerAssigned|account: Account/);
    expect(await commands.run([...args, '--check'])).toMatchObject({ code: 0 });

    await writeFile(join(folder, 'crm.graphql'), crm.replace('FRESH', 'FRESH RIPE'));
    const stale = await commands.run([...args, '--check']);
    expect(stale).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('happenings.graphql is not what'),
    });
  });

  it('are refused where nothing could happen, and at an address that nobody has', async () => {
    const file = join(folder, 'supergraph.yaml');
    await writeFile(
      file,
      config({ events: ['tributary:events', 'e'], weather: ['http://127.0.0.1:1/', 'weather.graphql'] }),
    );
    await expect(readSupergraphConfig(file)).rejects.toThrow('subgraphs.events: No subgraph owns any');
    await writeFile(
      file,
      config({ events: ['tributary:news', 'e'], weather: ['http://127.0.0.1:1/', 'weather.graphql'] }),
    );
    await expect(readSupergraphConfig(file)).rejects.toThrow('routing_url is "tributary:news"');
  });

  it('show no more than the graph itself would', async () => {
    const composition = composeSubgraphs(await readSupergraphConfig(join(folder, 'supergraph.yaml')));
    if (composition.kind === 'refused') throw new Error(composition.errors.join('; '));
    const supergraph = join(folder, 'supergraph.graphql');
    await writeFile(supergraph, composition.supergraph);
    const trialSecret = join(folder, 'secret');
    await writeFile(trialSecret, 'a secret for tests that is long enough');
    const log = await temporaryLog('embedded');
    ends.push(log.remove);
    const bus = await log.open();
    const change = { subject: 'lead_1', entityVersion: 2, routing: { leadid: 'lead_1' } };
    const cause = { tenant: 'default', actor: 'local', origin: 'mutation', correlationId: 'r' } as const;
    const data = { from: 'FRESH', to: 'STALE' };
    const event = makeEvent(leadStatusChangedV1, { ...change, data }, cause) as unknown as EventEnvelope;
    await bus.publish([event]);
    const logger = pino({ level: 'silent' });
    const gateway = await startGateway({ supergraph, trialSecret, bus, port: 0, watchMs: 0, logger });
    ends.push(gateway.close);

    const ask = async (scopes: readonly string[]) => {
      const viewer = { kind: 'user', id: 'ada', roles: [], scopes, tenant: 'default' } as const;
      const token = await mintToken(trialAuthentication(trialSecret), viewer, 60);
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({
          query: '{ events { nodes { id ... on LeadStatusChanged { from to lead { id } } } } }',
        }),
      });
      return response.json();
    };
    const shown = { id: event.id, lead: { id: 'lead_1' } };
    expect(await ask(['lead:read'])).toEqual({ data: { events: { nodes: [{ ...shown, ...data }] } } });
    expect(await ask([])).toMatchObject({
      data: { events: { nodes: [{ ...shown, from: null, to: null }] } },
      errors: [{ extensions: { code: 'FORBIDDEN' } }, { extensions: { code: 'FORBIDDEN' } }],
    });
  });
});
