import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { vendorCause } from '#chassis/vendor/replica/domain.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import { makeEvent } from '#events/envelope.ts';
import { consentUpdatedV1, contactDetailsChangedV1 } from '#events/schemas/index.ts';
import { engines } from '#test/harness/stores.ts';
import { ask } from '#test/harness/subgraph.ts';
import {
  activity,
  campaign,
  type EmailHouse,
  type EmailHouseOptions,
  emailHouse,
  suppression,
} from '#test/harness/vendors/email-replica.ts';
import { vendorFails } from '#test/harness/vendors/scripted-system.ts';

const address = 'ada@example.com';
const ada = { id: 'con_ada', accountId: 'acc_1', address };
const engagement = 'engagement { sent delivered opened clicked bounced lastOpenedAt lastClickedAt }';
const suppressions = 'suppressions { id reason syncState }';

describe.each(engines)('the email platform as a replica on $engine', ({ engine, missing }) => {
  let house: EmailHouse | undefined;
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });
  const open = async (options?: EmailHouseOptions) => {
    house = await emailHouse(engine, options);
    return house;
  };
  const told = async ({ events }: EmailHouse) => (await events()).map(({ type }) => type.split('.').at(-2));
  /** All that a store has, as text. */
  const everything = async ({ email: { store } }: EmailHouse) => {
    const texts: string[] = [];
    const tables = [
      'recipients',
      'suppressions',
      'activities',
      'unlinked',
      'vendor_links',
      'outbox',
      'contacts',
    ];
    for (const table of [...tables, 'mapping_problems']) {
      texts.push(JSON.stringify((await sql`select * from ${sql.table(table)}`.execute(store.db)).rows));
    }
    return texts.join('\n');
  };
  const decided = (state: 'GRANTED' | 'DENIED', entityVersion: number) =>
    makeEvent(
      consentUpdatedV1,
      {
        ...{ subject: ada.id, entityVersion, routing: { contactid: ada.id } },
        data: {
          ...{ recordId: `cns_${entityVersion}`, purpose: 'EMAIL_MARKETING', state, jurisdiction: 'DE' },
          decision: state === 'GRANTED' ? 'GRANTED' : 'WITHDRAWN',
          ...{ legalBasis: 'CONSENT', recordedAt: '2026-03-01T00:00:00.000Z' },
        } as never,
      },
      { tenant: 'default', actor: 'test', origin: 'client', correlationId: 'c' } as never,
    );

  it.skipIf(missing)('links people by our id, else by their address, and keeps no address', async () => {
    const place = await open();
    const { vendor, graph, backfill, contact } = place;
    graph.contacts = [ada, { id: 'con_bob', accountId: 'acc_2', address: 'bob@example.com' }];
    vendor.put('campaigns', 'c1', campaign());
    vendor.put('recipients', 'p1', { address });
    vendor.put('recipients', 'p2', { address: 'other@example.com' }, { externalId: 'con_bob' });
    vendor.put('recipients', 'p3', { address: 'nobody@example.com' });
    const by = { address, recipientId: null };
    vendor.put('activities', 'a1', activity({ kind: 'SENT', campaignId: 'c1', recipientId: 'p1' }));
    vendor.put('activities', 'a2', activity({ kind: 'OPENED', ...by, at: '2026-03-02T09:00:00.000Z' }));
    vendor.put('suppressions', 's1', suppression({ reason: 'COMPLAINT', recipientId: 'p2' }));
    const { types } = await backfill();
    expect(types).toMatchObject({
      recipients: { inserted: 2, unmapped: 1 },
      suppressions: { inserted: 1 },
      activities: { inserted: 2 },
    });
    expect(await contact('con_ada', engagement)).toMatchObject({
      engagement: { sent: 1, delivered: 0, opened: 1, lastOpenedAt: '2026-03-02T09:00:00.000Z' },
    });
    expect(await contact('con_bob', suppressions)).toMatchObject({ suppressions: [{ reason: 'COMPLAINT' }] });
    expect(await told(place)).toEqual(['ContactSuppressed']);
    const { rows } = await sql<{ accountId: string }>`
      select account_id from recipients order by id`.execute(place.email.store.db);
    expect(rows.map(({ accountId }) => accountId)).toEqual(['acc_1', 'acc_2']);
    expect(await everything(place)).not.toContain('@');
    expect(place.log()).not.toContain('@');
    expect(await place.reconcile()).toMatchObject({ counts: { missing: 0, differs: 0, gone: 0 } });
  });

  it.skipIf(missing)('writes what waited for somebody once the graph knows them', async () => {
    const place = await open();
    const { vendor, graph, backfill, contact, email } = place;
    vendor.put('recipients', 'p1', { address });
    vendor.put('activities', 'a1', activity({ kind: 'CLICKED', recipientId: 'p1', address }));
    vendor.put('suppressions', 's1', suppression({ recipientId: 'p1', address }));
    await backfill();
    expect(await contact(ada.id, `${engagement} ${suppressions}`)).toEqual({
      engagement: null,
      suppressions: [],
    });
    expect(await everything(place)).not.toContain('@');

    graph.contacts = [ada];
    const signal = AbortSignal.timeout(20_000);
    await email.linkAgain('default', signal);
    expect(await contact(ada.id, suppressions)).toEqual({ suppressions: [] });
    await email.store.transaction((trx) =>
      sql`update unlinked set due_at = '2026-01-01T00:00:00.000Z'`.execute(trx),
    );
    await email.linkAgain('default', signal);
    expect(await contact(ada.id, `${engagement} ${suppressions}`)).toMatchObject({
      engagement: { clicked: 1 },
      suppressions: [{ reason: 'BOUNCE' }],
    });
    const { rows } = await sql`select * from unlinked`.execute(email.store.db);
    expect(rows).toEqual([]);
    expect(await told(place)).toEqual(['ContactSuppressed']);
  });

  it.skipIf(missing)('takes what is told in many orders at once', async () => {
    const { email, graph } = await open();
    graph.contacts = [];
    const { replica } = email;
    const system = replica?.systems.get('default');
    if (replica === undefined || system === undefined) throw new Error('There is a vendor.');
    const ids = Array.from({ length: 60 }, (_, nth) => `${nth}`);
    const write = (order: readonly string[]) => {
      const changedAt = '2026-03-01T09:00:00.000Z';
      const seen = order.map((id) => {
        const values = { ...activity({ messageId: id }), contactId: null, recipientId: `p${id}` };
        return {
          kind: 'record',
          record: { id, externalId: null, values, createdAt: null, changedAt },
        } as const;
      });
      const cause = vendorCause('scripted', 'default');
      const about = { system, tenant: 'default', type: 'activities', observedAt: readTime(), cause };
      return replica.writer({ ...about, seen, urgency: 'sync', signal: AbortSignal.timeout(20_000) });
    };
    for (let round = 0; round < 5; round += 1) {
      await Promise.all([ids, ids.toReversed(), ids, ids.toReversed()].map(write));
    }
    const waiting = await sql<{ type: string }>`select type from unlinked`.execute(email.store.db);
    expect(Map.groupBy(waiting.rows, ({ type }) => type).get('activities')).toHaveLength(ids.length);
  });

  it.skipIf(missing)('waits for a graph that is away: nobody is unknown because of that', async () => {
    const { vendor, graph, backfill, contact, email } = await open();
    vendor.put('recipients', 'p1', { address });
    graph.contacts = null;
    await expect(backfill()).rejects.toThrow('the graph cannot be asked');
    expect((await sql`select * from unlinked`.execute(email.store.db)).rows).toEqual([]);
    graph.contacts = [ada];
    await backfill();
    expect(await contact(ada.id, engagement)).toMatchObject({ engagement: { sent: 0 } });
  });

  it.skipIf(missing)('tells what the vendor lifted, and lets it lift nothing of consent', async () => {
    const place = await open();
    const { vendor, graph, backfill, contact, deliver, events, reconcile, pushed } = place;
    graph.contacts = [ada];
    vendor.put('recipients', 'p1', { address });
    vendor.put('suppressions', 's1', suppression({ recipientId: 'p1' }));
    await backfill();
    await deliver('email.consent-suppression', [decided('DENIED', 1)]);
    await deliver('email.push', await events(ada.id));
    expect(pushed).toMatchObject([{ kind: 'suppress', reason: 'CONSENT' }]);
    // The vendor calls it what it calls everything that is done from outside.
    const at = new Date().toISOString();
    vendor.put('suppressions', 's2', suppression({ reason: 'MANUAL', recipientId: 'p1', suppressedAt: at }));
    await backfill();
    expect((await contact(ada.id, suppressions)).suppressions).toHaveLength(2);

    vendor.drop('suppressions', 's1');
    vendor.drop('suppressions', 's2');
    await reconcile(true);
    expect(await contact(ada.id, suppressions)).toMatchObject({
      suppressions: [{ reason: 'CONSENT', syncState: 'PENDING' }],
    });
    const again = ['ContactSuppressed', 'ContactSuppressed', 'ContactSuppressed', 'SuppressionLifted'];
    expect((await told(place)).toSorted()).toEqual(again);
    await deliver('email.push', await events(ada.id));
    expect(pushed).toMatchObject([{ kind: 'suppress' }, { kind: 'suppress', reason: 'CONSENT' }]);

    await deliver('email.consent-suppression', [decided('GRANTED', 2)]);
    // The vendor still has it, and is read before it is told.
    await backfill();
    vendor.put('suppressions', 's2', suppression({ reason: 'MANUAL', recipientId: 'p1', suppressedAt: at }));
    await backfill();
    expect(await contact(ada.id, suppressions)).toEqual({ suppressions: [] });
    await deliver('email.push', await events(ada.id));
    expect(pushed.at(-1)).toMatchObject({ kind: 'lift' });
  });

  it.skipIf(missing)('takes an unsubscribing that comes back for what it was', async () => {
    const place = await open();
    const { vendor, graph, backfill, contact, deliver, events, url } = place;
    graph.contacts = [ada];
    const query =
      'mutation ($input: UnsubscribeInput!) { unsubscribe(input: $input) { suppression { id } } }';
    const { data } = await ask(url, query, { input: { idempotencyKey: 'k', contactId: ada.id } });
    await deliver('email.push', await events(ada.id));
    const before = (await events()).length;
    vendor.put('suppressions', 's1', suppression({ reason: 'UNSUBSCRIBE', address }));
    await backfill();
    expect((await contact(ada.id, suppressions)).suppressions).toMatchObject([data.unsubscribe.suppression]);
    expect(await events()).toHaveLength(before);
    vendor.drop('suppressions', 's1');
    await place.reconcile(true);
    expect(await contact(ada.id, suppressions)).toEqual({ suppressions: [] });
    expect((await told(place)).at(-1)).toBe('SuppressionLifted');
  });

  it.skipIf(missing)('follows the account of a contact', async () => {
    const { vendor, graph, backfill, deliver, email } = await open();
    graph.contacts = [ada];
    vendor.put('recipients', 'p1', { address });
    await backfill();
    const cause = { tenant: 'default', actor: 'vendor:x', origin: 'vendor', correlationId: 'c' } as const;
    const routing = { contactid: ada.id, accountid: 'acc_9' };
    const change = { subject: ada.id, entityVersion: 2, routing, data: { fields: ['account'] } };
    await deliver('email.contact-accounts', [makeEvent(contactDetailsChangedV1, change, cause)]);
    const { rows } = await sql`select account_id, version from recipients`.execute(email.store.db);
    expect(rows).toEqual([{ accountId: 'acc_9', version: 2 }]);
  });

  it.skipIf(missing)('reads through what is missing or old, and says what it could not renew', async () => {
    const place = await open({ freshness: { maxAgeMs: () => 0, deadlineMs: 5_000, unknownMs: 1 } });
    const { vendor, graph, contact, url } = place;
    graph.contacts = [ada];
    vendor.put('recipients', 'p1', { address });
    vendor.put('campaigns', 'c1', campaign());
    expect(await contact(ada.id, engagement)).toMatchObject({ engagement: { sent: 0 } });
    const campaigns = () => ask(url, '{ campaign(id: "cam_c1") { name } }');
    expect((await campaigns()).data).toEqual({ campaign: { name: 'Spring' } });
    vendor.put('campaigns', 'c1', campaign({ name: 'Summer' }));
    expect((await campaigns()).data).toEqual({ campaign: { name: 'Summer' } });
    vendor.during = async () => {
      throw vendorFails();
    };
    const old = await campaigns();
    expect(old.data).toEqual({ campaign: { name: 'Summer' } });
    const unknown = await ask(url, '{ campaign(id: "cam_c2") { name } }');
    expect(unknown.errors?.[0]?.extensions?.code).toBe('VENDOR_UNAVAILABLE');
  });

  it.skipIf(missing)('reads a contact by our id alone where the platform knows no addresses', async () => {
    const { vendor, contact, graph } = await open({ recipientKeys: ['externalId'] });
    graph.contacts = [ada];
    vendor.put('recipients', 'p1', { address: null }, { externalId: ada.id });
    expect(await contact(ada.id, engagement)).toMatchObject({ engagement: { sent: 0 } });
    expect(await contact('con_nobody', engagement)).toEqual({ engagement: null });
  });
});
