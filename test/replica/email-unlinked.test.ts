import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { engines } from '#test/harness/stores.ts';
import { activity, type EmailHouse, emailHouse, suppression } from '#test/harness/vendors/email-replica.ts';

const address = 'ada@example.com';
const ada = { id: 'con_ada', accountId: 'acc_1', address };
const suppressions = 'suppressions { id reason syncState }';

describe.each(engines)('what waits for people to be known on $engine', ({ engine, missing }) => {
  let house: EmailHouse | undefined;
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });
  const open = async () => {
    house = await emailHouse(engine);
    return house;
  };
  const waiting = async ({ email }: EmailHouse) => {
    const { rows } = await sql<{ type: string; vendorId: string; tries: number; said: string }>`
      select type, vendor_id, tries, said from unlinked order by type, vendor_id`.execute(email.store.db);
    return rows;
  };
  const waitsFor = async (place: EmailHouse) =>
    (await waiting(place)).map(({ type, vendorId }) => `${type} ${vendorId}`);
  /** A round in which the time of all that waits has come. */
  const round = async ({ email }: EmailHouse) => {
    await email.store.transaction((trx) =>
      sql`update unlinked set due_at = '2026-01-01T00:00:00.000Z'`.execute(trx),
    );
    await email.linkAgain('default', AbortSignal.timeout(20_000));
  };
  const due = async ({ email }: EmailHouse) => {
    const { rows } = await sql<{ vendorId: string }>`
      select vendor_id from unlinked where type = 'recipients' and due_at <= ${new Date().toISOString()}`.execute(
      email.store.db,
    );
    return rows.map(({ vendorId }) => vendorId);
  };

  it.skipIf(missing)(
    'looks for nobody again and again whom the vendor has no more, or cannot say',
    async () => {
      const place = await open();
      const { vendor, backfill } = place;
      vendor.put('recipients', 'p2', { address: 'odd@example.com' });
      vendor.unmapped.set('recipients/p2', 'address');
      for (const nth of ['1', '2']) {
        vendor.put('activities', `a${nth}`, activity({ recipientId: 'p1' }));
        vendor.put('activities', `b${nth}`, activity({ recipientId: 'p2' }));
        await backfill();
        await round(place);
        // Both times: that it was gone before is no reason to look for it in every round.
        expect(await due(place)).toEqual([]);
        expect(await waitsFor(place)).not.toContain('recipients p1');
      }
      expect((await waiting(place)).find(({ type }) => type === 'recipients')).toMatchObject({
        vendorId: 'p2',
        tries: 2,
      });
    },
  );

  it.skipIf(missing)('takes no address for an id that somebody wrote on a recipient', async () => {
    const place = await open();
    const { vendor, graph, backfill, email } = place;
    graph.contacts = [ada];
    // They come after the recipients were read: the platform is asked who they are.
    vendor.during = async ({ method, type }) => {
      if (method !== 'changes' || type !== 'suppressions') return;
      vendor.put('recipients', 'p1', { address }, { externalId: address });
      vendor.put('recipients', 'p2', { address: null }, { externalId: 'bob@example.com' });
    };
    vendor.put('activities', 'a1', activity({ recipientId: 'p1' }));
    vendor.put('activities', 'a2', activity({ recipientId: 'p2', messageId: 'm2' }));
    await backfill();
    const rows = async () =>
      (await sql<{ id: string }>`select id from recipients`.execute(email.store.db)).rows;
    expect(await rows()).toEqual([{ id: ada.id }]);
    await backfill();
    expect(await rows()).toEqual([{ id: ada.id }]);
    expect(await waitsFor(place)).toEqual(['activities a2', 'recipients p2']);
    expect(JSON.stringify(await waiting(place))).not.toContain('@');
  });

  it.skipIf(missing)('imposes nothing that was lifted at the vendor while it waited', async () => {
    const place = await open();
    const { vendor, graph, backfill, contact, reconcile } = place;
    vendor.put('recipients', 'p1', { address });
    vendor.put('suppressions', 's1', suppression({ recipientId: 'p1', address }));
    await backfill();
    expect(await waitsFor(place)).toEqual(['recipients p1', 'suppressions s1']);
    // What waits is not missing.
    expect((await reconcile()).counts).toMatchObject({ missing: 0, gone: 0 });
    vendor.drop('suppressions', 's1');
    await reconcile(true);
    expect(await waitsFor(place)).toEqual(['recipients p1']);
    graph.contacts = [ada];
    await round(place);
    expect(await contact(ada.id, suppressions)).toEqual({ suppressions: [] });
  });

  it.skipIf(missing)('forgets whom the vendor forgot, and whoever was known by another record', async () => {
    const place = await open();
    const { vendor, graph, backfill, reconcile } = place;
    vendor.put('recipients', 'p1', { address: 'other@example.com' });
    vendor.put('suppressions', 's1', suppression({ address }));
    await backfill();
    expect(await waitsFor(place)).toEqual(['recipients p1', 'suppressions s1']);
    vendor.drop('recipients', 'p1');
    graph.contacts = [ada];
    vendor.put('suppressions', 's1', suppression({ address, reason: 'COMPLAINT' }));
    await backfill();
    expect(await waitsFor(place)).toEqual(['recipients p1']);
    await reconcile(true);
    expect(await waitsFor(place)).toEqual([]);
  });

  it.skipIf(missing)('leaves people who they were, and asks for nobody with every record', async () => {
    const place = await open();
    const { vendor, graph, backfill, email } = place;
    graph.contacts = [ada];
    vendor.put('recipients', 'p1', { address });
    vendor.put('recipients', 'p2', { address: 'nobody@example.com' });
    await backfill();
    graph.contacts = [];
    vendor.put('recipients', 'p1', { address: 'new@example.com' });
    vendor.put('activities', 'a2', activity({ recipientId: 'p2' }));
    vendor.calls.length = 0;
    await backfill();
    expect(vendor.calls.filter(({ method }) => method === 'read')).toEqual([]);
    expect(await waitsFor(place)).toEqual(['activities a2', 'recipients p2']);
    // Of whom an address alone is said the platform is asked, and knows who they were.
    vendor.put('activities', 'a3', activity({ address: 'new@example.com', messageId: 'm3' }));
    await backfill();
    expect(await waitsFor(place)).toEqual(['activities a2', 'recipients p2']);
    const { rows } = await sql`select id from recipients`.execute(email.store.db);
    expect(rows).toEqual([{ id: ada.id }]);
  });
});
