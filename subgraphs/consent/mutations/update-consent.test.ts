import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { openStore } from '#chassis/store/store.ts';
import { waitingEvents } from '#test/harness/outbox.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';
import { type Consent, openConsent } from '../main.ts';
import { migrations } from '../store/migrations.ts';
import { appendRecords } from '../store/records.ts';
import type { Tables } from '../store/tables.ts';

const mutation = `mutation ($input: UpdateConsentInput!) {
  updateConsent(input: $input) {
    records { id contact { id } purpose decision legalBasis jurisdiction source evidence recordedAt observedAt }
    contacts { id consent(purpose: "EMAIL_MARKETING") { state updatedAt } }
    events { id type }
    replayed
  }
}`;

const granted = { contactId: 'con_1', purpose: 'EMAIL_MARKETING', decision: 'GRANTED', source: 'Web form' };
const withdrawn = { ...granted, decision: 'WITHDRAWN', source: 'Preference centre' };
const record = {
  id: 'cns_1',
  contactId: 'con_1',
  purpose: 'EMAIL_MARKETING',
  decision: 'GRANTED' as const,
  legalBasis: null,
  jurisdiction: null,
  source: 'import',
  evidence: null,
  recordedAt: '2026-01-01T00:00:00.000Z',
};

describe.each(engines)('updateConsent on $engine', ({ engine, missing }) => {
  let place: TemporaryStore;
  let consent: Consent;
  let running: RunningSubgraph;

  beforeAll(async () => {
    if (missing) return;
    place = await temporaryStore(engine);
    consent = await openConsent({ location: place.location });
    running = await serveForTest(consent.subgraph);
  });

  afterAll(async () => {
    await running?.close();
    await place?.remove();
  });

  beforeEach(async () => {
    if (missing) return;
    await consent.store.transaction(async (trx) => {
      for (const table of ['records', 'contacts', 'outbox', 'idempotency'] as const) {
        await trx.deleteFrom(table).execute();
      }
    });
  });

  const update = (changes: readonly object[], idempotencyKey: string = randomUUID()) =>
    ask(running.url, mutation, { input: { idempotencyKey, changes } });

  const done = async (changes: readonly object[], key?: string) => {
    const { data, errors } = await update(changes, key);
    expect(errors).toBeUndefined();
    return data.updateConsent;
  };

  const events = () => waitingEvents(consent.store);

  const stateOf = async (id: string) => {
    const { data } = await ask(
      running.url,
      `{ _entities(representations: [{ __typename: "Contact", id: "${id}" }]) {
        ... on Contact { consent(purpose: "EMAIL_MARKETING") { state } consentHistory { totalCount } } } }`,
    );
    const [{ consent, consentHistory }] = data._entities;
    return [consent.state, consentHistory.totalCount];
  };

  it.skipIf(missing)(
    'takes down a decision with all that proves it, and tells it without the proof',
    async () => {
      const begun = new Date().toISOString();
      const change = {
        ...granted,
        legalBasis: 'CONSENT',
        jurisdiction: 'US-CA',
        evidence: 'Wording 3, "yes"',
      };
      const { records, contacts, events: receipts, replayed } = await done([change]);
      const { contactId: _, ...values } = change;
      expect(records).toMatchObject([{ ...values, contact: { id: 'con_1' } }]);
      expect(records[0].recordedAt >= begun).toBe(true);
      expect(contacts).toMatchObject([{ id: 'con_1', consent: { state: 'GRANTED' } }]);
      expect(replayed).toBe(false);
      const [event] = await events();
      expect(event).toMatchObject({
        ...receipts[0],
        type: 'tributary.consent.ConsentUpdated.v1',
        subject: 'con_1',
        partitionkey: 'con_1',
        contactid: 'con_1',
        entityversion: 1,
        data: {
          recordId: records[0].id,
          purpose: 'EMAIL_MARKETING',
          decision: 'GRANTED',
          state: 'GRANTED',
          legalBasis: 'CONSENT',
          jurisdiction: 'US-CA',
          recordedAt: records[0].recordedAt,
        },
      });
      expect(JSON.stringify(event)).not.toContain('Wording');
    },
  );

  it.skipIf(missing)('takes down many at once, each its own event and version', async () => {
    const {
      contacts,
      records,
      events: receipts,
    } = await done([
      granted,
      { ...granted, contactId: 'con_2', decision: 'DENIED' },
      { ...granted, purpose: 'ANALYTICS' },
      withdrawn,
    ]);
    expect(contacts).toMatchObject([
      { id: 'con_1', consent: { state: 'DENIED' } },
      { id: 'con_2', consent: { state: 'DENIED' } },
    ]);
    expect(records.map(({ purpose, decision }: typeof granted) => [purpose, decision])).toEqual([
      ['EMAIL_MARKETING', 'GRANTED'],
      ['EMAIL_MARKETING', 'DENIED'],
      ['ANALYTICS', 'GRANTED'],
      ['EMAIL_MARKETING', 'WITHDRAWN'],
    ]);
    const written = await events();
    expect(written.map(({ id }) => id)).toEqual(receipts.map(({ id }: { id: string }) => id));
    expect(written.map(({ subject, entityversion, data }) => [subject, entityversion, data.state])).toEqual([
      ['con_1', 1, 'GRANTED'],
      ['con_2', 1, 'DENIED'],
      ['con_1', 2, 'GRANTED'],
      ['con_1', 3, 'DENIED'],
    ]);
  });

  it.skipIf(missing)(
    'answers the same records and events for a repeated key, and the state as it is then',
    async () => {
      const first = await done([granted, { ...granted, purpose: 'ANALYTICS' }], 'once');
      await done([withdrawn]);
      const again = await done([granted, { ...granted, purpose: 'ANALYTICS' }], 'once');
      expect(again).toMatchObject({ records: first.records, events: first.events, replayed: true });
      expect(again.contacts[0].consent.state).toBe('DENIED');
      expect(await events()).toHaveLength(3);
      const { errors } = await update([withdrawn], 'once');
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    },
  );

  it.skipIf(missing)(
    'puts a decision of earlier into the history, and says that the state stays',
    async () => {
      await done([{ ...withdrawn, recordedAt: '2026-02-01T00:00:00Z' }]);
      await done([{ ...granted, recordedAt: '2026-01-01T00:00:00+01:00' }]);
      expect(await stateOf('con_1')).toEqual(['DENIED', 2]);
      const [, earlier] = await events();
      expect(earlier).toMatchObject({
        entityversion: 2,
        data: { decision: 'GRANTED', state: 'DENIED', recordedAt: '2025-12-31T23:00:00.000Z' },
      });
    },
  );

  it.skipIf(missing)('has a decision without a time hold, though another clock was ahead', async () => {
    const ahead = new Date(Date.now() + 60_000).toISOString();
    await consent.store.transaction((trx) =>
      appendRecords(trx, 'default', [{ ...record, recordedAt: ahead }], ahead),
    );
    const { records, contacts } = await done([withdrawn, { ...granted, contactId: 'con_2' }]);
    expect(contacts[0].consent.state).toBe('DENIED');
    expect(Date.parse(records[0].recordedAt)).toBe(Date.parse(ahead) + 1);
    expect(records[1].recordedAt < ahead).toBe(true);
  });

  it.skipIf(missing)('takes no version twice, however many write at once', async () => {
    const contacts = ['con_1', 'con_2', 'con_3'];
    await Promise.all(
      Array.from({ length: 12 }, (_, n) => {
        const changes = contacts.map((contactId) => ({ ...granted, contactId }));
        // In different orders, which must not make two writers wait for each other.
        return done(n % 2 === 0 ? changes : changes.toReversed());
      }),
    );
    const written = await events();
    for (const id of contacts) {
      const versions = written
        .filter(({ subject }) => subject === id)
        .map(({ entityversion }) => entityversion);
      expect(versions).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
    }
  });

  it.skipIf(missing)('continues the versions of what was recorded without being told', async () => {
    const records = ['cns_1', 'cns_2', 'cns_3'].map((id) => ({ ...record, id }));
    const append = () =>
      consent.store.transaction((trx) => appendRecords(trx, 'default', records, record.recordedAt));
    expect(await append()).toEqual(['inserted', 'inserted', 'inserted']);
    expect(await append()).toEqual(['unchanged', 'unchanged', 'unchanged']);
    await done([withdrawn]);
    expect(await events()).toMatchObject([{ entityversion: 4 }]);
  });

  const earliest = { ...granted, recordedAt: '2026-01-01T00:00:00Z' };
  it.skipIf(missing).each<[string, readonly object[], object]>([
    ['no change', [], { field: 'changes', value: 0 }],
    ['too many', Array.from({ length: 101 }, () => granted), { field: 'changes', value: 101 }],
    [
      'an address for an id',
      [granted, { ...granted, contactId: 'a@b.example' }],
      { field: 'changes.1.contactId' },
    ],
    [
      'a time that is to come',
      [{ ...granted, recordedAt: '2999-01-01T00:00:00Z' }],
      { field: 'changes.0.recordedAt' },
    ],
    [
      'a law of nowhere',
      [{ ...granted, jurisdiction: 'Bavaria' }],
      { field: 'changes.0.jurisdiction', value: 'Bavaria' },
    ],
    ['no source', [{ ...granted, source: ' ' }], { field: 'changes.0.source', value: ' ' }],
    ['a long source', [{ ...granted, source: 'x'.repeat(201) }], { field: 'changes.0.source' }],
    ['a long proof', [{ ...granted, evidence: 'x'.repeat(4_001) }], { field: 'changes.0.evidence' }],
    [
      'an unknown purpose',
      [earliest, { ...granted, purpose: 'NOPE' }],
      { field: 'changes.1.purpose', value: 'NOPE', allowed: expect.arrayContaining(['EMAIL_MARKETING']) },
    ],
  ])('refuses %s, and all that stands beside it', async (_, changes, extensions) => {
    const { data, errors } = await update(changes);
    expect(data).toEqual({ updateConsent: null });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_ARGUMENT', ...extensions });
    expect([await stateOf('con_1'), await events()]).toEqual([['UNKNOWN', 0], []]);
  });
});

describe.each(engines)('a consent store of before on $engine', ({ engine, missing }) => {
  it.skipIf(missing)('gets the versions of the contacts that it has records of', async () => {
    const place = await temporaryStore(engine);
    try {
      const { '001_entities': entities } = migrations;
      const name = 'consent';
      const old = await openStore<Tables>({
        name,
        location: place.location,
        migrations: { '001_entities': entities as NonNullable<typeof entities> },
      });
      const meta = { tenant: 'default', version: 1, createdAt: '1', updatedAt: '1', observedAt: '1' };
      await old.transaction((trx) =>
        trx
          .insertInto('records')
          .values(['cns_1', 'cns_2'].map((id) => ({ ...record, ...meta, id })))
          .execute(),
      );
      await old.close();
      const { store, subgraph } = await openConsent({ location: place.location });
      const contacts = await store.db.selectFrom('contacts').select(['tenant', 'id', 'version']).execute();
      await subgraph.close();
      expect(contacts).toEqual([{ tenant: 'default', id: 'con_1', version: 2 }]);
    } finally {
      await place.remove();
    }
  });
});
