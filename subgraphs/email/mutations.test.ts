import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientError } from '#chassis/errors.ts';
import { openGraph } from '#chassis/graph.ts';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { envelopeShape } from '#events/envelope.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';
import { type ConsentState, consentOfSubgraph } from './ask-consent.ts';
import { type Email, openEmail } from './main.ts';
import { writeRows } from './store/rows.ts';

const never = new AbortController().signal;
const seen = '2026-03-01T00:00:00.000Z';

const triggerNurture = `mutation ($input: TriggerNurtureInput!) { triggerNurture(input: $input) {
  contact { id enrollments { nodes { id state } } engagement { sent } }
  enrollment { id state campaign { id } } refusal { reason purpose } event { id type } replayed } }`;
const unsubscribe = `mutation ($input: UnsubscribeInput!) { unsubscribe(input: $input) {
  contact { id suppressions { reason } enrollments { nodes { state } } }
  suppression { id reason note } event { id type } replayed } }`;

describe.each(engines)('mutations of email on $engine', ({ engine, missing }) => {
  let place: TemporaryStore;
  let email: Email;
  let running: RunningSubgraph;
  /** What consent says of a contact; a function is called while it is asked. */
  const consents = new Map<string, ConsentState | (() => Promise<ConsentState>)>();
  let asked: string[] = [];
  let nth = 0;

  beforeAll(async () => {
    if (missing) return;
    place = await temporaryStore(engine);
    email = await openEmail({
      location: place.location,
      askConsent: async (contactId, purpose) => {
        asked.push(`${contactId} ${purpose}`);
        const answer = consents.get(contactId) ?? 'UNKNOWN';
        return typeof answer === 'string' ? answer : answer();
      },
    });
    const counts = { recipients: 0, sent: 0, delivered: 0, opened: 0, clicked: 0, bounced: 0 };
    const campaign = (id: string, extra: object) => ({
      id,
      name: id,
      channel: 'EMAIL' as const,
      status: 'ACTIVE' as const,
      startedAt: seen,
      unsubscribed: 0,
      ...counts,
      ...extra,
    });
    await email.store.transaction(async (trx) => {
      const campaigns = [
        campaign('cmp_1', {}),
        campaign('cmp_2', {}),
        campaign('cmp_paused', { status: 'PAUSED' }),
        campaign('cmp_text', { channel: 'SMS' }),
      ];
      await writeRows(trx, 'campaigns', 'default', campaigns, seen);
    });
    running = await serveForTest(email.subgraph);
  });

  afterAll(async () => {
    await running?.close();
    await place?.remove();
  });

  beforeEach(() => {
    asked = [];
  });

  /** A contact of its own for every test; held by the platform. */
  const newContact = async (consent: ConsentState, held = true): Promise<string> => {
    const id = `con_${++nth}`;
    consents.set(id, consent);
    const counts = { sent: 3, delivered: 3, opened: 1, clicked: 0, bounced: 0 };
    const row = { id, accountId: `acc_${nth}`, lastOpenedAt: seen, lastClickedAt: null, ...counts };
    if (held) await email.store.transaction((trx) => writeRows(trx, 'recipients', 'default', [row], seen));
    return id;
  };
  const suppressed = (contactId: string) =>
    email.store.transaction((trx) =>
      writeRows(
        trx,
        'suppressions',
        'default',
        [{ id: `sup_${contactId}`, contactId, reason: 'BOUNCE' as const, suppressedAt: seen }],
        seen,
      ),
    );
  const nurture = (contactId: string, extra: object = {}) =>
    ask(running.url, triggerNurture, {
      input: { idempotencyKey: randomUUID(), contactId, campaignId: 'cmp_1', ...extra },
    });
  const leave = (contactId: string, extra: object = {}) =>
    ask(running.url, unsubscribe, { input: { idempotencyKey: randomUUID(), contactId, ...extra } });
  const eventsOf = async (contactId: string) => {
    const rows = await email.store.db.selectFrom('outbox').selectAll().orderBy('position').execute();
    return rows
      .map(({ envelope }) => envelopeShape.parse(JSON.parse(envelope)))
      .filter(({ subject }) => subject === contactId);
  };

  it.skipIf(missing)('enrols a contact that consents, with its event', async () => {
    const contactId = await newContact('GRANTED');
    const { data, errors } = await nurture(contactId, { idempotencyKey: `key-${contactId}-${engine}` });
    expect(errors).toBeUndefined();
    const { enrollment, event, ...rest } = data.triggerNurture;
    expect(rest).toEqual({
      contact: {
        id: contactId,
        enrollments: { nodes: [{ id: enrollment.id, state: 'ACTIVE' }] },
        engagement: { sent: 3 },
      },
      refusal: null,
      replayed: false,
    });
    expect(enrollment).toMatchObject({ state: 'ACTIVE', campaign: { id: 'cmp_1' } });
    expect(asked).toEqual([`${contactId} EMAIL_MARKETING`]);
    const events = await eventsOf(contactId);
    expect(events).toMatchObject([
      {
        id: event.id,
        type: 'tributary.email.CampaignEnrolled.v1',
        partitionkey: contactId,
        entityversion: 1,
        origin: 'mutation',
        actor: 'local',
        idempotencykey: `key-${contactId}-${engine}`,
        contactid: contactId,
        accountid: `acc_${nth}`,
        campaignid: 'cmp_1',
        data: { campaignId: 'cmp_1', enrollmentId: enrollment.id },
      },
    ]);
    expect(event.type).toBe(events[0]?.type);
  });

  it.skipIf(missing)('takes in a contact that the platform does not hold, where it consents', async () => {
    const contactId = await newContact('GRANTED', false);
    const { data } = await nurture(contactId);
    expect(data.triggerNurture).toMatchObject({
      contact: { engagement: { sent: 0 } },
      enrollment: { state: 'ACTIVE' },
    });
    expect((await eventsOf(contactId))[0]).not.toHaveProperty('accountid');
  });

  it.skipIf(missing).each<[string, ConsentState, string, object, string | null]>([
    ['nothing is recorded', 'UNKNOWN', 'CONSENT_MISSING', {}, 'EMAIL_MARKETING'],
    ['consent is denied', 'DENIED', 'CONSENT_DENIED', {}, 'EMAIL_MARKETING'],
    ['the campaign does not run', 'GRANTED', 'CAMPAIGN_NOT_ACTIVE', { campaignId: 'cmp_paused' }, null],
    ['the channel has no purpose', 'GRANTED', 'CHANNEL_NOT_COVERED', { campaignId: 'cmp_text' }, null],
  ])('refuses where %s, with an event and under a free key', async (_, consent, reason, extra, purpose) => {
    const contactId = await newContact(consent, false);
    const key = randomUUID();
    const { data, errors } = await nurture(contactId, { ...extra, idempotencyKey: key });
    expect(errors).toBeUndefined();
    const { event, ...rest } = data.triggerNurture;
    expect(rest).toEqual({
      contact: { id: contactId, enrollments: { nodes: [] }, engagement: null },
      enrollment: null,
      refusal: { reason, purpose },
      replayed: false,
    });
    expect(await eventsOf(contactId)).toMatchObject([
      { id: event.id, type: 'tributary.email.EnrollmentRefused.v1', entityversion: 1, data: { reason } },
    ]);
    // The same try again, now that nothing forbids it.
    consents.set(contactId, 'GRANTED');
    const again = await nurture(contactId, { idempotencyKey: key });
    expect(again.data.triggerNurture).toMatchObject({ enrollment: { state: 'ACTIVE' }, replayed: false });
    expect((await eventsOf(contactId)).map(({ entityversion }) => entityversion)).toEqual([1, 2]);
  });

  it.skipIf(missing)('refuses a contact that is suppressed, and says first that it withdrew', async () => {
    const contactId = await newContact('GRANTED');
    await suppressed(contactId);
    expect((await nurture(contactId)).data.triggerNurture.refusal).toEqual({
      reason: 'SUPPRESSED',
      purpose: 'EMAIL_MARKETING',
    });
    consents.set(contactId, 'DENIED');
    expect((await nurture(contactId)).data.triggerNurture.refusal.reason).toBe('CONSENT_DENIED');
  });

  it.skipIf(missing)(
    'refuses a contact that is in the campaign, and takes it in again after it left',
    async () => {
      const contactId = await newContact('GRANTED');
      await nurture(contactId);
      expect((await nurture(contactId)).data.triggerNurture.refusal.reason).toBe('ALREADY_ENROLLED');
      expect((await nurture(contactId, { campaignId: 'cmp_2' })).data.triggerNurture.refusal).toBeNull();
      await email.store.transaction((trx) =>
        trx
          .updateTable('enrollments')
          .set({ state: 'COMPLETED' })
          .where('contactId', '=', contactId)
          .execute(),
      );
      expect((await nurture(contactId)).data.triggerNurture.refusal).toBeNull();
      const versions = (await eventsOf(contactId)).map(({ entityversion }) => entityversion);
      expect(versions).toEqual([1, 2, 3, 4]);
    },
  );

  it.skipIf(missing)('enrols once when many keys ask for the same at once', async () => {
    const contactId = await newContact('GRANTED', false);
    const answers = await Promise.all(Array.from({ length: 6 }, () => nurture(contactId)));
    const refusals = answers.map(({ data }) => data.triggerNurture.refusal?.reason ?? null);
    expect(refusals.toSorted()).toEqual([...Array(5).fill('ALREADY_ENROLLED'), null].toSorted());
    const versions = (await eventsOf(contactId)).map(({ entityversion }) => entityversion);
    expect(versions).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.skipIf(missing)('answers a repeated key with the first event and the entity as it is now', async () => {
    const contactId = await newContact('GRANTED');
    const key = randomUUID();
    const first = (await nurture(contactId, { idempotencyKey: key })).data.triggerNurture;
    await leave(contactId);
    // Nobody needs to be asked for what was done.
    consents.set(contactId, () => Promise.reject(new Error('asked again')));
    asked = [];
    const again = (await nurture(contactId, { idempotencyKey: key })).data.triggerNurture;
    expect(again).toMatchObject({
      event: first.event,
      enrollment: { id: first.enrollment.id, state: 'EXITED' },
      refusal: null,
      replayed: true,
    });
    expect(asked).toEqual([]);
    expect(await eventsOf(contactId)).toHaveLength(3);
    const other = await nurture(contactId, { idempotencyKey: key, campaignId: 'cmp_2' });
    expect(other.data.triggerNurture).toBeNull();
    expect(other.errors?.[0]?.extensions?.code).toBe('IDEMPOTENCY_CONFLICT');
  });

  it.skipIf(missing)('writes nothing where consent cannot be asked, and leaves the key free', async () => {
    const contactId = await newContact('GRANTED');
    consents.set(contactId, () => Promise.reject(clientError('CONSENT_UNAVAILABLE', 'Not now.')));
    const key = randomUUID();
    const { data, errors } = await nurture(contactId, { idempotencyKey: key });
    expect(data.triggerNurture).toBeNull();
    expect(errors).toMatchObject([{ path: ['triggerNurture'], extensions: { code: 'CONSENT_UNAVAILABLE' } }]);
    expect(await eventsOf(contactId)).toEqual([]);
    consents.set(contactId, 'GRANTED');
    expect((await nurture(contactId, { idempotencyKey: key })).data.triggerNurture).toMatchObject({
      enrollment: { state: 'ACTIVE' },
      replayed: false,
    });
  });

  it.skipIf(missing)('waits for consent no longer than its deadline, and enrols nobody then', async () => {
    const contactId = await newContact('GRANTED');
    const silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/graphql`;
    const slow = consentOfSubgraph(openGraph({ url, headers: () => ({}), timeoutMs: 50 }));
    const asker = { tenant: 'default', requestId: 'req_1', traceparent: undefined, signal: never };
    consents.set(contactId, () => slow(contactId, 'EMAIL_MARKETING', asker));
    try {
      const { data, errors } = await nurture(contactId);
      expect(data.triggerNurture).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: 'CONSENT_UNAVAILABLE' } }]);
      expect(await eventsOf(contactId)).toEqual([]);
    } finally {
      silent.closeAllConnections();
      await new Promise((done) => silent.close(done));
    }
  });

  it.skipIf(missing)('sees what suppressed the contact while consent was asked', async () => {
    const contactId = await newContact('GRANTED');
    consents.set(contactId, async () => {
      await suppressed(contactId);
      return 'GRANTED';
    });
    expect((await nurture(contactId)).data.triggerNurture.refusal.reason).toBe('SUPPRESSED');
  });

  it.skipIf(missing).each([
    ['an unknown campaign', { campaignId: 'cmp_none' }, 'NOT_FOUND', 'cmp_none'],
    ['an address for an id', { contactId: 'somebody@mail.example' }, 'INVALID_ARGUMENT', 'contactId'],
    ['a malformed key', { idempotencyKey: 'no spaces' }, 'INVALID_ARGUMENT', 'idempotencyKey'],
  ])('refuses %s', async (_, extra, code, named) => {
    const { data, errors } = await nurture(await newContact('GRANTED'), extra);
    expect(data.triggerNurture).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code } }]);
    expect(errors?.[0]?.message).toContain(named);
    expect(asked).toEqual([]);
  });

  it.skipIf(missing)('unsubscribes: a suppression, the end of enrollments, two events', async () => {
    const contactId = await newContact('GRANTED');
    await nurture(contactId);
    const key = randomUUID();
    const { data, errors } = await leave(contactId, { idempotencyKey: key, reason: 'too much mail' });
    expect(errors).toBeUndefined();
    const { event, suppression, ...rest } = data.unsubscribe;
    expect(rest).toEqual({
      contact: {
        id: contactId,
        suppressions: [{ reason: 'UNSUBSCRIBE' }],
        enrollments: { nodes: [{ state: 'EXITED' }] },
      },
      replayed: false,
    });
    expect(suppression).toMatchObject({ reason: 'UNSUBSCRIBE', note: 'too much mail' });
    const [, ...events] = await eventsOf(contactId);
    expect(events).toMatchObject([
      { id: event.id, type: 'tributary.email.Unsubscribed.v1', entityversion: 2 },
      {
        type: 'tributary.email.ContactSuppressed.v1',
        entityversion: 3,
        data: { suppressionId: suppression.id, reason: 'UNSUBSCRIBE' },
      },
    ]);
    expect(JSON.stringify(events)).not.toContain('too much');

    const replay = (await leave(contactId, { idempotencyKey: key, reason: 'too much mail' })).data
      .unsubscribe;
    expect(replay).toMatchObject({ event: { id: event.id }, suppression, replayed: true });
    const other = await leave(contactId, { idempotencyKey: key, reason: 'another' });
    expect(other.errors?.[0]?.extensions?.code).toBe('IDEMPOTENCY_CONFLICT');
  });

  it.skipIf(missing)('changes nothing where the contact has unsubscribed before', async () => {
    const contactId = await newContact('UNKNOWN', false);
    const first = (await leave(contactId)).data.unsubscribe;
    const second = (await leave(contactId)).data.unsubscribe;
    expect(second).toMatchObject({ event: null, suppression: { id: first.suppression.id }, replayed: false });
    expect(second.contact.suppressions).toHaveLength(1);
    expect(await eventsOf(contactId)).toHaveLength(2);
    const tooLong = await leave(contactId, { reason: 'x'.repeat(501) });
    expect(tooLong.errors?.[0]).toMatchObject({
      extensions: { code: 'INVALID_ARGUMENT', field: 'reason' },
    });
  });

  it.skipIf(missing)(
    'answers each of several mutations of a request with what is committed by then',
    async () => {
      const contactId = await newContact('GRANTED');
      const { data } = await ask(
        running.url,
        `mutation ($contact: ID!) {
        a: triggerNurture(input: { idempotencyKey: "${randomUUID()}", contactId: $contact, campaignId: "cmp_1" }) {
          contact { enrollments { nodes { state } } suppressions { reason } } }
        b: unsubscribe(input: { idempotencyKey: "${randomUUID()}", contactId: $contact }) {
          contact { enrollments { nodes { state } } suppressions { reason } } } }`,
        { contact: contactId },
      );
      expect(data.a.contact).toEqual({ enrollments: { nodes: [{ state: 'ACTIVE' }] }, suppressions: [] });
      expect(data.b.contact).toEqual({
        enrollments: { nodes: [{ state: 'EXITED' }] },
        suppressions: [{ reason: 'UNSUBSCRIBE' }],
      });
    },
  );
});
