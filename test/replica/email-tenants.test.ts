import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { makeEvent } from '#events/envelope.ts';
import { consentUpdatedV1 } from '#events/schemas/index.ts';
import { engines } from '#test/harness/stores.ts';
import { ask } from '#test/harness/subgraph.ts';
import { campaign, type EmailHouse, emailHouse, suppression } from '#test/harness/vendors/email-replica.ts';

const address = 'ada@example.com';
const ada = { id: 'con_ada', accountId: 'acc_1', address };
const tables = ['recipients', 'suppressions', 'enrollments', 'pushes', 'vendor_links', 'unlinked'];

describe.each(engines)('an email platform with two tenants on $engine', ({ engine, missing }) => {
  let house: EmailHouse | undefined;
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  const open = async () => {
    const place = await emailHouse(engine);
    house = place;
    const { store } = place.email;
    const rowsOf = async (table: string, tenant: string) =>
      (
        await sql<
          Record<string, unknown>
        >`select * from ${sql.table(table)} where tenant = ${tenant}`.execute(store.db)
      ).rows;
    return {
      ...place,
      store,
      /** Gives another tenant all that there is, under the same ids. */
      copy: () =>
        store.transaction(async (trx) => {
          for (const table of tables) {
            const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(
              trx,
            );
            for (const row of rows) {
              const columns = Object.keys(row);
              const values = Object.values({ ...row, tenant: 'other' });
              await sql`
                insert into ${sql.table(table)} (${sql.join(columns.map((name) => sql.ref(name)))})
                values (${sql.join(values)})`.execute(trx);
            }
          }
        }),
      theirs: async () => Promise.all(tables.map((table) => rowsOf(table, 'other'))),
      decide: (state: 'GRANTED' | 'DENIED', entityVersion: number) => {
        const data = {
          ...{ recordId: `cns_${entityVersion}`, purpose: 'EMAIL_MARKETING', state, jurisdiction: 'DE' },
          decision: state === 'GRANTED' ? 'GRANTED' : 'WITHDRAWN',
          ...{ legalBasis: 'CONSENT', recordedAt: '2026-03-01T00:00:00.000Z' },
        } as const;
        const change = { subject: ada.id, entityVersion, routing: { contactid: ada.id }, data };
        const cause = { tenant: 'default', actor: 'test', origin: 'mutation', correlationId: 'c' } as const;
        return place.deliver('email.consent-suppression', [makeEvent(consentUpdatedV1, change, cause)]);
      },
      push: async () => place.deliver('email.push', await place.events(ada.id)),
    };
  };

  it.skipIf(missing)('touches nothing of the other, whatever happens to one of them', async () => {
    const place = await open();
    const { vendor, graph, backfill, reconcile, url, copy, theirs, push, contact } = place;
    graph.contacts = [ada];
    vendor.put('campaigns', 'c1', campaign());
    vendor.put('recipients', 'p1', { address });
    vendor.put('recipients', 'p2', { address: 'nobody@example.com' });
    await backfill();
    const input = { idempotencyKey: 'k', contactId: ada.id, campaignId: 'cam_c1' };
    const nurture = 'mutation ($input: TriggerNurtureInput!) { triggerNurture(input: $input) { replayed } }';
    expect((await ask(url, nurture, { input })).errors).toBeUndefined();
    vendor.put('suppressions', 's1', suppression({ recipientId: 'p2' }));
    await backfill();
    await copy();
    const before = await theirs();
    expect(before.map((rows) => rows.length)).toEqual([1, 0, 1, 1, 4, 2]);
    // What was asked for is refused: the campaign is gone.
    vendor.drop('campaigns', 'c1');
    await reconcile(true);
    await push();
    expect((await contact(ada.id, 'enrollments { nodes { state } }')).enrollments.nodes).toEqual([
      { state: 'EXITED' },
    ]);
    expect(await theirs()).toEqual(before);
  });

  it.skipIf(missing)('takes away, and knows as its own, what is of one of them', async () => {
    const place = await open();
    const { vendor, graph, backfill, reconcile, store, copy, theirs, decide, push, contact } = place;
    const reasons = async () =>
      (await contact(ada.id, 'suppressions { reason }')).suppressions.map(
        ({ reason }: { readonly reason: string }) => reason,
      );
    graph.contacts = [ada];
    vendor.put('recipients', 'p1', { address });
    vendor.put('suppressions', 's1', suppression({ recipientId: 'p1' }));
    await backfill();
    await decide('DENIED', 1);
    await copy();
    // At the other tenant it was sent long ago, and something was lifted that the first one still has.
    await store.transaction(async (trx) => {
      await sql`update pushes set version = 99, sent_at = '2020-01-01T00:00:00.000Z',
        settled_at = '2020-01-01T00:00:00.000Z' where tenant = 'other'`.execute(trx);
      await sql`
        insert into pushes (tenant, event_id, type, id, version, kind, fields, state, made_at, attempts, contested)
        values ('other', 'lifted', 'suppressions', 'sup_s3', 100, 'lift', '{}', 'ACCEPTED', '2099-01-01T00:00:00.000Z',
          1, 0)`.execute(trx);
    });
    const before = await theirs();
    await push();
    const at = new Date().toISOString();
    vendor.drop('suppressions', 's1');
    vendor.put('suppressions', 's2', suppression({ recipientId: 'p1', reason: 'MANUAL', suppressedAt: at }));
    vendor.put('suppressions', 's3', suppression({ recipientId: 'p1', reason: 'COMPLAINT' }));
    await reconcile(true);
    expect((await reasons()).toSorted()).toEqual(['COMPLAINT', 'CONSENT']);
    await decide('GRANTED', 2);
    await push();
    expect(await reasons()).toEqual(['COMPLAINT']);
    expect(await theirs()).toEqual(before);
  });
});
