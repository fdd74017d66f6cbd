import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stripIgnoredCharacters } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openGraph } from '#chassis/graph.ts';
import { askSubgraph } from '#cli/run/ask-graph.ts';
import { appendRecords } from '#subgraphs/consent/store/records.ts';
import { addressesOfSubgraph, addressesThroughGateway } from '#subgraphs/email/addresses.ts';
import { consentThroughGateway } from '#subgraphs/email/ask-consent.ts';
import { contactsOfSubgraph, contactsThroughGateway } from '#subgraphs/email/contacts.ts';
import { type House, startHouse } from '#test/harness/house.ts';
import { describeAtEach } from '#test/harness/record-places.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';

const operations = resolve(import.meta.dirname, '../contracts/operations');
const purpose = 'EMAIL_MARKETING';
const asker = {
  tenant: 'default',
  requestId: 'req-1',
  traceparent: undefined,
  signal: new AbortController().signal,
};

describeAtEach('enrolling through the gateway', ({ openPlace }) => {
  let house: House;
  let campaignId: string;
  let nurtureText: string;

  beforeAll(async () => {
    house = await startHouse({ accounts: 12, records: await openPlace() });
    const { campaigns } = (
      await ask(`${house.url}/graphql`, '{ campaigns(filter: { status: [ACTIVE] }) { nodes { id } } }')
    ).data;
    campaignId = campaigns.nodes[0].id;
    nurtureText = await readFile(join(operations, 'TriggerNurture.graphql'), 'utf8');
  }, 180_000);
  afterAll(() => house?.close());

  const decide = (contactId: string, decision: 'GRANTED' | 'WITHDRAWN') => {
    const at = new Date().toISOString();
    const row = {
      id: `cns_${randomUUID()}`,
      contactId,
      purpose,
      decision,
      legalBasis: 'CONSENT' as const,
      jurisdiction: 'DE',
      source: 'form',
      evidence: null,
      recordedAt: at,
    };
    return house.parts.consent.store.transaction((trx) => appendRecords(trx, 'default', [row], at));
  };
  const nurture = (contactId: string) =>
    ask(`${house.url}/graphql`, nurtureText, {
      input: { idempotencyKey: randomUUID(), contactId, campaignId },
    });

  it('asks consent at that moment: a yes enrols, a withdrawal refuses, silence is an error', async () => {
    expect((await nurture('con_new')).data.triggerNurture).toMatchObject({
      enrollment: null,
      refusal: { reason: 'CONSENT_MISSING', purpose },
    });
    await decide('con_new', 'GRANTED');
    expect((await nurture('con_new')).data.triggerNurture).toMatchObject({
      enrollment: { state: 'ACTIVE', campaign: { id: campaignId } },
      refusal: null,
      event: { type: 'tributary.email.CampaignEnrolled.v1' },
    });
    await decide('con_new', 'WITHDRAWN');
    expect((await nurture('con_new')).data.triggerNurture).toMatchObject({
      enrollment: null,
      refusal: { reason: 'CONSENT_DENIED', purpose },
      event: { type: 'tributary.email.EnrollmentRefused.v1' },
    });
  });

  it('is asked of the gateway in a known operation', async () => {
    const known = await readFile(join(operations, 'ConsentOfContact.graphql'), 'utf8');
    let asked = '';
    const question = consentThroughGateway(async ({ query, data }) => {
      asked = query;
      return data.parse({ contact: null });
    });
    expect(await question('con_1', purpose, asker)).toBe('UNKNOWN');
    expect(stripIgnoredCharacters(asked)).toBe(stripIgnoredCharacters(known));
  });

  it('asks for addresses in a known operation, and has the same of the gateway and of the subgraph', async () => {
    const known = await readFile(join(operations, 'AddressesOfContacts.graphql'), 'utf8');
    const { nodes } = (
      await ask(
        `${house.url}/graphql`,
        '{ accounts(first: 9) { nodes { contacts { nodes { id email } } } } }',
      )
    ).data.accounts;
    const contacts: { id: string; email: string | null }[] = nodes.flatMap(
      (account: { contacts: { nodes: object[] } }) => account.contacts.nodes,
    );
    expect(contacts.length).toBeGreaterThan(3);
    const ids = [...contacts.map(({ id }) => id), 'con_unknown'];
    let asked = '';
    const gateway = openGraph({ url: `${house.url}/graphql`, headers: () => ({}) });
    const throughGateway = addressesThroughGateway((question, asker) => {
      asked = question.query;
      return gateway(question, asker);
    });
    const addresses = new Map(contacts.flatMap(({ id, email }) => (email === null ? [] : [[id, email]])));
    expect(await throughGateway(ids, asker)).toEqual(addresses);
    expect(stripIgnoredCharacters(asked)).toBe(stripIgnoredCharacters(known));
    const crm = await serveForTest({ ...house.parts.crm.subgraph, close: async () => {} });
    try {
      const ofSubgraph = addressesOfSubgraph(askSubgraph(crm, 'email', undefined));
      expect(await ofSubgraph(ids, asker)).toEqual(addresses);
    } finally {
      await crm.close();
    }
  });

  it('asks who has which address, and of which account, in known operations, of both alike', async () => {
    const { nodes } = (
      await ask(
        `${house.url}/graphql`,
        '{ accounts(first: 9) { nodes { id contacts { nodes { id email } } } } }',
      )
    ).data.accounts;
    const contacts: { address: string; id: string; accountId: string }[] = nodes.flatMap(
      (account: { id: string; contacts: { nodes: { id: string; email: string | null }[] } }) =>
        account.contacts.nodes.flatMap(({ id, email }) =>
          email === null ? [] : [{ address: email, id, accountId: account.id }],
        ),
    );
    expect(contacts.length).toBeGreaterThan(20);
    const known = contacts.map(({ id, accountId }) => ({ id, accountId }));
    const expected = {
      byAddress: new Map(contacts.map(({ address }, nth) => [address, known[nth]])),
      byId: new Map(known.map((each) => [each.id, each])),
    };
    const asked = new Set<string>();
    const gateway = openGraph({ url: `${house.url}/graphql`, headers: () => ({}) });
    const crm = await serveForTest({ ...house.parts.crm.subgraph, close: async () => {} });
    try {
      const throughGateway = contactsThroughGateway((question, each) => {
        asked.add(stripIgnoredCharacters(question.query));
        return gateway(question, each);
      });
      for (const owner of [throughGateway, contactsOfSubgraph(askSubgraph(crm, 'email', undefined))]) {
        const addresses = [...expected.byAddress.keys(), 'nobody@example.com'];
        expect(await owner.byAddress(addresses, asker)).toEqual(expected.byAddress);
        expect(await owner.byId([...expected.byId.keys(), 'con_unknown'], asker)).toEqual(expected.byId);
      }
    } finally {
      await crm.close();
    }
    for (const name of ['ContactsByAddress', 'AccountsOfContacts']) {
      const text = await readFile(join(operations, `${name}.graphql`), 'utf8');
      expect(asked).toContain(stripIgnoredCharacters(text));
    }
  });

  it('has the same answers from the gateway, for contacts that the graph has', async () => {
    const question = consentThroughGateway(openGraph({ url: `${house.url}/graphql`, headers: () => ({}) }));
    const { data } = await ask(
      `${house.url}/graphql`,
      '{ accounts(first: 3) { nodes { contacts(first: 5) { nodes { id consent(purpose: "EMAIL_MARKETING") { state } } } } } }',
    );
    const contacts = data.accounts.nodes.flatMap(
      (account: { contacts: { nodes: object[] } }) => account.contacts.nodes,
    );
    for (const { id, consent } of contacts) expect(await question(id, purpose, asker)).toBe(consent.state);
    expect(await question(contacts[0].id, 'CARRIER_PIGEON', asker)).toBe('UNKNOWN');
    expect(await question('con_new', purpose, asker)).toBe('UNKNOWN');
  });

  it('enrols nobody while consent is away', async () => {
    await decide('con_later', 'GRANTED');
    await house.stop('consent');
    const { data, errors } = await nurture('con_later');
    expect(data.triggerNurture).toBeNull();
    expect(errors).toMatchObject([
      { path: ['triggerNurture'], extensions: { code: 'CONSENT_UNAVAILABLE', subgraph: 'email' } },
    ]);
    const rows = await house.parts.email.store.db
      .selectFrom('enrollments')
      .select('id')
      .where('contactId', '=', 'con_later')
      .execute();
    expect(rows).toEqual([]);
  });
});
