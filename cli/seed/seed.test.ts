import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startConsumer } from '#events/start-consumer.ts';
import { stateAfter } from '#subgraphs/consent/store/present.ts';
import { selectLatestRecords } from '#subgraphs/consent/store/records.ts';
import { collectLog } from '#test/harness/log.ts';
import { memoryBus } from '#test/harness/memory-bus.ts';
import { waitingEvents } from '#test/harness/outbox.ts';
import { closeParts, openParts, type Parts } from '../run/parts.ts';
import { accountOf } from './accounts.ts';
import { campaignsOf } from './campaigns.ts';
import { consentRecordsOf, firstDecisions, mayBeMailed, neverAsked } from './consents.ts';
import { conversionsOf, sharesOf, touchesOf, visitsOf } from './facts.ts';
import { type SeedReport, seed } from './index.ts';
import { mailingOf } from './mailing.ts';
import { worldOf } from './world.ts';

const world = worldOf({ seed: 7, accounts: 400, now: '2026-03-01' });
const all = Array.from({ length: world.accounts }, (_, nth) => accountOf(world, nth));
const contacts = all.flatMap((account) => account.contacts);
const end = '2026-03-01T00:00:00.000Z';

describe('the generated world', () => {
  it('is the same for the same numbers, and another for another seed', () => {
    expect(accountOf(world, 17)).toEqual(accountOf({ ...world }, 17));
    expect(accountOf({ ...world, seed: 8 }, 17)).not.toEqual(accountOf(world, 17));
  });

  it('does not change an account when there are more of them, but for who owns it', () => {
    const larger = accountOf({ ...world, accounts: 4_000 }, 17);
    const { ownerId: _, ...values } = accountOf(world, 17).values;
    expect(larger.values).toMatchObject(values);
    expect(larger.contacts).toEqual(accountOf(world, 17).contacts);
  });

  it('is pinned: a row that changes here changes for everybody who has seeded', () => {
    const { values, contacts: people } = accountOf(
      worldOf({ seed: 1, accounts: 1_000, now: '2026-03-01' }),
      17,
    );
    expect([
      values.id,
      values.name,
      values.domain,
      values.employees,
      values.createdAt,
    ]).toMatchInlineSnapshot(`
      [
        "acc_1_18",
        "Horizonworks Networks",
        "horizonworks-networks.example",
        29,
        "2025-05-26T00:00:00.000Z",
      ]
    `);
    expect(people[0]?.email).toMatchInlineSnapshot(`"yuki.ono@horizonworks-networks.example"`);
  });

  it('is skewed: a tenth of the accounts has nearly half of the contacts, half have few', () => {
    const sizes = all.map((account) => account.contacts.length).sort((a, b) => b - a);
    const top = sizes.slice(0, 40).reduce((sum, size) => sum + size, 0);
    expect(top / contacts.length).toBeGreaterThan(0.4);
    expect(sizes[200]).toBeLessThan(8);
    expect(sizes.at(-1)).toBe(0);
  });

  it('has about eight contacts and five leads an account', () => {
    const large = worldOf({ seed: 3, accounts: 1_000, now: '2026-03-01' });
    const counts = { contacts: 0, leads: 0 };
    for (let nth = 0; nth < large.accounts; nth += 1) {
      const account = accountOf(large, nth);
      counts.contacts += account.contacts.length;
      counts.leads += account.leads.length;
    }
    expect(Math.abs(counts.contacts - 8_000)).toBeLessThan(800);
    expect(Math.abs(counts.leads - 5_000)).toBeLessThan(500);
  });

  it('has every status, stage and gap that a reader must cope with', () => {
    const leads = all.flatMap((account) => account.leads);
    const opportunities = all.flatMap((account) => account.opportunities);
    expect(new Set(leads.map(({ status }) => status)).size).toBe(5);
    expect(new Set(opportunities.map(({ stage }) => stage)).size).toBe(6);
    expect(new Set(opportunities.map(({ amountCurrency }) => amountCurrency)).size).toBeGreaterThan(5);
    expect(opportunities.some(({ amountMinor }) => amountMinor === null)).toBe(true);
    expect(leads.some(({ accountId }) => accountId === null)).toBe(true);
    expect(contacts.some(({ email }) => email === null)).toBe(true);
    expect(all.filter(({ values }) => values.domain === null).length).toBeGreaterThan(5);
    expect(all.some(({ values }) => values.ownerId === null && values.ownerSource === null)).toBe(true);
    expect(all.some(({ values }) => values.revenueMinor === null)).toBe(true);
  });

  it('writes to nobody: every domain and address ends in .example, and none is there twice', () => {
    const domains = all.flatMap(({ values }) => values.domain ?? []);
    const emails = contacts.flatMap(({ email }) => email ?? []);
    expect([...domains, ...emails].filter((name) => !/^[a-z0-9.@-]+\.example$/.test(name))).toEqual([]);
    expect(new Set(domains).size).toBe(domains.length);
    expect(new Set(emails).size).toBe(emails.length);
  });

  it('holds the showpieces in their places', () => {
    expect(all[0]?.contacts.length).toBeGreaterThan(100);
    expect(new Set(all[0]?.opportunities.map(({ amountCurrency }) => amountCurrency)).size).toBeGreaterThan(
      2,
    );
    expect(all[1]?.contacts).toEqual([]);
    expect(all[2]?.values.domain).toBeNull();
    const silent = contacts.find(({ id }) => id === neverAsked(world));
    expect(silent && firstDecisions(world, silent)).toEqual([]);
  });

  it('asks for opt-in where the law does, and mails nobody there who did not say yes', () => {
    const campaigns = campaignsOf(world);
    const granted = {
      'opt-in': { yes: 0, all: 0 },
      'opt-out': { yes: 0, all: 0 },
      implied: { yes: 0, all: 0 },
    };
    for (const contact of contacts) {
      const decisions = firstDecisions(world, contact);
      const mail = decisions.find(({ purpose }) => purpose === 'EMAIL_MARKETING');
      const counts = granted[contact.home.regime];
      counts.all += 1;
      if (mail?.decision === 'GRANTED') counts.yes += 1;
      const mailing = mailingOf(world, contact, campaigns, mayBeMailed(contact, decisions));
      if (contact.home.regime === 'opt-in' && mail?.decision !== 'GRANTED')
        expect(mailing.recipient.sent).toBe(0);
    }
    const share = ({ yes, all: total }: { yes: number; all: number }) => yes / total;
    expect(share(granted['opt-in'])).toBeLessThan(0.55);
    expect(share(granted['opt-out'])).toBeGreaterThan(0.75);
  });

  it('has consents end with the withdrawal of whoever unsubscribed', () => {
    const campaigns = campaignsOf(world);
    let unsubscribed = 0;
    for (const contact of contacts) {
      const decisions = firstDecisions(world, contact);
      const { unsubscribedAgo } = mailingOf(world, contact, campaigns, mayBeMailed(contact, decisions));
      const records = consentRecordsOf(world, contact, decisions, unsubscribedAgo);
      const mail = records.filter(({ purpose }) => purpose === 'EMAIL_MARKETING');
      if (unsubscribedAgo === null || mail.length === 0) continue;
      unsubscribed += 1;
      const last = mail.toSorted((a, b) => (a.recordedAt < b.recordedAt ? -1 : 1)).at(-1);
      expect(last).toMatchObject({ decision: 'WITHDRAWN', source: 'Unsubscribe link' });
    }
    expect(unsubscribed).toBeGreaterThan(10);
  });

  it('adds up: messages lead from sent to clicked, and engagement decays', () => {
    const campaigns = campaignsOf(world);
    const early = { delivered: 0, opened: 0 };
    const late = { delivered: 0, opened: 0 };
    for (const contact of contacts) {
      const { recipient, byCampaign } = mailingOf(world, contact, campaigns, true);
      expect(recipient.sent).toBe(recipient.delivered + recipient.bounced);
      expect(recipient.opened).toBeLessThanOrEqual(recipient.delivered);
      expect(recipient.clicked).toBeLessThanOrEqual(recipient.opened);
      expect(recipient.lastOpenedAt === null).toBe(recipient.opened === 0);
      for (const { id, startedAgo } of campaigns) {
        const counts = byCampaign.get(id);
        if (!counts || startedAgo === null) continue;
        const into = contact.ageDays - startedAgo < 120 ? early : late;
        into.delivered += counts.delivered;
        into.opened += counts.opened;
      }
    }
    expect(late.opened / late.delivered).toBeLessThan(0.75 * (early.opened / early.delivered));
  });

  it('has as many facts as were asked for, none after its end', async () => {
    const campaigns = campaignsOf(world);
    const touches = [...touchesOf(world, campaigns, await sharesOf(world, 'touches', 12_345))];
    const visits = [...visitsOf(world, await sharesOf(world, 'visits', 1_000))];
    const conversions = [...conversionsOf(world)];
    expect([touches.length, visits.length]).toEqual([12_345, 1_000]);
    for (const facts of [touches, visits, conversions]) {
      expect(new Set(facts.map(({ id }) => id)).size).toBe(facts.length);
      expect(facts.filter(({ at }) => at >= end)).toEqual([]);
      expect(facts.some(({ accountId }) => accountId === 'acc_7_1')).toBe(true);
    }
    expect(new Set(touches.map(({ channel }) => channel)).size).toBe(12);
    expect(touches.some(({ leadId }) => leadId !== null)).toBe(true);
    expect(new Set(conversions.map(({ kind }) => kind)).size).toBe(3);
    const started = new Map(campaigns.map(({ id, startedAt }) => [id, startedAt]));
    const early = touches.filter(({ campaignId, at }) => campaignId && (started.get(campaignId) ?? '') > at);
    expect(early).toEqual([]);
  });

  it.each([
    [{ seed: 1, accounts: 0, now: '2026-03-01' }, 'accounts must be'],
    [{ seed: -1, accounts: 1, now: '2026-03-01' }, 'seed must be'],
    [{ seed: 1, accounts: 1, now: '2026-02-30' }, 'now must be a day'],
    [{ seed: 1, accounts: 1, now: 'today' }, 'now must be a day'],
  ])('refuses %o', (options, message) => {
    expect(() => worldOf(options)).toThrow(message);
  });
});

describe('seeding', () => {
  const options = { accounts: 40, seed: 7, touches: 1_500, visits: 600, now: '2026-03-01' };
  let folder: string;
  let parts: Parts;
  let first: SeedReport;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    parts = await openParts(folder);
    first = await seed(parts, options);
  });

  afterAll(async () => {
    await closeParts(parts);
    await rm(folder, { recursive: true, force: true });
  });

  it('writes every table, and counts what it wrote', async () => {
    expect(first.tables).toMatchObject({
      accounts: { inserted: 40 },
      touches: { inserted: 1_500 },
      visits: { inserted: 600 },
    });
    for (const table of ['accounts', 'contacts', 'leads', 'opportunities', 'users'] as const) {
      const rows = await parts.crm.store.db.selectFrom(table).select('id').execute();
      expect(rows.length).toBe(first.tables[table]?.inserted);
    }
    expect(Object.keys(first.tables).sort()).toEqual([
      'accounts',
      'campaigns',
      'consentRecords',
      'contacts',
      'conversions',
      'enrollments',
      'leads',
      'opportunities',
      'recipients',
      'suppressions',
      'touches',
      'users',
      'visits',
    ]);
    expect(first.examples.map(({ id }) => id)).toEqual(['acc_7_1', 'acc_7_2', 'acc_7_3', 'con_7_1_2']);
  });

  it('has a campaign count what its contacts count together', async () => {
    const db = parts.email.store.db;
    const campaigns = await db.selectFrom('campaigns').select(['sent', 'opened']).execute();
    const recipients = await db.selectFrom('recipients').select(['sent', 'opened']).execute();
    const sum = (rows: typeof campaigns, count: 'sent' | 'opened') =>
      rows.reduce((all, row) => all + row[count], 0);
    expect(sum(campaigns, 'sent')).toBe(sum(recipients, 'sent'));
    expect(sum(campaigns, 'opened')).toBe(sum(recipients, 'opened'));
  });

  it('leaves the warehouse complete up to the end of its last day', async () => {
    const usage = await parts.analytics.warehouse.usage('default', ['acc_7_1'], 'LAST_365_DAYS');
    expect(usage?.get('acc_7_1')).toMatchObject({ asOf: '2026-02-28T23:59:59.999Z' });
    expect(usage?.get('acc_7_1')?.visits).toBeGreaterThan(0);
  });

  const events = async () => [
    ...(await waitingEvents(parts.crm.store)),
    ...(await waitingEvents(parts.consent.store)),
    ...(await waitingEvents(parts.email.store)),
    ...(await waitingEvents(parts.analytics.store)),
  ];

  it('tells of every lead, owner, consent, enrollment, suppression, touch and conversion, as a seed', async () => {
    const written = await events();
    expect(new Set(written.map(({ origin, actor }) => `${origin} ${actor}`))).toEqual(
      new Set(['seed local']),
    );
    const counts = Object.fromEntries(
      [...Map.groupBy(written, ({ type }) => type.split('.')[2])].map(([name, list]) => [name, list.length]),
    );
    const accounts = await parts.crm.store.db.selectFrom('accounts').select('ownerId').execute();
    const suppressions = await parts.email.store.db.selectFrom('suppressions').select('reason').execute();
    expect(counts).toEqual({
      CampaignEnrolled: first.tables.enrollments?.inserted,
      ContactSuppressed: first.tables.suppressions?.inserted,
      Unsubscribed: suppressions.filter(({ reason }) => reason === 'UNSUBSCRIBE').length,
      TouchRecorded: first.tables.touches?.inserted,
      ConversionRecorded: first.tables.conversions?.inserted,
      LeadCreated: first.tables.leads?.inserted,
      ConsentUpdated: first.tables.consentRecords?.inserted,
      AccountOwnerAssigned: accounts.filter(({ ownerId }) => ownerId !== null).length,
    });
  });

  it('tells nothing of a person but ids', async () => {
    const told = JSON.stringify(await events());
    expect(told).not.toContain('@');
    const people = await parts.crm.store.db.selectFrom('contacts').select(['name', 'phone']).execute();
    for (const { name, phone } of people) {
      expect(told).not.toContain(name);
      if (phone !== null) expect(told).not.toContain(phone);
    }
    expect(told).not.toContain('evidence');
  });

  it('has the versions of a contact follow its consents, and the last state be what holds', async () => {
    const { db } = parts.consent.store;
    const versions = new Map<string, number>();
    const states = new Map<string, unknown>();
    for (const { subject, entityversion, data } of await waitingEvents(parts.consent.store)) {
      expect(entityversion).toBe((versions.get(subject) ?? 0) + 1);
      versions.set(subject, entityversion);
      states.set(`${subject} ${data.purpose}`, data.state);
    }
    const contacts = await db.selectFrom('contacts').select(['id', 'version']).execute();
    expect(new Map(contacts.map(({ id, version }) => [id, version]))).toEqual(versions);
    const latest = await selectLatestRecords(db, 'default', [...versions.keys()]);
    const held = latest.map(
      (record) => [`${record.contactId} ${record.purpose}`, stateAfter(record)] as const,
    );
    expect(new Map(held)).toEqual(states);
  });

  it('tells nobody where it shall not', async () => {
    const before = (await events()).length;
    const { tables } = await seed(parts, { ...options, seed: 8, events: false });
    expect(tables.leads?.inserted).toBeGreaterThan(0);
    expect(await events()).toHaveLength(before);
  });

  it('has the warehouse filled by what was told', { timeout: 60_000 }, async () => {
    const { store, warehouse, consumers } = parts.analytics;
    const touched = await store.db
      .selectFrom('touches')
      .select(({ fn }) => ['accountId', fn.countAll().as('count')])
      .where('accountId', 'like', 'acc_7_%')
      .groupBy('accountId')
      .limit(20)
      .execute();
    const ids = touched.map(({ accountId }) => accountId as string);
    const totals = async () => {
      const request = { channels: null, first: 1, withTotal: true };
      const pages = await warehouse.touches('default', ids, request);
      return ids.map((id) => pages?.get(id)?.total ?? 0);
    };
    expect(await totals()).toEqual(ids.map(() => 0));
    const bus = memoryBus();
    const log = collectLog().logger;
    // As the relay publishes it; what waits is counted below.
    await bus.publish(await waitingEvents(store));
    const running = await Promise.all(consumers.map((each) => startConsumer(each, { bus, store, log })));
    try {
      const wanted = touched.map(({ count }) => Number(count));
      await expect.poll(totals, { timeout: 50_000, interval: 200 }).toEqual(wanted);
    } finally {
      for (const consumer of running) await consumer.stop();
    }
  });

  it('doubles nothing when it runs again, with or without the day', async () => {
    const told = (await events()).length;
    for (const again of [options, { ...options, now: undefined }]) {
      const { tables, now } = await seed(parts, again);
      expect(now).toBe('2026-03-01');
      for (const [table, counts] of Object.entries(tables)) {
        expect({ table, ...counts }).toMatchObject({ table, inserted: 0, updated: 0 });
      }
    }
    expect(await events()).toHaveLength(told);
  });

  it('refuses to move a world to another day', async () => {
    await expect(seed(parts, { ...options, now: '2026-03-02' })).rejects.toThrow(
      'Seed 7 was written here for 2026-03-01 and cannot be moved to 2026-03-02',
    );
  });

  it('stops between batches when it is told to, and goes on later', async () => {
    const stop = new AbortController();
    const steps: string[] = [];
    const run = seed(
      parts,
      { ...options, seed: 9, accounts: 60 },
      {
        signal: stop.signal,
        onProgress: ({ step, done, total }) => {
          steps.push(`${step} ${done <= total}`);
          stop.abort(new Error('enough'));
        },
      },
    );
    await expect(run).rejects.toThrow('enough');
    expect(steps).toEqual(['accounts true']);
    const { tables } = await seed(parts, { ...options, seed: 9, accounts: 60 });
    expect(tables.accounts?.unchanged).toBeGreaterThan(0);
    expect((tables.accounts?.unchanged ?? 0) + (tables.accounts?.inserted ?? 0)).toBe(60);
  });

  it('refuses numbers of facts that are none', async () => {
    await expect(seed(parts, { ...options, touches: -1 })).rejects.toThrow('touches must be');
  });
});
