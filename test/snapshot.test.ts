import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { crmPlaces } from '#test/harness/crm-places.ts';
import { type Gate, startGate } from '#test/harness/gate.ts';
import { type House, startHouse } from '#test/harness/house.ts';
import { describeAtEach } from '#test/harness/record-places.ts';
import { ask } from '#test/harness/subgraph.ts';
import { accountsOf } from '#test/harness/vendors/email-answers.ts';
import { type EmailWorld, emailWorldOf } from '#test/harness/vendors/email-world.ts';

const document = await readFile(
  join(resolve(import.meta.dirname, '..'), 'contracts/operations/AccountSnapshot.graphql'),
  'utf8',
);

/** An account that has something of everything, found by asking. */
async function richAccount(house: House): Promise<string> {
  const { data } = await ask(
    `${house.url}/graphql`,
    `{ accounts(first: 30) { nodes { id
      contacts(first: 1) { totalCount nodes { consents { state } } } leads(first: 1) { totalCount }
      opportunities(first: 1) { totalCount } touches(first: 1) { nodes { campaign { id } } } } } }`,
  );
  const rich = data.accounts.nodes.find(
    (account: {
      contacts: { totalCount: number };
      leads: { totalCount: number };
      opportunities: { totalCount: number };
      touches: { nodes: { campaign: unknown }[] };
    }) =>
      account.contacts.totalCount > 1 &&
      account.leads.totalCount > 0 &&
      account.opportunities.totalCount > 0 &&
      account.touches.nodes.length > 0,
  );
  return rich.id;
}

interface Snapshot {
  readonly account: { readonly id: string; readonly observedAt: string };
  readonly sources: Readonly<
    Record<string, { readonly status: string; readonly latencyMs: number; readonly observedAt: string }>
  >;
}

async function snapshotOf(house: House, id: string): Promise<{ response: Response; body: Snapshot }> {
  const response = await fetch(`${house.url}/accounts/${id}/snapshot`);
  return { response, body: (await response.json()) as Snapshot };
}

describeAtEach('the account snapshot', ({ openPlace, says }) => {
  let house: House;
  let id: string;
  let demo: EmailWorld;

  beforeAll(async () => {
    const records = await openPlace();
    house = await startHouse({ accounts: 30, records });
    id = await richAccount(house);
    demo = records?.email?.demo() ?? (await emailWorldOf(house.parts));
  }, 180_000);
  afterAll(() => house?.close());

  it('answers from four systems over GraphQL', async () => {
    const { data, errors } = await ask(`${house.url}/graphql`, document, { id });
    expect(errors).toBeUndefined();
    const { account } = data;
    expect(account.contacts.nodes.length).toBeGreaterThan(1);
    expect(account.contacts.nodes[0].consents).toHaveLength(5);
    expect(account.emailEngagement.delivered).toBeGreaterThanOrEqual(0);
    const { observedAt: _, ...engagement } = account.emailEngagement;
    expect(accountsOf(demo, says).get(id)).toMatchObject(engagement);
    expect(account.usage.asOf <= '2026-03-02').toBe(true);
    const credit = account.attribution.channels.reduce(
      (sum: bigint, { credit }: { credit: string }) => sum + BigInt(credit.replace('.', '')),
      0n,
    );
    expect(credit).toBe(1_000_000n);
    expect(account.leads.nodes[0].score.value).toBeGreaterThanOrEqual(0);
  });

  it('answers over REST with the state of each system', async () => {
    const { response, body } = await snapshotOf(house, id);
    expect(response.status).toBe(200);
    expect(body.account.id).toBe(id);
    expect(Object.keys(body.sources).sort()).toEqual(['analytics', 'consent', 'crm', 'email']);
    for (const source of Object.values<{ status: string; latencyMs: number; observedAt: string }>(
      body.sources,
    )) {
      expect(source.status).toBe('OK');
      expect(source.latencyMs).toBeGreaterThan(0);
      expect(Date.parse(source.observedAt)).not.toBeNaN();
    }
    expect((body.sources.crm?.observedAt ?? '') <= body.account.observedAt).toBe(true);
  });

  it('is 404 for an account that nobody knows', async () => {
    const { response } = await snapshotOf(house, 'acc_nobody');
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });
});

/** What a client sees of each extending system when it is gone. */
const extending = [
  { name: 'email', fields: ['emailEngagement'], ofContact: ['engagement', 'suppressions'] },
  { name: 'analytics', fields: ['usage', 'touches', 'attribution'], ofContact: [] },
  { name: 'consent', fields: [], ofContact: ['consents'] },
] as const;

/** A part without the campaigns in it: their names come from the email platform. */
function own(part: unknown): unknown {
  return JSON.parse(JSON.stringify(part, (key, value) => (key === 'campaign' ? null : value)));
}

describeAtEach('with one system down', ({ openPlace }) => {
  let house: House;
  const gates = new Map<string, Gate>();
  const gateOf = (name: string) => gates.get(name) as Gate;
  beforeAll(async () => {
    for (const name of ['crm', ...extending.map((one) => one.name)]) gates.set(name, await startGate());
    house = await startHouse({
      accounts: 30,
      records: await openPlace(),
      subgraphUrls: Object.fromEntries([...gates].map(([name, { url }]) => [name, url])),
    });
    for (const [name, gate] of gates) gate.behind = house.subgraphUrl(name) ?? '';
  }, 180_000);
  afterEach(async () => {
    for (const gate of gates.values()) await gate.open();
  });
  afterAll(async () => {
    await house?.close();
    for (const gate of gates.values()) await gate.close();
  });

  it.each(extending)(
    '$name: the rest is whole and the failure is named',
    async ({ name, fields, ofContact }) => {
      const id = await richAccount(house);
      const whole = (await ask(`${house.url}/graphql`, document, { id })).data.account;
      await gateOf(name).shut();

      const { response, body } = await snapshotOf(house, id);
      expect(response.status).toBe(200);
      for (const [source, { status }] of Object.entries(body.sources)) {
        expect([source, status]).toEqual([source, source === name ? 'UNAVAILABLE' : 'OK']);
      }
      const { data, errors = [] } = await ask(`${house.url}/graphql`, document, { id });
      expect(data.account.name).toBe(whole.name);
      expect(data.account.pipeline).toEqual(whole.pipeline);
      for (const field of fields) expect(data.account[field]).toBeNull();
      for (const contact of data.account.contacts.nodes) {
        for (const field of ofContact) expect(contact[field]).toBeNull();
      }
      for (const { name: other, fields: others } of extending) {
        if (other === name) continue;
        for (const field of others) expect(own(data.account[field])).toEqual(own(whole[field]));
      }
      expect(errors.length).toBeGreaterThan(0);
      for (const error of errors) {
        expect(error.extensions).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', subgraph: name });
        const at = error.path?.reduce((value, key) => value?.[key], data);
        // Undefined where the null went up to the object around the field.
        expect([error.path, at ?? null]).toEqual([error.path, null]);
      }
    },
  );

  it('crm, which owns the account: 503 and when to come back', async () => {
    const { data } = await ask(`${house.url}/graphql`, '{ accounts(first: 1) { nodes { id } } }');
    const { id } = data.accounts.nodes[0];
    await gateOf('crm').shut();
    const { response } = await snapshotOf(house, id);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const answer = await ask(`${house.url}/graphql`, document, { id });
    expect(answer.data.account).toBeNull();
    expect(answer.errors?.[0]).toMatchObject({ path: ['account'], extensions: { subgraph: 'crm' } });
  });
});

describe.each(crmPlaces)('with a system that hangs and the CRM $crm', ({ openPlace }) => {
  let house: House;
  let silent: Server;
  afterEach(async () => {
    await house?.close();
    await new Promise((done) => silent.close(done));
  });

  it('names it as TIMEOUT and answers the rest', async () => {
    const sockets = new Set<{ destroy: () => void }>();
    silent = createServer((socket) => sockets.add(socket));
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/graphql`;
    house = await startHouse({
      accounts: 5,
      records: await openPlace(),
      subgraphUrls: { email: url },
      timeouts: { bySubgraph: { email: 300 } },
    });
    const { data } = await ask(`${house.url}/graphql`, '{ accounts(first: 1) { nodes { id } } }');
    const { response, body } = await snapshotOf(house, data.accounts.nodes[0].id);
    expect([response.status, body.sources.email?.status]).toEqual([200, 'TIMEOUT']);
    expect(body.sources.crm?.status).toBe('OK');
    for (const socket of sockets) socket.destroy();
  });
});
