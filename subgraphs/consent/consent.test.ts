import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';
import { type Consent, openConsent } from './main.ts';
import { ensureDefaultPurposes, selectPurposes, writePurposes } from './store/purposes.ts';
import { appendRecords, selectRecords } from './store/records.ts';
import type { ConsentRecordValues } from './store/tables.ts';

const seen = '2026-03-01T00:00:00.000Z';
const later = '2026-03-02T00:00:00.000Z';

const defaultKeys = ['ADVERTISING', 'ANALYTICS', 'EMAIL_MARKETING', 'PROFILING', 'SALES_OUTREACH'];

function record(
  id: string,
  contactId: string,
  decision: ConsentRecordValues['decision'],
  day: number,
  extra: Partial<ConsentRecordValues> = {},
): ConsentRecordValues {
  return {
    id,
    contactId,
    purpose: 'EMAIL_MARKETING',
    decision,
    legalBasis: 'CONSENT',
    jurisdiction: 'DE',
    source: 'Web form',
    evidence: null,
    recordedAt: `2026-02-${String(day).padStart(2, '0')}T00:00:00.000Z`,
    ...extra,
  };
}

const entities = (fields: string) => `query ($r: [_Any!]!) { _entities(representations: $r) { ${fields} } }`;
const contacts = (...ids: readonly string[]) => ({ r: ids.map((id) => ({ __typename: 'Contact', id })) });

describe.each(engines)('consent on $engine', ({ engine, missing }) => {
  let place: TemporaryStore;
  let consent: Consent;
  let running: RunningSubgraph;
  let ofOther: RunningSubgraph;
  const statements: string[] = [];

  const append = (tenant: string, ...rows: readonly ConsentRecordValues[]) =>
    consent.store.transaction((trx) => appendRecords(trx, tenant, rows, seen));

  const stateOf = async (contactId: string) => {
    const { data } = await ask(
      running.url,
      entities('... on Contact { consent(purpose: "EMAIL_MARKETING") { state record { id } } }'),
      contacts(contactId),
    );
    const { state, record: latest } = data._entities[0].consent;
    return [state, latest?.id ?? null];
  };

  beforeAll(async () => {
    if (missing) return;
    place = await temporaryStore(engine);
    consent = await openConsent({ location: place.location, onQuery: (sql) => statements.push(sql) });
    await consent.store.transaction((trx) => ensureDefaultPurposes(trx, 'default', seen));
    const purpose = { id: 'NEWSLETTER', name: 'Newsletter', description: null };
    await consent.store.transaction((trx) => writePurposes(trx, 'other', [purpose], seen));
    await append(
      'default',
      record('cns_1', 'con_1', 'GRANTED', 1, { evidence: 'I agree to receive news.' }),
      record('cns_2', 'con_1', 'DENIED', 2, { purpose: 'ADVERTISING', legalBasis: null, jurisdiction: null }),
      ...Array.from({ length: 50 }, (_, n) => record(`cns_m${n}`, `con_m${n}`, 'GRANTED', 1)),
      ...Array.from({ length: 50 }, (_, n) => record(`cns_w${n}`, `con_m${n}`, 'WITHDRAWN', 2)),
    );
    await append(
      'other',
      record('cns_1', 'con_1', 'DENIED', 3, { purpose: 'NEWSLETTER', source: 'Other form' }),
    );
    // A tenant without purposes of its own, and a later decision than the one above.
    await append('third', record('cns_1', 'con_1', 'DENIED', 5));
    running = await serveForTest(consent.subgraph);
    ofOther = await serveForTest({
      ...consent.subgraph,
      context: (request) => consent.subgraph.context({ ...request, tenant: 'other' }),
      close: async () => {},
    });
  });

  afterAll(async () => {
    await ofOther?.close();
    await running?.close();
    await place?.remove();
  });

  beforeEach(() => {
    statements.length = 0;
  });

  it.skipIf(missing)('answers the present state of every purpose, recorded or not', async () => {
    const { data, errors } = await ask(
      running.url,
      entities(`... on Contact { consents {
        purpose state legalBasis jurisdiction source updatedAt observedAt record { id evidence contact { id } } } }`),
      contacts('con_1', 'con_silent'),
    );
    expect(errors).toBeUndefined();
    const unknown = (purpose: string) => ({
      purpose,
      state: 'UNKNOWN',
      legalBasis: null,
      jurisdiction: null,
      source: null,
      updatedAt: null,
      observedAt: null,
      record: null,
    });
    expect(data._entities[1].consents).toEqual(defaultKeys.map(unknown));
    expect(data._entities[0].consents).toEqual([
      {
        purpose: 'ADVERTISING',
        state: 'DENIED',
        legalBasis: null,
        jurisdiction: null,
        source: 'Web form',
        updatedAt: '2026-02-02T00:00:00.000Z',
        observedAt: seen,
        record: { id: 'cns_2', evidence: null, contact: { id: 'con_1' } },
      },
      unknown('ANALYTICS'),
      {
        purpose: 'EMAIL_MARKETING',
        state: 'GRANTED',
        legalBasis: 'CONSENT',
        jurisdiction: 'DE',
        source: 'Web form',
        updatedAt: '2026-02-01T00:00:00.000Z',
        observedAt: seen,
        record: { id: 'cns_1', evidence: 'I agree to receive news.', contact: { id: 'con_1' } },
      },
      unknown('PROFILING'),
      unknown('SALES_OUTREACH'),
    ]);
  });

  it.skipIf(missing)('computes the state from the history, in whatever order it was added', async () => {
    expect(await stateOf('con_turns')).toEqual(['UNKNOWN', null]);
    await append('default', record('cns_t2', 'con_turns', 'WITHDRAWN', 20));
    expect(await stateOf('con_turns')).toEqual(['DENIED', 'cns_t2']);
    await append('default', record('cns_t1', 'con_turns', 'GRANTED', 10));
    expect(await stateOf('con_turns')).toEqual(['DENIED', 'cns_t2']);
    await append('default', record('cns_t3', 'con_turns', 'GRANTED', 25));
    expect(await stateOf('con_turns')).toEqual(['GRANTED', 'cns_t3']);
    // Of two decisions at one time the one with the higher id counts, on every engine.
    await append(
      'default',
      record('cns_t9', 'con_turns', 'DENIED', 25),
      record('cns_t5', 'con_turns', 'GRANTED', 25),
    );
    expect(await stateOf('con_turns')).toEqual(['DENIED', 'cns_t9']);
    // The moment counts, not how it was written down.
    await append(
      'default',
      record('cns_t0', 'con_turns', 'GRANTED', 26, { recordedAt: '2026-02-26T00:30:00+01:00' }),
      record('cns_s9', 'con_turns', 'DENIED', 25, { recordedAt: '2026-02-25T23:59:59Z' }),
    );
    expect(await stateOf('con_turns')).toEqual(['DENIED', 'cns_s9']);
  });

  it.skipIf(missing)('asks the store once per type and level for 50 contacts', async () => {
    const ids = Array.from({ length: 50 }, (_, n) => `con_m${n}`);
    const { data, errors } = await ask(
      running.url,
      entities(`... on Contact {
        consents { state record { id } }
        mail: consent(purpose: "EMAIL_MARKETING") { state }
        calls: consent(purpose: "SALES_OUTREACH") { state }
        consentHistory(purpose: "EMAIL_MARKETING", first: 1) { totalCount nodes { id } } }`),
      contacts(...ids),
    );
    expect(errors).toBeUndefined();
    expect(data._entities).toHaveLength(50);
    for (const [n, contact] of data._entities.entries()) {
      expect(contact).toMatchObject({
        mail: { state: 'DENIED' },
        calls: { state: 'UNKNOWN' },
        consentHistory: { totalCount: 2, nodes: [{ id: `cns_w${n}` }] },
      });
    }
    // The purposes, the latest records, the history.
    const tables = statements.map((sql) => /from "?(purposes|records)"?/.exec(sql)?.[1]);
    expect(tables.toSorted()).toEqual(['purposes', 'records', 'records']);
  });

  it.skipIf(missing)('walks the history latest first, of all purposes or one', async () => {
    await append(
      'default',
      ...[4, 1, 3, 2].map((day) =>
        record(`cns_h${day}`, 'con_history', day % 2 ? 'GRANTED' : 'WITHDRAWN', day),
      ),
      record('cns_h9', 'con_history', 'GRANTED', 3, {
        purpose: 'PROFILING',
        legalBasis: 'LEGITIMATE_INTERESTS',
      }),
    );
    const walk = async (purpose: string | null) => {
      const found: { id: string }[] = [];
      let after: string | null = null;
      do {
        const { data, errors } = await ask(
          running.url,
          `query ($r: [_Any!]!, $purpose: String, $after: String) { _entities(representations: $r) { ... on Contact {
            consentHistory(purpose: $purpose, first: 2, after: $after) {
              nodes { id purpose decision legalBasis jurisdiction source evidence recordedAt observedAt }
              pageInfo { hasNextPage endCursor } } } } }`,
          { ...contacts('con_history'), purpose, after },
        );
        expect(errors).toBeUndefined();
        const { nodes, pageInfo } = data._entities[0].consentHistory;
        found.push(...nodes);
        after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      } while (after !== null);
      return found;
    };
    const all = await walk(null);
    expect(all.map(({ id }) => id)).toEqual(['cns_h4', 'cns_h9', 'cns_h3', 'cns_h2', 'cns_h1']);
    expect(all[1]).toEqual({
      id: 'cns_h9',
      purpose: 'PROFILING',
      decision: 'GRANTED',
      legalBasis: 'LEGITIMATE_INTERESTS',
      jurisdiction: 'DE',
      source: 'Web form',
      evidence: null,
      recordedAt: '2026-02-03T00:00:00.000Z',
      observedAt: seen,
    });
    expect((await walk('EMAIL_MARKETING')).map(({ id }) => id)).toEqual([
      'cns_h4',
      'cns_h3',
      'cns_h2',
      'cns_h1',
    ]);
  });

  it.skipIf(missing)('refuses an unknown purpose at its own field and names the known ones', async () => {
    const { data, errors } = await ask(
      running.url,
      entities(`... on Contact { id
        consent(purpose: "TELEPATHY") { state }
        consentHistory(purpose: "email_marketing") { nodes { id } } }`),
      contacts('con_1'),
    );
    expect(data._entities).toEqual([{ id: 'con_1', consent: null, consentHistory: null }]);
    const byPath = new Map(errors?.map((error) => [error.path?.at(-1), error]));
    expect(byPath.get('consent')).toMatchObject({
      message: `"TELEPATHY" is not a known purpose; the purposes are ${defaultKeys.join(', ')}.`,
      extensions: { code: 'INVALID_ARGUMENT', argument: 'purpose', allowed: defaultKeys },
    });
    expect(byPath.get('consentHistory')).toMatchObject({
      message: expect.stringContaining('"email_marketing"'),
      extensions: { code: 'INVALID_ARGUMENT' },
    });
  });

  it.skipIf(missing)(
    'resolves records by id in one query, and refuses a representation without one',
    async () => {
      const { data, errors } = await ask(
        running.url,
        `query ($r: [_Any!]!) {
        _entities(representations: $r) { ... on ConsentRecord { id decision } }
        consentRecord(id: "cns_1") { id contact { id } } missing: consentRecord(id: "cns_999") { id } }`,
        {
          r: [
            { __typename: 'ConsentRecord', id: 'cns_2' },
            { __typename: 'ConsentRecord', id: 'cns_999' },
            { __typename: 'ConsentRecord' },
            { __typename: 'Contact', id: null },
          ],
        },
      );
      expect(data).toEqual({
        _entities: [{ id: 'cns_2', decision: 'DENIED' }, null, null, null],
        consentRecord: { id: 'cns_1', contact: { id: 'con_1' } },
        missing: null,
      });
      expect(errors).toHaveLength(1);
      expect(errors?.[0]).toMatchObject({
        path: ['_entities', 2],
        extensions: { code: 'INVALID_REPRESENTATION' },
      });
      expect(statements).toHaveLength(1);
    },
  );

  it.skipIf(missing)('keeps tenants apart, their purposes too', async () => {
    const query = `query ($r: [_Any!]!) { purposes { key name observedAt } consentRecord(id: "cns_1") { source }
      missing: consentRecord(id: "cns_2") { id }
      _entities(representations: $r) { ... on Contact {
        consents { purpose state } consentHistory { totalCount } } } }`;
    expect((await ask(ofOther.url, query, contacts('con_1'))).data).toEqual({
      purposes: [{ key: 'NEWSLETTER', name: 'Newsletter', observedAt: seen }],
      consentRecord: { source: 'Other form' },
      missing: null,
      _entities: [
        { consents: [{ purpose: 'NEWSLETTER', state: 'DENIED' }], consentHistory: { totalCount: 1 } },
      ],
    });
    const { errors } = await ask(
      ofOther.url,
      entities('... on Contact { consent(purpose: "EMAIL_MARKETING") { state } }'),
      contacts('con_1'),
    );
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_ARGUMENT', allowed: ['NEWSLETTER'] });
  });

  it.skipIf(missing)(
    'answers the default purposes for a tenant without any, and stores them only once',
    async () => {
      const { store } = consent;
      const keysAndTimes = async () =>
        (await selectPurposes(store.db, 'fresh')).map(({ id, observedAt }) => [id, observedAt]);
      expect(await keysAndTimes()).toEqual(defaultKeys.map((key) => [key, null]));
      await store.transaction((trx) => ensureDefaultPurposes(trx, 'fresh', seen));
      expect(await keysAndTimes()).toEqual(defaultKeys.map((key) => [key, seen]));
      await store.transaction((trx) => ensureDefaultPurposes(trx, 'fresh', later));
      expect(await keysAndTimes()).toEqual(defaultKeys.map((key) => [key, seen]));

      // A tenant with purposes of its own keeps them alone.
      await store.transaction((trx) => ensureDefaultPurposes(trx, 'other', later));
      expect((await selectPurposes(store.db, 'other')).map(({ id }) => id)).toEqual(['NEWSLETTER']);
      const { data } = await ask(running.url, '{ purposes { key } }');
      expect(data.purposes).toEqual(defaultKeys.map((key) => ({ key })));
    },
  );

  it.skipIf(missing)('appends again without doubling, within a batch and over many', async () => {
    const rows = Array.from({ length: 1_200 }, (_, n) =>
      record(`cns_b${n}`, `con_b${n}`, 'GRANTED', 1, { recordedAt: '2026-02-01T00:00:00Z' }),
    );
    const first = rows[0] as ConsentRecordValues;
    expect(await append('batches', ...rows, first)).toEqual([...rows.map(() => 'inserted'), 'unchanged']);
    expect(await append('batches', first, record('cns_new', 'con_b0', 'DENIED', 2), first)).toEqual([
      'unchanged',
      'inserted',
      'unchanged',
    ]);
    expect(
      await append(
        'batches',
        record('cns_twice', 'con_b0', 'DENIED', 2),
        record('cns_twice', 'con_b0', 'DENIED', 2),
      ),
    ).toEqual(['inserted', 'unchanged']);
    expect(await append('batches')).toEqual([]);
    const { total } = await consent.store.db
      .selectFrom('records')
      .select(({ fn }) => fn.countAll().as('total'))
      .where('tenant', '=', 'batches')
      .executeTakeFirstOrThrow();
    expect(Number(total)).toBe(1_202);
  });

  it.skipIf(missing).each<[string, Partial<ConsentRecordValues>, string]>([
    ['another decision', { decision: 'DENIED' }, 'another decision;'],
    [
      'values where there were none',
      { evidence: 'Said so.', legalBasis: null },
      'another legalBasis, evidence;',
    ],
    ['another time', { recordedAt: '2026-02-02T00:00:00.000Z' }, 'another recordedAt;'],
    ['an unknown purpose', { purpose: 'TELEPATHY' }, '"TELEPATHY" is not a known purpose'],
    [
      'a time that is none',
      { recordedAt: 'yesterday' },
      'recordedAt "yesterday" of consent record "cns_fixed"',
    ],
  ])('refuses %s whole and leaves the record as it is', async (_, extra, text) => {
    const before = record('cns_fixed', 'con_fixed', 'GRANTED', 1);
    await append('fixed', before);
    const changed = append('fixed', record('cns_beside', 'con_fixed', 'GRANTED', 2), { ...before, ...extra });
    await expect(changed).rejects.toMatchObject({
      message: expect.stringContaining(text),
      extensions: { code: 'INVALID_ARGUMENT' },
    });
    expect(await selectRecords(consent.store.db, 'fixed', ['cns_fixed', 'cns_beside'])).toEqual([
      { ...before, tenant: 'fixed', version: 1, createdAt: seen, updatedAt: seen, observedAt: seen },
    ]);
  });

  it.skipIf(missing)('loses one field, not the contact around it, where the store fails', async () => {
    const broken = await serveForTest({
      ...consent.subgraph,
      context: (request) => {
        const context = consent.subgraph.context(request);
        context.loaders.latest.load = async () => {
          throw new Error('secret of the store');
        };
        return context;
      },
      close: async () => {},
    });
    try {
      const { data, errors } = await ask(
        broken.url,
        entities('... on Contact { id consents { state } consentHistory { nodes { id } } }'),
        contacts('con_m0'),
      );
      expect(data._entities).toEqual([
        { id: 'con_m0', consents: null, consentHistory: { nodes: [{ id: 'cns_w0' }, { id: 'cns_m0' }] } },
      ]);
      expect(errors).toMatchObject([
        { path: ['_entities', 0, 'consents'], extensions: { code: 'INTERNAL_SERVER_ERROR' } },
      ]);
      expect(JSON.stringify(errors)).not.toContain('secret');
    } finally {
      await broken.close();
    }
  });
});
