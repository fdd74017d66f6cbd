import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stripIgnoredCharacters } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGraph } from '#chassis/graph.ts';
import { appendRecords } from '#subgraphs/consent/store/records.ts';
import { consentThroughGateway } from '#subgraphs/email/ask-consent.ts';
import { type House, startHouse } from '#test/harness/house.ts';
import { ask } from '#test/harness/subgraph.ts';

const operations = resolve(import.meta.dirname, '../contracts/operations');
const purpose = 'EMAIL_MARKETING';
const asker = {
  tenant: 'default',
  requestId: 'req-1',
  traceparent: undefined,
  signal: new AbortController().signal,
};

describe('enrolling through the gateway', () => {
  let house: House;
  let campaignId: string;
  let nurtureText: string;

  beforeAll(async () => {
    house = await startHouse({ accounts: 12 });
    const { campaigns } = (
      await ask(`${house.url}/graphql`, '{ campaigns(filter: { status: [ACTIVE] }) { nodes { id } } }')
    ).data;
    campaignId = campaigns.nodes[0].id;
    nurtureText = await readFile(join(operations, 'TriggerNurture.graphql'), 'utf8');
  });
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
