import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { type Cause, type EventEnvelope, envelopeShape, makeEvent } from '#events/envelope.ts';
import { consentUpdatedV1 } from '#events/schemas/index.ts';
import { type RunningConsumer, startConsumer } from '#events/start-consumer.ts';
import { collectLog } from '#test/harness/log.ts';
import { memoryBus } from '#test/harness/memory-bus.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';
import { type Email, openEmail } from '../main.ts';
import { writeRows } from '../store/rows.ts';
import { consentSuppression } from './consent-suppression.ts';

const suppression = consentSuppression(new Map());
const seen = '2026-03-01T00:00:00.000Z';
const cause: Cause = { tenant: 'default', actor: 'user:usr_1', origin: 'mutation', correlationId: 'req_1' };

/** A decision of a contact; `version` orders those of one contact. */
function decided(
  contactId: string,
  version: number,
  state: 'GRANTED' | 'DENIED',
  { purpose = 'EMAIL_MARKETING', tenant = 'default' } = {},
): EventEnvelope {
  const data = {
    recordId: `cns_${contactId}_${version}`,
    purpose,
    decision: state === 'GRANTED' ? 'GRANTED' : 'WITHDRAWN',
    state,
    legalBasis: 'CONSENT',
    jurisdiction: 'DE',
    recordedAt: seen,
  };
  const change = { subject: contactId, entityVersion: version, routing: { contactid: contactId }, data };
  return JSON.parse(JSON.stringify(makeEvent(consentUpdatedV1, change, { ...cause, tenant })));
}

describe.each(engines)('consent and suppression on $engine', ({ engine, missing }) => {
  let place: TemporaryStore;
  let email: Email;
  let running: RunningSubgraph;
  let consumer: RunningConsumer;
  const bus = memoryBus();
  let handled = 0;
  let duplicates = 0;

  beforeAll(async () => {
    if (missing) return;
    place = await temporaryStore(engine);
    email = await openEmail({ location: place.location, askConsent: async () => 'GRANTED' });
    const counts = { recipients: 0, sent: 0, delivered: 0, opened: 0, clicked: 0, bounced: 0 };
    const campaign = {
      id: 'cmp_1',
      name: 'Campaign',
      channel: 'EMAIL' as const,
      status: 'ACTIVE' as const,
      startedAt: seen,
      unsubscribed: 0,
      ...counts,
    };
    await email.store.transaction((trx) => writeRows(trx, 'campaigns', 'default', [campaign], seen));
    running = await serveForTest(email.subgraph);
    const observer = {
      handled: (_: string, events: number) => {
        handled += events;
      },
      duplicates: (_: string, events: number) => {
        duplicates += events;
      },
    };
    const log = collectLog().logger;
    expect(email.consumers.map(({ name }) => name)).toEqual([suppression.name]);
    consumer = await startConsumer(suppression, { bus, store: email.store, log, observer });
  });

  afterAll(async () => {
    await consumer?.stop();
    await running?.close();
    await place?.remove();
  });

  /** Publishes, and waits until all of it was handled. */
  const publish = async (...events: EventEnvelope[]) => {
    const wanted = handled + events.length;
    await bus.publish(events);
    await expect.poll(() => handled).toBe(wanted);
  };
  const nurture = async (contactId: string) =>
    (
      await ask(
        running.url,
        `mutation ($input: TriggerNurtureInput!) { triggerNurture(input: $input) {
          enrollment { id } refusal { reason } } }`,
        { input: { idempotencyKey: randomUUID(), contactId, campaignId: 'cmp_1' } },
      )
    ).data.triggerNurture;
  const unsubscribe = (contactId: string) =>
    ask(running.url, 'mutation ($input: UnsubscribeInput!) { unsubscribe(input: $input) { replayed } }', {
      input: { idempotencyKey: randomUUID(), contactId },
    });
  const stateOf = async (contactId: string) => {
    const { data } = await ask(
      running.url,
      `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Contact {
        suppressions { reason } enrollments { nodes { state } } } } }`,
      { r: [{ __typename: 'Contact', id: contactId }] },
    );
    const [{ suppressions, enrollments }] = data._entities;
    return {
      reasons: suppressions.map(({ reason }: { reason: string }) => reason).toSorted(),
      states: enrollments.nodes.map(({ state }: { state: string }) => state),
    };
  };
  const eventsOf = async (contactId: string) => {
    const rows = await email.store.db.selectFrom('outbox').selectAll().orderBy('position').execute();
    return rows
      .map(({ envelope }) => envelopeShape.parse(JSON.parse(envelope)))
      .filter(({ subject }) => subject === contactId);
  };

  it.skipIf(missing)(
    'suppresses who withdraws and ends the way through campaigns, with an event',
    async () => {
      await nurture('con_1');
      const withdrawal = decided('con_1', 4, 'DENIED');
      await publish(withdrawal);
      expect(await stateOf('con_1')).toEqual({ reasons: ['CONSENT'], states: ['EXITED'] });
      expect((await eventsOf('con_1')).at(-1)).toMatchObject({
        type: 'tributary.email.ContactSuppressed.v1',
        entityversion: 2,
        origin: 'consumer',
        actor: 'consumer:email.consent-suppression',
        causationid: withdrawal.id,
        correlationid: 'req_1',
        data: { reason: 'CONSENT' },
      });
      // Whatever consent answers: the withdrawal came first.
      expect((await nurture('con_1')).refusal).toEqual({ reason: 'SUPPRESSED' });
    },
  );

  it.skipIf(missing)('lifts with a grant what consent had imposed, and nothing else', async () => {
    await unsubscribe('con_2');
    await publish(decided('con_2', 1, 'DENIED'));
    expect((await stateOf('con_2')).reasons).toEqual(['CONSENT', 'UNSUBSCRIBE']);
    await publish(decided('con_2', 2, 'GRANTED'));
    expect((await stateOf('con_2')).reasons).toEqual(['UNSUBSCRIBE']);

    await publish(decided('con_3', 1, 'DENIED'), decided('con_3', 2, 'GRANTED'));
    expect((await nurture('con_3')).enrollment).not.toBeNull();
  });

  it.skipIf(missing)('suppresses once, however often it is told', async () => {
    const withdrawal = decided('con_4', 1, 'DENIED');
    await publish(withdrawal, decided('con_4', 2, 'DENIED'));
    const before = duplicates;
    bus.redeliver(suppression.name);
    await expect.poll(() => duplicates).toBeGreaterThan(before);
    // Past the inbox as well.
    await email.store.transaction((trx) => suppression.handle(withdrawal as never, { trx, cause }));
    expect((await stateOf('con_4')).reasons).toEqual(['CONSENT']);
    expect(await eventsOf('con_4')).toHaveLength(1);
  });

  it.skipIf(missing)('never undoes a newer decision by an older one that comes late', async () => {
    await publish(decided('con_5', 7, 'GRANTED'), decided('con_5', 6, 'DENIED'));
    expect((await stateOf('con_5')).reasons).toEqual([]);
    await publish(decided('con_6', 3, 'DENIED'), decided('con_6', 2, 'GRANTED'));
    expect((await stateOf('con_6')).reasons).toEqual(['CONSENT']);
  });

  it.skipIf(missing)('heeds no other purpose, and no other tenant', async () => {
    await publish(decided('con_7', 1, 'DENIED', { purpose: 'ANALYTICS' }));
    await publish(decided('con_7', 2, 'DENIED', { tenant: 'other' }));
    expect((await stateOf('con_7')).reasons).toEqual([]);
    // What was passed over is no newer decision.
    await publish(decided('con_7', 1, 'DENIED'));
    expect((await stateOf('con_7')).reasons).toEqual(['CONSENT']);
  });

  it.skipIf(missing)('leaves nobody in a campaign who withdraws while they are enrolled', async () => {
    const contacts = Array.from({ length: 12 }, (_, n) => `con_race_${n}`);
    await Promise.all([...contacts.map(nurture), publish(...contacts.map((id) => decided(id, 1, 'DENIED')))]);
    for (const id of contacts) {
      const { reasons, states } = await stateOf(id);
      expect(reasons).toEqual(['CONSENT']);
      expect(states).not.toContain('ACTIVE');
      const versions = (await eventsOf(id)).map(({ entityversion }) => entityversion);
      expect(versions).toEqual([1, 2]);
    }
  });
});
