import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus } from '#events/bus/port.ts';
import { type EventEnvelope, makeEvent } from '#events/envelope.ts';
import { consentUpdatedV1, leadOwnerAssignedV1, leadStatusChangedV1 } from '#events/schemas/index.ts';
import { mintToken, trialAuthentication } from '#gateway/identity/trial.ts';
import { type RunningGateway, startGateway } from '#gateway/main.ts';
import { busEngines, type TemporaryLog, temporaryLog } from '#test/harness/buses.ts';
import type { GraphqlAnswer } from '#test/harness/subgraph.ts';

const root = resolve(import.meta.dirname, '../..');
const causeOf = (tenant: string) =>
  ({ tenant, actor: 'user:usr_7', origin: 'mutation', correlationId: 'request' }) as const;

function moved(lead: string, from: string, to: string, tenant = 'default'): EventEnvelope {
  const routing = { leadid: lead, accountid: 'acc_1', ownerid: 'usr_7' };
  const change = { subject: lead, entityVersion: 2, routing, data: { from, to } };
  return makeEvent(leadStatusChangedV1, change, causeOf(tenant)) as unknown as EventEnvelope;
}

function handedOver(lead: string, from: string, to: string): EventEnvelope {
  const routing = { leadid: lead, ownerid: to, previousownerid: from };
  const change = { subject: lead, entityVersion: 3, routing, data: { from, to } };
  return makeEvent(leadOwnerAssignedV1, change, causeOf('default')) as unknown as EventEnvelope;
}

function granted(contact: string): EventEnvelope {
  const data = { ...consentUpdatedV1.example, decision: 'GRANTED', state: 'GRANTED' };
  const change = { subject: contact, entityVersion: 1, routing: { contactid: contact }, data };
  return makeEvent(consentUpdatedV1, change, causeOf('default')) as unknown as EventEnvelope;
}

/** A gateway for the project's supergraph, whose subgraphs do not run: events alone are asked for. */
async function openGateway(folder: string, bus: Bus | undefined): Promise<RunningGateway> {
  return startGateway({
    supergraph: join(root, 'supergraph.graphql'),
    access: join(root, 'contracts/access.yaml'),
    trialSecret: join(folder, 'secret'),
    port: 0,
    watchMs: 0,
    logger: pino({ level: 'silent' }),
    ...(bus && { bus }),
  });
}

describe.each(busEngines)('queries of events on $engine', ({ engine, missing }) => {
  describe.skipIf(missing)('are answered by the gateway', () => {
    let folder: string;
    let log: TemporaryLog;
    let bus: Bus;
    let gateway: RunningGateway;
    const events = [
      moved('lead_1', 'NEW', 'WORKING'),
      handedOver('lead_1', 'usr_7', 'usr_8'),
      moved('lead_9', 'NEW', 'WORKING', 'theirs'),
      granted('con_1'),
      moved('lead_2', 'WORKING', 'QUALIFIED'),
    ];
    const idsOf = (...at: number[]) => at.map((index) => ({ id: events[index]?.id }));

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tributary-'));
      await writeFile(join(folder, 'secret'), 'a secret for tests that is long enough');
      log = await temporaryLog(engine);
      bus = await log.open();
      // One after another: between keys there is no order in what is published together.
      for (const event of events) await bus.publish([event]);
      gateway = await openGateway(folder, bus);
    });
    afterAll(async () => {
      await gateway?.close();
      await log?.remove();
      await rm(folder, { recursive: true, force: true });
    });

    async function ask(query: string, variables: object = {}, tenant = 'default'): Promise<GraphqlAnswer> {
      const viewer = { kind: 'user', id: 'ada', roles: ['rep'], scopes: [], tenant } as const;
      const token = await mintToken(trialAuthentication(join(folder, 'secret')), viewer, 60);
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(20_000),
      });
      return (await response.json()) as GraphqlAnswer;
    }
    const codesOf = ({ errors }: GraphqlAnswer) => errors?.map(({ extensions }) => extensions?.code);

    it('with what each event says', async () => {
      const { data, errors } = await ask(`{
        events(types: ["tributary.crm.LeadStatusChanged.v1", "tributary.consent.ConsentUpdated.v1"], first: 2) {
          gap hasMore
          nodes {
            __typename type actor origin entityVersion correlationId causationId
            ... on LeadStatusChanged { from became: to lead { id } contact { id } owner { id } }
            ... on ConsentUpdated { state legalBasis contact { __typename id } }
          }
        }
      }`);
      expect(errors).toBeUndefined();
      const common = { actor: 'user:usr_7', origin: 'mutation', correlationId: 'request', causationId: null };
      expect(data.events).toEqual({
        gap: false,
        hasMore: true,
        nodes: [
          {
            __typename: 'LeadStatusChanged',
            type: 'tributary.crm.LeadStatusChanged.v1',
            entityVersion: 2,
            ...common,
            from: 'NEW',
            became: 'WORKING',
            lead: { id: 'lead_1' },
            contact: null,
            owner: { id: 'usr_7' },
          },
          {
            __typename: 'ConsentUpdated',
            type: 'tributary.consent.ConsentUpdated.v1',
            entityVersion: 1,
            ...common,
            state: 'GRANTED',
            legalBasis: 'CONSENT',
            contact: { __typename: 'Contact', id: 'con_1' },
          },
        ],
      });
    });

    it('and choose by routing keys, where an owner is the one before as well', async () => {
      const query =
        'query ($owner: ID, $lead: ID) { events(ownerId: $owner, leadId: $lead) { nodes { id } } }';
      expect((await ask(query)).data.events.nodes).toEqual(idsOf(0, 1, 3, 4));
      expect((await ask(query, { owner: 'usr_7' })).data.events.nodes).toEqual(idsOf(0, 1, 4));
      expect((await ask(query, { owner: 'usr_8' })).data.events.nodes).toEqual(idsOf(1));
      expect((await ask(query, { owner: 'usr_7', lead: 'lead_2' })).data.events.nodes).toEqual(idsOf(4));
    });

    it('and never bring another tenant anything', async () => {
      const query = 'query ($after: ID) { eventCursor events(after: $after) { cursor nodes { id } } }';
      const mine = await ask(query);
      const theirs = await ask(query, {}, 'theirs');
      expect(mine.data.events.nodes).toEqual(idsOf(0, 1, 3, 4));
      expect(theirs.data.events.nodes).toEqual(idsOf(2));
      for (const after of [mine.data.eventCursor, mine.data.events.cursor, events[0]?.id]) {
        expect(codesOf(await ask(query, { after }, 'theirs'))).toContain('INVALID_CURSOR');
      }
    });

    it('page by page, behind a cursor or an id, until nothing is left', async () => {
      const query = `query ($after: ID) { events(after: $after, first: 1) { cursor hasMore nodes { id cursor } } }`;
      const seen: unknown[] = [];
      let after: string | null = null;
      for (let pages = 0; pages < 10; pages++) {
        const { data }: GraphqlAnswer = await ask(query, { after });
        seen.push(...data.events.nodes.map(({ id }: { id: string }) => ({ id })));
        after = data.events.cursor;
        if (!data.events.hasMore) break;
        expect(data.events.nodes[0].cursor).toBe(after);
      }
      expect(seen).toEqual(idsOf(0, 1, 3, 4));
      const behind = await ask(query, { after: events[1]?.id });
      expect(behind.data.events.nodes).toMatchObject(idsOf(3));
      const end = await ask('{ eventCursor }');
      expect((await ask(query, { after: end.data.eventCursor })).data.events).toEqual({
        cursor: end.data.eventCursor,
        hasMore: false,
        nodes: [],
      });
    });

    it('and are refused with what is wrong where they make no sense', async () => {
      const messageOf = async (args: string) => {
        const { data, errors } = await ask(`{ events(${args}) { cursor } }`);
        expect(data).toBeNull();
        return `${errors?.[0]?.extensions?.code}: ${errors?.[0]?.message}`;
      };
      expect(await messageOf('after: "nonsense"')).toMatch(/^INVALID_CURSOR: .*"nonsense"/);
      expect(await messageOf(`after: "${uuidv7()}"`)).toMatch(/^INVALID_CURSOR: No event "/);
      expect(await messageOf('from: "yesterday"')).toMatch(/^INVALID_ARGUMENT: "from" is "yesterday"/);
      expect(await messageOf('after: "a", from: "2026-03-01T00:00:00Z"')).toMatch(
        /^INVALID_ARGUMENT: "after"/,
      );
      expect(await messageOf('types: ["LeadCreated"]')).toMatch(/^INVALID_ARGUMENT: .*"LeadCreated"/);
      expect(await messageOf('first: 501')).toMatch(/^(INVALID_ARGUMENT|COST_LIMIT_EXCEEDED): /);
      expect(await messageOf('first: 0')).toMatch(/^INVALID_ARGUMENT: "first" is 0/);
    });

    it('and begin at a time', async () => {
      const query = 'query ($from: DateTime) { events(from: $from) { gap nodes { id } } }';
      const later = new Date(Date.now() + 60_000).toISOString();
      expect((await ask(query, { from: later })).data.events).toEqual({ gap: false, nodes: [] });
      const { data } = await ask(query, { from: events[0]?.time });
      expect(data.events.nodes).toEqual(idsOf(0, 1, 3, 4));
    });
  });
});

describe('a gateway without a bus', () => {
  it('says that it serves no events, and takes the graph of events for no subgraph that is down', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    await writeFile(join(folder, 'secret'), 'a secret for tests that is long enough');
    const gateway = await openGateway(folder, undefined);
    try {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ eventCursor }' }),
      });
      const { data, errors } = (await response.json()) as GraphqlAnswer;
      expect(data).toBeNull();
      expect(errors?.[0]).toMatchObject({
        message: expect.stringContaining('BUS_URL'),
        extensions: { code: 'EVENTS_NOT_SERVED' },
      });
      expect((await fetch(`${gateway.url}/ready`)).status).toBe(200);
    } finally {
      await gateway.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
