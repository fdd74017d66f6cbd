import { afterEach, describe, expect, it } from 'vitest';
import { pushRetry } from '#chassis/vendor/pushes/consumer.ts';
import { makeEvent } from '#events/envelope.ts';
import { consentUpdatedV1 } from '#events/schemas/index.ts';
import { engines } from '#test/harness/stores.ts';
import { ask } from '#test/harness/subgraph.ts';
import { type EmailHouse, emailHouse, suppression } from '#test/harness/vendors/email-replica.ts';

const address = 'ada@example.com';
const ada = { id: 'con_ada', accountId: 'acc_1', address };
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

describe.each(engines)('suppressions here and at a vendor on $engine', ({ engine, missing }) => {
  let house: EmailHouse | undefined;
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });
  const open = async () => {
    const place = await emailHouse(engine);
    house = place;
    let version = 0;
    return {
      ...place,
      decide: async (state: 'GRANTED' | 'DENIED') => {
        version += 1;
        const data = {
          ...{ recordId: `cns_${version}`, purpose: 'EMAIL_MARKETING', state, jurisdiction: 'DE' },
          decision: state === 'GRANTED' ? 'GRANTED' : 'WITHDRAWN',
          ...{ legalBasis: 'CONSENT', recordedAt: '2026-03-01T00:00:00.000Z' },
        } as const;
        const change = { subject: ada.id, entityVersion: version, routing: { contactid: ada.id }, data };
        const cause = { tenant: 'default', actor: 'test', origin: 'mutation', correlationId: 'c' } as const;
        await place.deliver('email.consent-suppression', [makeEvent(consentUpdatedV1, change, cause)]);
      },
      reasons: async () =>
        (await place.contact(ada.id, 'suppressions { reason }')).suppressions
          .map(({ reason }: { readonly reason: string }) => reason)
          .toSorted() as readonly string[],
      push: async () => place.deliver('email.push', await place.events(ada.id)),
      held: async () =>
        (await place.contact(ada.id, 'suppressions { reason syncState }')).suppressions as readonly object[],
      told: async () => (await place.events(ada.id)).map(({ type }) => type.split('.')[2]),
      versions: async () => (await place.events(ada.id)).map(({ entityversion }) => entityversion),
    };
  };

  const unsubscribe = (url: string) =>
    ask(url, 'mutation ($input: UnsubscribeInput!) { unsubscribe(input: $input) { suppression { id } } }', {
      input: { idempotencyKey: 'k', contactId: ada.id },
    });

  it.skipIf(missing)('reach the vendor once it has somebody whom nobody could name to it', async () => {
    const { vendor, graph, backfill, decide, push, held, pushed, versions } = await open();
    await decide('DENIED');
    await push();
    expect(pushed).toEqual([]);
    expect(await held()).toEqual([{ reason: 'CONSENT', syncState: 'REJECTED' }]);
    vendor.put('recipients', 'p1', { address });
    graph.contacts = [ada];
    await backfill();
    expect(await held()).toEqual([{ reason: 'CONSENT', syncState: 'PENDING' }]);
    await push();
    expect(pushed).toMatchObject([{ kind: 'suppress', reason: 'CONSENT', addressee: { recipientId: 'p1' } }]);
    expect(await held()).toEqual([{ reason: 'CONSENT', syncState: 'ACCEPTED' }]);
    // Once: what it has is left alone.
    vendor.put('recipients', 'p1', { address });
    await backfill();
    expect(await held()).toEqual([{ reason: 'CONSENT', syncState: 'ACCEPTED' }]);
    expect(await versions()).toEqual([1, 2, 3]);
  });

  it.skipIf(missing)('of the vendor stay its own under an id that ours had', async () => {
    const { vendor, graph, backfill, decide, push, reasons } = await open();
    graph.contacts = [ada];
    vendor.put('recipients', 'p1', { address });
    await decide('DENIED');
    await push();
    const at = new Date().toISOString();
    vendor.put('suppressions', 's1', suppression({ reason: 'MANUAL', recipientId: 'p1', suppressedAt: at }));
    await backfill();
    await decide('GRANTED');
    // Later than ours was lifted somebody asks the vendor itself for no more mail.
    const again = { reason: 'MANUAL', recipientId: 'p1', suppressedAt: inAnHour() } as const;
    vendor.put('suppressions', 's1', suppression(again));
    await backfill();
    await push();
    // What it says of its own is followed.
    vendor.put('suppressions', 's1', suppression({ ...again, reason: 'COMPLAINT' }));
    await backfill();
    expect(await reasons()).toEqual(['COMPLAINT']);
  });

  it.skipIf(missing)('stand for themselves where they are not of what we imposed', async () => {
    const { vendor, graph, backfill, decide, push, reasons } = await open();
    graph.contacts = [ada];
    vendor.put('recipients', 'p1', { address });
    await decide('DENIED');
    await push();
    const by = { recipientId: 'p1', suppressedAt: new Date().toISOString() };
    vendor.put('suppressions', 's1', suppression({ ...by, reason: 'BOUNCE' }));
    vendor.put('suppressions', 's2', suppression({ ...by, reason: 'MANUAL', suppressedAt: inAnHour() }));
    const before = '2026-01-01T00:00:00.000Z';
    vendor.put('suppressions', 's3', suppression({ ...by, reason: 'UNSUBSCRIBE', suppressedAt: before }));
    await backfill();
    expect(await reasons()).toEqual(['BOUNCE', 'CONSENT', 'MANUAL', 'UNSUBSCRIBE']);
    await decide('GRANTED');
    expect(await reasons()).toEqual(['BOUNCE', 'MANUAL', 'UNSUBSCRIBE']);
  });

  it.skipIf(missing)('that were refused are not what the vendor imposed at that time', async () => {
    const { vendor, graph, backfill, decide, push, reasons } = await open();
    await decide('DENIED');
    await push();
    graph.contacts = [ada];
    const at = new Date().toISOString();
    vendor.put('suppressions', 's1', suppression({ reason: 'MANUAL', address, suppressedAt: at }));
    await backfill();
    expect(await reasons()).toEqual(['CONSENT', 'MANUAL']);
  });

  it.skipIf(missing)(
    'are one where the vendor has two of a reason, and keep the reason that we gave',
    async () => {
      const { vendor, graph, backfill, url, push, reasons, told } = await open();
      graph.contacts = [ada];
      vendor.put('recipients', 'p1', { address });
      vendor.put('suppressions', 's1', suppression({ recipientId: 'p1' }));
      vendor.put('suppressions', 's2', suppression({ recipientId: 'p1' }));
      // Of consent nobody is believed but who owns it.
      vendor.put('suppressions', 's3', suppression({ recipientId: 'p1', reason: 'CONSENT' }));
      await backfill();
      expect(await reasons()).toEqual(['BOUNCE']);
      vendor.put('suppressions', 's1', suppression({ recipientId: 'p1', reason: 'CONSENT' }));
      await backfill();
      expect(await reasons()).toEqual(['BOUNCE']);
      expect(await told()).toEqual(['ContactSuppressed']);
      await unsubscribe(url);
      await push();
      const at = new Date().toISOString();
      vendor.put(
        'suppressions',
        's4',
        suppression({ recipientId: 'p1', reason: 'MANUAL', suppressedAt: at }),
      );
      await backfill();
      expect(await reasons()).toEqual(['BOUNCE', 'UNSUBSCRIBE']);
    },
  );

  it.skipIf(missing)('stay while they wait to be imposed, and tell each version once', async () => {
    const { vendor, graph, backfill, reconcile, held, url, versions } = await open();
    graph.contacts = [ada];
    vendor.put('recipients', 'p1', { address });
    vendor.put('suppressions', 's1', suppression({ recipientId: 'p1' }));
    await backfill();
    vendor.drop('suppressions', 's1');
    await reconcile(true);
    expect(await held()).toEqual([]);
    await unsubscribe(url);
    vendor.put('suppressions', 's2', suppression({ recipientId: 'p1', reason: 'UNSUBSCRIBE' }));
    await backfill();
    vendor.drop('suppressions', 's2');
    await reconcile(true);
    expect(await held()).toEqual([{ reason: 'UNSUBSCRIBE', syncState: 'PENDING' }]);
    expect(await versions()).toEqual([1, 2, 3, 4]);
  });

  it.skipIf(missing)('wait for a graph that is away, however long', async () => {
    const { graph, decide, push, pushed, consumer } = await open();
    graph.contacts = null;
    await decide('DENIED');
    for (let nth = 0; nth <= pushRetry.attempts; nth += 1) expect(await push()).toBe(0);
    const letters = await consumer('email.push').deadLetters.list({ tenant: 'default', after: 0, limit: 1 });
    expect(letters).toEqual([]);
    graph.contacts = [ada];
    await push();
    expect(pushed).toMatchObject([{ kind: 'suppress' }]);
  });

  it.skipIf(missing)('name nobody by what the vendor has no more', async () => {
    const { vendor, graph, backfill, reconcile, decide, push, pushed } = await open();
    graph.contacts = [ada];
    vendor.put('recipients', 'p1', { address });
    await backfill();
    vendor.drop('recipients', 'p1');
    await reconcile(true);
    await decide('DENIED');
    await push();
    expect(pushed).toMatchObject([{ kind: 'suppress', addressee: { recipientId: null, address } }]);
  });
});
