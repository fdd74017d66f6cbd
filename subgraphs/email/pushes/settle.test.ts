import { afterEach, describe, expect, it } from 'vitest';
import { pushesOfEvents } from '#chassis/vendor/pushes/record.ts';
import { type Outcome, takeBatch } from '#chassis/vendor/pushes/sending.ts';
import type { Push } from '#chassis/vendor/pushes/tables.ts';
import { vendorCause } from '#chassis/vendor/replica/domain.ts';
import { linksOfVendorIds, lockVendor, writeLinks } from '#chassis/vendor/replica/links.ts';
import { makeEvent } from '#events/envelope.ts';
import { consentUpdatedV1 } from '#events/schemas/index.ts';
import { engines } from '#test/harness/stores.ts';
import { type EmailHouse, emailHouse } from '#test/harness/vendors/email-replica.ts';
import { settleEmailChange } from './settle.ts';

const ada = { id: 'con_ada', accountId: null, address: 'ada@example.com' };
const vendor = 'scripted';
const cause = vendorCause(vendor, 'default');
const refused: Outcome = { kind: 'rejected', code: 'NO', reason: 'no' };
const accepted: Outcome = { kind: 'accepted', record: { type: 'recipients', id: 'p1' } };

describe.each(engines)('what an email platform answers on $engine', ({ engine, missing }) => {
  let house: EmailHouse | undefined;
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  const open = async () => {
    const place = await emailHouse(engine);
    house = place;
    place.graph.contacts = [ada];
    const { store } = place.email;
    let version = 0;
    return {
      ...place,
      store,
      decide: async (state: 'GRANTED' | 'DENIED', tenant = 'default') => {
        version += 1;
        const data = {
          ...{ recordId: `cns_${version}`, purpose: 'EMAIL_MARKETING', state, jurisdiction: 'DE' },
          decision: state === 'GRANTED' ? 'GRANTED' : 'WITHDRAWN',
          ...{ legalBasis: 'CONSENT', recordedAt: '2026-03-01T00:00:00.000Z' },
        } as const;
        const change = { subject: ada.id, entityVersion: version, routing: { contactid: ada.id }, data };
        const by = { ...cause, tenant, origin: 'mutation' } as const;
        await place.deliver('email.consent-suppression', [makeEvent(consentUpdatedV1, change, by)]);
      },
      /** The change that is sent next, taken as by one who sends it. */
      take: async () => {
        const ids = (await place.events(ada.id)).map(({ id }) => id);
        const waiting = (await pushesOfEvents(store.db, 'default', ids)).find(
          ({ state }) => state === 'PENDING',
        );
        const batch = await takeBatch(store, waiting as Push, false);
        if (batch === null) throw new Error('Nothing waits.');
        return (outcome: Outcome) =>
          store.transaction((trx) => settleEmailChange(trx, batch, outcome, { vendor, cause }));
      },
      told: async () => (await place.events(ada.id)).map(({ type }) => type.split('.')[2]),
      held: () => store.db.selectFrom('suppressions').select(['id', 'reason']).orderBy('reason').execute(),
      link: async () => {
        const links = await linksOfVendorIds(store.db, { tenant: 'default', vendor, type: 'recipients' }, [
          'p1',
        ]);
        return links.get('p1')?.id;
      },
    };
  };
  const linkTo = ({ email: { store } }: EmailHouse, id: string) =>
    store.transaction((trx) =>
      writeLinks(trx, [
        {
          ...{ tenant: 'default', vendor, type: 'recipients', vendorId: 'p1', id },
          ...{ changedAt: null, observedAt: '2026-03-01T00:00:00.000Z', goneAt: null },
        },
      ]),
    );

  it.skipIf(missing)('is told once, however many heard it', async () => {
    const { decide, take, told } = await open();
    await decide('DENIED');
    const settle = await take();
    await settle(refused);
    await settle(refused);
    await settle(accepted);
    expect(await told()).toEqual(['ContactSuppressed', 'SuppressionChangeRejected']);
  });

  it.skipIf(missing)('imposes nothing twice that holds again when a lifting is refused', async () => {
    const { decide, take, held, told } = await open();
    await decide('DENIED');
    await (await take())(accepted);
    await decide('GRANTED');
    const settle = await take();
    await decide('DENIED');
    await settle(refused);
    expect((await held()).map(({ reason }) => reason)).toEqual(['CONSENT']);
    expect((await told()).slice(1)).toEqual([
      'SuppressionLifted',
      'ContactSuppressed',
      'SuppressionChangeRejected',
    ]);
  });

  it.skipIf(missing)('is written where the vendor imposed something else under the id', async () => {
    const { decide, take, held, store } = await open();
    await decide('DENIED');
    await (await take())(accepted);
    const [ours] = await held();
    await decide('GRANTED');
    const settle = await take();
    const at = '2026-03-01T00:00:00.000Z';
    await store.transaction((trx) =>
      trx
        .insertInto('suppressions')
        .values({
          ...{ tenant: 'default', id: ours?.id ?? '', contactId: ada.id, reason: 'MANUAL', suppressedAt: at },
          ...{ version: 1, createdAt: at, updatedAt: at, observedAt: at, syncState: null, syncReason: null },
        })
        .execute(),
    );
    await settle(refused);
    expect((await held()).map(({ reason }) => reason)).toEqual(['CONSENT', 'MANUAL']);
  });

  it.skipIf(missing)('says who a contact is there, where nobody knew that better', async () => {
    const place = await open();
    const { decide, take, link } = place;
    await linkTo(place, 'con_bob');
    await decide('DENIED');
    await (await take())(accepted);
    expect(await link()).toBe('con_bob');
    await linkTo(place, 'rcp_p1');
    await decide('GRANTED');
    await (await take())(accepted);
    expect(await link()).toBe(ada.id);
  });

  it.skipIf(missing || engine === 'sqlite')('waits for whoever writes what the vendor has', async () => {
    const { decide, take, store, link } = await open();
    await decide('DENIED');
    const settle = await take();
    const settled = await store.transaction(async (trx) => {
      await lockVendor(trx, { tenant: 'default', vendor });
      const settling = settle(accepted);
      await expect
        .poll(() =>
          store.db
            .selectFrom('pg_locks' as never)
            .selectAll()
            .where('locktype' as never, '=', 'advisory' as never)
            .where('granted' as never, '=', false as never)
            .execute(),
        )
        .not.toEqual([]);
      expect(await link()).toBeUndefined();
      return { settling };
    });
    await settled.settling;
    expect(await link()).toBe(ada.id);
  });

  it.skipIf(missing)('is waited for by those tenants alone that have a platform', async () => {
    const { decide, store } = await open();
    await decide('DENIED', 'other');
    expect(await store.db.selectFrom('pushes').selectAll().execute()).toEqual([]);
    expect(await store.db.selectFrom('suppressions').select(['tenant', 'syncState']).execute()).toEqual([
      { tenant: 'other', syncState: null },
    ]);
  });
});
