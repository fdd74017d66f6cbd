import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { GraphUnavailable } from '#chassis/graph.ts';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { VendorError } from '#chassis/vendor/error.ts';
import type { Pushed } from '#chassis/vendor/system.ts';
import { type EventEnvelope, makeEvent } from '#events/envelope.ts';
import { consentUpdatedV1 } from '#events/schemas/index.ts';
import { type OpenConsumer, openConsumer } from '#events/start-consumer.ts';
import { collectLog } from '#test/harness/log.ts';
import { waitingEvents } from '#test/harness/outbox.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';
import { scriptedSystem } from '#test/harness/vendors/scripted-system.ts';
import { type EmailChange, type EmailRecords, type EmailSystem, emailTypes } from '../adapters/email.ts';
import { noContacts } from '../contacts.ts';
import { type Email, openEmail } from '../main.ts';
import { writeRows } from '../store/rows.ts';

const seen = '2026-03-01T00:00:00.000Z';
const { signal } = new AbortController();

/** A platform in memory that takes each idempotency key once. */
function platform() {
  const made: { readonly key: string; readonly change: EmailChange }[] = [];
  const fates: (() => Pushed | Promise<Pushed>)[] = [];
  const push: EmailSystem['push'] = async (change, { idempotencyKey: key }) => {
    const fate = fates.shift();
    if (fate !== undefined) return fate();
    if (!made.some((one) => one.key === key)) made.push({ key, change });
    return { kind: 'accepted', record: { type: 'recipients', id: `p_${change.addressee.contactId}` } };
  };
  const unread = scriptedSystem<EmailRecords, EmailChange>({ types: emailTypes });
  const system: EmailSystem = { ...unread, push };
  return { system, made, fates, changes: () => made.map(({ change }) => change) };
}

const down = (): Promise<Pushed> =>
  Promise.reject(new VendorError('scripted', { kind: 'unavailable' }, 'the test says so'));
const refuses = (): Pushed => ({ kind: 'rejected', code: 'NO_PROFILE', reason: 'a@example.com is none' });

describe.each(engines)('changes on their way to an email platform, on $engine', ({ engine, missing }) => {
  let place: TemporaryStore | undefined;
  let running: RunningSubgraph | undefined;
  afterEach(async () => {
    await running?.close();
    await place?.remove();
    running = undefined;
    place = undefined;
  });

  const open = async () => {
    place = await temporaryStore(engine);
    const vendor = platform();
    const email: Email = await openEmail({
      location: place.location,
      askConsent: async () => 'GRANTED',
      systems: new Map([['default', vendor.system]]),
      freshness: { maxAgeMs: () => 100 * 365 * 24 * 3_600_000 },
    });
    const counts = {
      recipients: 0,
      sent: 0,
      delivered: 0,
      opened: 0,
      clicked: 0,
      bounced: 0,
      unsubscribed: 0,
    };
    const about = { name: 'C', channel: 'EMAIL', status: 'ACTIVE', startedAt: seen } as const;
    const campaigns = ['cmp_1', 'cmp_2'].map((id) => ({ id, ...about, ...counts }));
    await email.store.transaction(async (trx) => {
      await writeRows(trx, 'campaigns', 'default', campaigns, seen);
      await sql`insert into vendor_links (tenant, vendor, type, vendor_id, id, observed_at)
        values ('default', 'scripted', 'campaigns', 'f1', 'cmp_1', ${seen})`.execute(trx);
    });
    const served = await serveForTest(email.subgraph);
    running = served;
    const log = collectLog();
    const consumers = email.consumers.map((one) =>
      openConsumer(one, { store: email.store, log: log.logger }),
    );
    const [suppression, push] = consumers as [OpenConsumer, OpenConsumer];

    const asked: string[][] = [];
    let addresses: Record<string, string> | null = {};
    email.connectContacts({
      ...noContacts('This test asks for addresses alone.'),
      addresses: async (ids) => {
        asked.push([...ids]);
        if (addresses === null) throw new GraphUnavailable('The graph is away.', {});
        return new Map(Object.entries(addresses));
      },
    });
    const events = async (contactId: string) =>
      (await waitingEvents(email.store)).filter(({ subject }) => subject === contactId);
    let version = 0;
    return {
      vendor,
      push,
      log: log.text,
      asked,
      events,
      knows: (known: Record<string, string> | null) => {
        addresses = known;
      },
      nurture: async (contactId: string, campaignId = 'cmp_1') =>
        (
          await ask(
            served.url,
            `mutation ($input: TriggerNurtureInput!) { triggerNurture(input: $input) {
              enrollment { id state syncState } refusal { reason } } }`,
            { input: { idempotencyKey: randomUUID(), contactId, campaignId } },
          )
        ).data.triggerNurture,
      unsubscribe: (contactId: string) =>
        ask(
          served.url,
          'mutation ($input: UnsubscribeInput!) { unsubscribe(input: $input) { suppression { syncState } } }',
          { input: { idempotencyKey: randomUUID(), contactId } },
        ),
      decide: async (contactId: string, state: 'GRANTED' | 'DENIED') => {
        version += 1;
        const data = {
          recordId: `cns_${version}`,
          purpose: 'EMAIL_MARKETING',
          decision: state === 'GRANTED' ? 'GRANTED' : 'WITHDRAWN',
          state,
          legalBasis: 'CONSENT',
          jurisdiction: 'DE',
          recordedAt: seen,
        };
        const change = {
          subject: contactId,
          entityVersion: version,
          routing: { contactid: contactId },
          data,
        };
        const cause = {
          tenant: 'default',
          actor: 'user:usr_1',
          origin: 'mutation',
          correlationId: 'r',
        } as const;
        const event: EventEnvelope = JSON.parse(JSON.stringify(makeEvent(consentUpdatedV1, change, cause)));
        await suppression.take([event], 'new', signal);
      },
      deliver: async (contactId: string) => {
        const taken = (await events(contactId)).filter(({ type }) => push.types.includes(type));
        return push.take(taken, 'new', signal);
      },
      contact: async (id: string) => {
        const { data } = await ask(
          served.url,
          `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Contact {
            suppressions { reason syncState syncReason }
            enrollments { nodes { state syncState syncReason } } } } }`,
          { r: [{ __typename: 'Contact', id }] },
        );
        const [{ suppressions, enrollments }] = data._entities;
        return { suppressions, enrollments: enrollments.nodes };
      },
    };
  };
  const pending = { syncState: 'PENDING', syncReason: null };
  const accepted = { syncState: 'ACCEPTED', syncReason: null };
  const rejected = { syncState: 'REJECTED', syncReason: 'a@example.com is none' };
  const told = (events: readonly EventEnvelope[]) => events.map(({ type }) => type.split('.')[2]);

  it.skipIf(missing)('name a contact as the platform knows it, with its address of now', async () => {
    const { vendor, knows, nurture, deliver, contact, unsubscribe, asked, log } = await open();
    knows({ con_1: 'a@example.com' });
    expect((await nurture('con_1')).enrollment).toMatchObject({ state: 'ACTIVE', syncState: 'PENDING' });
    expect(await deliver('con_1')).toEqual({ done: 1 });
    expect(vendor.changes()).toMatchObject([
      {
        kind: 'enroll',
        campaignId: 'f1',
        addressee: { contactId: 'con_1', recipientId: null, address: 'a@example.com' },
      },
    ]);
    expect(await contact('con_1')).toEqual({
      suppressions: [],
      enrollments: [{ state: 'ACTIVE', ...accepted }],
    });

    knows({});
    const { data } = await unsubscribe('con_1');
    expect(data.unsubscribe.suppression).toEqual({ syncState: 'PENDING' });
    expect((await contact('con_1')).suppressions).toEqual([{ reason: 'UNSUBSCRIBE', ...pending }]);
    await deliver('con_1');
    // The platform said who it is.
    expect(vendor.changes().at(-1)).toEqual({
      kind: 'suppress',
      reason: 'UNSUBSCRIBE',
      addressee: { contactId: 'con_1', recipientId: 'p_con_1', address: null },
    });
    expect((await contact('con_1')).suppressions).toEqual([{ reason: 'UNSUBSCRIBE', ...accepted }]);
    expect(asked).toEqual([['con_1'], ['con_1']]);
    expect(log()).not.toContain('example.com');
  });

  it.skipIf(missing)('ask for the addresses of contacts together', async () => {
    const { knows, nurture, deliver, asked, vendor } = await open();
    const contacts = ['con_1', 'con_2', 'con_3'];
    knows(Object.fromEntries(contacts.map((id) => [id, `${id}@example.com`])));
    for (const id of contacts) await nurture(id);
    await Promise.all(contacts.map(deliver));
    expect(asked.flat().toSorted()).toEqual(contacts);
    expect(vendor.made).toHaveLength(3);
  });

  it.skipIf(missing)(
    'wait for the graph and for the platform, and enrol nobody who withdrew meanwhile',
    async () => {
      const { vendor, knows, nurture, deliver, decide, contact, push, events } = await open();
      knows(null);
      await nurture('con_1');
      expect((await deliver('con_1')).done).toBe(0);
      knows({ con_1: 'a@example.com' });
      vendor.fates.push(down, down);
      expect((await deliver('con_1')).done).toBe(0);
      expect((await deliver('con_1')).done).toBe(0);
      await decide('con_1', 'DENIED');
      expect(await deliver('con_1')).toEqual({ done: 2 });
      expect(vendor.changes()).toMatchObject([{ kind: 'suppress', reason: 'CONSENT' }]);
      expect(await contact('con_1')).toMatchObject({
        suppressions: [{ reason: 'CONSENT', ...accepted }],
        enrollments: [{ state: 'EXITED', syncState: 'REJECTED' }],
      });
      expect(told(await events('con_1'))).toEqual([
        'CampaignEnrolled',
        'ContactSuppressed',
        'EnrollmentChangeRejected',
      ]);
      expect(await push.deadLetters.list({ tenant: 'default', after: 0, limit: 10 })).toEqual([]);
    },
  );

  it.skipIf(missing)('lift with a yes, and only where nothing else forbids it', async () => {
    const { vendor, knows, decide, deliver, unsubscribe, events, contact } = await open();
    knows({ con_1: 'a@example.com', con_2: 'b@example.com' });
    await decide('con_1', 'DENIED');
    await decide('con_1', 'GRANTED');
    expect(told(await events('con_1'))).toEqual(['ContactSuppressed', 'SuppressionLifted']);
    expect((await events('con_1')).map(({ entityversion }) => entityversion)).toEqual([1, 2]);
    await deliver('con_1');
    expect(vendor.changes().map(({ kind }) => kind)).toEqual(['suppress', 'lift']);

    await unsubscribe('con_2');
    await decide('con_2', 'DENIED');
    await decide('con_2', 'GRANTED');
    expect(await deliver('con_2')).toEqual({ done: 3 });
    expect(
      vendor
        .changes()
        .slice(2)
        .map(({ kind }) => kind),
    ).toEqual(['suppress', 'suppress']);
    expect(await contact('con_2')).toEqual({
      suppressions: [{ reason: 'UNSUBSCRIBE', ...accepted }],
      enrollments: [],
    });
  });

  it.skipIf(missing)('end an enrollment that is refused, and keep a suppression that is', async () => {
    const { vendor, knows, nurture, deliver, decide, contact, events, log } = await open();
    knows({ con_1: 'a@example.com' });
    vendor.fates.push(refuses, refuses);
    await nurture('con_1');
    await deliver('con_1');
    expect((await contact('con_1')).enrollments).toEqual([{ state: 'EXITED', ...rejected }]);
    await decide('con_1', 'DENIED');
    await deliver('con_1');
    expect((await contact('con_1')).suppressions).toEqual([{ reason: 'CONSENT', ...rejected }]);
    // What the vendor did not lift holds here too.
    vendor.fates.push(refuses);
    await decide('con_1', 'GRANTED');
    expect((await contact('con_1')).suppressions).toEqual([]);
    await deliver('con_1');
    expect((await contact('con_1')).suppressions).toEqual([{ reason: 'CONSENT', ...rejected }]);
    const all = await events('con_1');
    expect(told(all)).toEqual([
      'CampaignEnrolled',
      'EnrollmentChangeRejected',
      'ContactSuppressed',
      'SuppressionChangeRejected',
      'SuppressionLifted',
      'ContactSuppressed',
      'SuppressionChangeRejected',
    ]);
    expect(all.map(({ entityversion }) => entityversion)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(all.at(-1)?.data).toMatchObject({ isLifted: true, code: 'NO_PROFILE' });
    expect(JSON.stringify(all) + log()).not.toContain('example.com');
    // The next yes is brought to the vendor again.
    await decide('con_1', 'GRANTED');
    await deliver('con_1');
    expect(vendor.changes().at(-1)).toMatchObject({ kind: 'lift' });
    expect((await contact('con_1')).suppressions).toEqual([]);
  });

  it.skipIf(missing)('are refused without a call where the platform cannot be told of them', async () => {
    const { vendor, knows, nurture, deliver, contact } = await open();
    await nurture('con_1');
    await deliver('con_1');
    expect((await contact('con_1')).enrollments).toMatchObject([
      { syncState: 'REJECTED', syncReason: 'Nobody knows an address of the contact.' },
    ]);
    knows({ con_1: 'a@example.com' });
    await nurture('con_1', 'cmp_2');
    await deliver('con_1');
    expect((await contact('con_1')).enrollments).toMatchObject([
      { syncReason: 'The vendor has no such campaign.' },
      { syncState: 'REJECTED' },
    ]);
    expect(vendor.made).toEqual([]);
  });
});
