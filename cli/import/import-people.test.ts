import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writePurposes } from '#subgraphs/consent/store/purposes.ts';
import { type ImportPlace, openImportPlace } from '#test/harness/import-place.ts';
import { engines } from '#test/harness/stores.ts';
import { type ImportKind, type ImportOptions, type ImportReport, importFile } from './index.ts';
import { naturalId } from './natural-id.ts';

const leadMap = `
source: export
as: lead
key: Id
columns:
  Number: { number: whole }
fields:
  status: { column: Won, values: { '0.0': WORKING, '1.0': CONVERTED } }
  source: { column: Source }
contact:
  fields:
    name: { template: 'Prospect {Number}' }
    email: { column: Mail }
consents:
  - purpose: EMAIL_MARKETING
    column: No mail
    values: { 'Yes': DENIED, 'No': NOTHING }
visits:
  visits: { column: Visits }
  pageViewsPerVisit: { column: Pages }
  seconds: { column: Time }
after: [move-watermark]
`;
const leadHeader = 'Id,Number,Won,Source,Mail,No mail,Visits,Pages,Time';
const leadRows = [
  'a,17.0,0.0,Google,,Yes,5.0,2.5,674.0',
  'b,18.0,1.0,,bea@acme.com,No,0.0,0.0,0.0',
  'c,19.0,0.0,Bing,,,,,60',
  'd,20.0,0.0,Bing,,No,,,',
];
const leadCsv = [leadHeader, ...leadRows].join('\n');

const leadId = (key: string) => naturalId('export', 'lead', [key]);
const contactId = (key: string) => naturalId('export', 'contact', [key]);
const day = '2026-02-01';
const midnight = '2026-02-01T00:00:00.000Z';

describe.each(engines)('import of people on $engine', ({ engine, missing }) => {
  let place: ImportPlace;
  let tenant: string;
  let tenants = 0;

  beforeAll(async () => {
    if (!missing) place = await openImportPlace(engine);
  });

  // Every test has a tenant of its own.
  beforeEach(() => {
    tenant = `tenant_${++tenants}`;
  });

  afterAll(async () => {
    await place?.remove();
  });

  async function run(
    map: string,
    csv: string,
    options: Partial<ImportOptions> = { asOf: day },
    parts: ImportPlace['parts'] = place.parts,
  ): Promise<ImportReport> {
    const file = join(place.folder, 'people.csv');
    const mapFile = join(place.folder, 'people.yaml');
    await writeFile(file, csv);
    await writeFile(mapFile, map);
    const as = /^as: (\w+)$/m.exec(map)?.[1] as ImportKind;
    return importFile(parts, { file, as, map: mapFile, tenant, ...options });
  }

  const contacts = () =>
    place.parts.crm.store.db
      .selectFrom('contacts')
      .selectAll()
      .where('tenant', '=', tenant)
      .orderBy('name')
      .execute();
  const leads = () =>
    place.parts.crm.store.db
      .selectFrom('leads')
      .selectAll()
      .where('tenant', '=', tenant)
      .orderBy('id')
      .execute();
  const records = () =>
    place.parts.consent.store.db
      .selectFrom('records')
      .selectAll()
      .where('tenant', '=', tenant)
      .orderBy('recordedAt')
      .execute();
  const visits = async (key: string) =>
    (await place.parts.analytics.warehouse.visitCounts(tenant, [leadId(key)]))?.get(leadId(key));
  const refusals = ({ refusals: list }: ImportReport) => list.map(({ line, reason }) => [line, reason]);

  it.skipIf(missing)('makes a lead, its contact, its consents and its visits of one row', async () => {
    const report = await run(leadMap, leadCsv);
    expect(report).toMatchObject({
      rows: 4,
      imported: 4,
      refused: 0,
      contacts: { imported: 4, updated: 0, unchanged: 0 },
      consents: { imported: 1, unchanged: 0 },
      visitCounts: { imported: 3, unchanged: 0 },
      watermark: midnight,
    });
    expect(report.notices).toContainEqual({
      text: 'page views: visits times page views per visit, rounded to a whole number',
      count: 1,
      examples: [],
    });
    expect((await contacts()).map(({ id, name, email }) => [id, name, email])).toEqual([
      [contactId('a'), 'Prospect 17', null],
      [contactId('b'), 'Prospect 18', 'bea@acme.com'],
      [contactId('c'), 'Prospect 19', null],
      [contactId('d'), 'Prospect 20', null],
    ]);
    const lead = (await leads()).find(({ id }) => id === leadId('a'));
    expect(lead).toMatchObject({ status: 'WORKING', source: 'Google', contactId: contactId('a') });
    expect(await records()).toMatchObject([
      {
        contactId: contactId('a'),
        purpose: 'EMAIL_MARKETING',
        decision: 'DENIED',
        source: 'Import of export',
        evidence: 'No mail: Yes',
        recordedAt: midnight,
      },
    ]);
    const counted = { countedAt: midnight, asOf: midnight };
    expect(await visits('a')).toMatchObject({ visits: 5, pageViews: 13, timeOnSiteSeconds: 674, ...counted });
    expect(await visits('b')).toMatchObject({ visits: 0, pageViews: 0, timeOnSiteSeconds: 0 });
    expect(await visits('c')).toMatchObject({ visits: null, pageViews: null, timeOnSiteSeconds: 60 });
    expect(await visits('d')).toBeNull();
  });

  it.skipIf(missing)('changes nothing the second time, and only what changed the third', async () => {
    await run(leadMap, leadCsv);
    expect(await run(leadMap, leadCsv)).toMatchObject({
      imported: 0,
      updated: 0,
      unchanged: 4,
      contacts: { imported: 0, updated: 0, unchanged: 4 },
      consents: { imported: 0, unchanged: 1 },
      visitCounts: { imported: 0, unchanged: 3 },
    });

    const corrected = leadCsv.replace('bea@acme.com,No', 'bea@acme.com,Yes').replace('5.0,2.5', '6.0,2.5');
    expect(await run(leadMap, corrected)).toMatchObject({
      unchanged: 4,
      consents: { imported: 1, unchanged: 1 },
      visitCounts: { imported: 1, unchanged: 2 },
    });
    expect(await visits('a')).toMatchObject({ visits: 6, pageViews: 15 });
  });

  it.skipIf(missing)('records what a later export says anew, and nothing for saying it again', async () => {
    await run(leadMap, leadCsv);
    // A "No" takes nothing back.
    const later = leadCsv.replace('Google,,Yes', 'Google,,No').replace('bea@acme.com,No', 'bea@acme.com,Yes');
    expect((await run(leadMap, later, { asOf: '2026-02-15' })).consents).toEqual({
      imported: 1,
      unchanged: 0,
    });
    expect((await run(leadMap, later, { asOf: '2026-02-20' })).consents).toEqual({
      imported: 0,
      unchanged: 1,
    });
    expect((await records()).map((record) => [record.contactId, record.recordedAt.slice(0, 10)])).toEqual([
      [contactId('a'), day],
      [contactId('b'), '2026-02-15'],
    ]);
    // An export of the time before knows what came later as little as it did then.
    expect((await run(leadMap, later, { asOf: '2026-01-01' })).consents).toEqual({
      imported: 1,
      unchanged: 0,
    });
  });

  it.skipIf(missing)('completes what an import that was broken off has left out', async () => {
    const { crm, consent, analytics } = place.parts;
    const failing = {
      crm,
      consent,
      analytics: {
        ...analytics,
        warehouse: {
          ...analytics.warehouse,
          writeVisitCounts: () => Promise.reject(new Error('the disk is full')),
        },
      },
    };
    await expect(run(leadMap, leadCsv, { asOf: day }, failing)).rejects.toThrow('the disk is full');
    expect(await leads()).toHaveLength(4);
    expect(await run(leadMap, leadCsv)).toMatchObject({
      unchanged: 4,
      consents: { imported: 0, unchanged: 1 },
      visitCounts: { imported: 3 },
    });
  });

  it.skipIf(missing)('writes nobody into the CRM whose "no" cannot be recorded', async () => {
    const { crm, consent, analytics } = place.parts;
    const transaction = () => Promise.reject(new Error('consent is down'));
    const failing = { crm, analytics, consent: { ...consent, store: { ...consent.store, transaction } } };
    await expect(run(leadMap, leadCsv, { asOf: day }, failing)).rejects.toThrow('consent is down');
    expect([await leads(), await contacts()]).toEqual([[], []]);
  });

  it.skipIf(missing)('refuses a row as a whole, with line and reason, and writes nothing of it', async () => {
    const rows = [
      leadHeader,
      'a,17,0.0,Google,,Yes,many,2.5,1',
      'b,18,0.0,Google,,Maybe,1,1,1',
      'c,19,0.0,Google,no address,Yes,1,-1,1',
      'd,20,0.0,Google,,Yes,1,1,1',
      'd,21,0.0,Google,,Yes,2,1,1',
      'e,,2.0,Google,,Yes,1,1,1',
    ];
    const report = await run(leadMap, rows.join('\n'));
    expect(refusals(report)).toEqual([
      [2, 'visits: "many" is not a number'],
      [3, 'No mail: "Maybe" is none of Yes, No'],
      [4, 'contact.email: "no address" is not an e-mail address; visits: "-1" is below 0'],
      [7, 'status: "2.0" is none of 0.0, 1.0; contact.name: is empty'],
      [6, 'repeats the key "d" of an earlier row'],
    ]);
    expect(report).toMatchObject({
      imported: 1,
      refused: 5,
      consents: { imported: 1 },
      visitCounts: { imported: 1 },
    });
    expect(await records()).toHaveLength(1);
    expect(await visits('d')).toMatchObject({ visits: 1 });
  });

  it.skipIf(missing)('takes the leads of one person to one contact, where the key says so', async () => {
    const map = leadMap.replace('contact:\n', 'contact:\n  key: Mail\n');
    const filler = Array.from({ length: 250 }, (_, n) => `f${n},${n},0.0,,,No,,,`);
    const rows = [
      leadHeader,
      'a,17,0.0,,bea@acme.com,Yes,1,1,1',
      'b,18,0.0,,bea@acme.com,Yes,1,1,1',
      ...filler,
      'c,19,0.0,,bea@acme.com,Yes,1,1,1',
      'd,20,0.0,,,Yes,1,1,1',
    ];
    for (const contacts of [
      { imported: 1, updated: 0, unchanged: 0 },
      { imported: 0, updated: 0, unchanged: 1 },
    ]) {
      const report = await run(map, rows.join('\n'));
      expect(report.contacts).toEqual(contacts);
      expect(refusals(report)).toEqual([
        [255, 'No mail: "Yes" belongs to nobody, since the contact has no key'],
      ]);
    }
    expect((await contacts()).map(({ name }) => name)).toEqual(['Prospect 17']);
    expect(await records()).toHaveLength(1);
    const ofBea = (await leads()).filter(({ contactId: id }) => id === contactId('bea@acme.com'));
    expect(ofBea).toHaveLength(3);
  });

  it.skipIf(missing)('reads rows that are people, each as of its own day', async () => {
    const map = `
source: export
as: contact
key: Mail
asOf: { column: Asked, formats: [DD.MM.YYYY] }
fields:
  name: { column: Name }
  email: { column: Mail }
  title: { column: Title }
  account: { column: Company, unknown: without }
consents:
  - purpose: EMAIL_MARKETING
    column: News
    values: { 'yes': GRANTED, 'no': DENIED }
    legalBasis: CONSENT
`;
    const csv = [
      'Mail,Name,Title,Company,News,Asked',
      'Ann@Acme.com,Ann,Buyer,Acme,yes,03.02.2026',
      'bob@acme.com,Bob,,,no,',
      'cem@acme.com,Cem,,,,01.01.2999',
    ].join('\n');
    const report = await run(map, csv, { asOf: day });
    expect(report).toMatchObject({
      imported: 2,
      contacts: null,
      consents: { imported: 2 },
      visitCounts: null,
      watermark: null,
    });
    expect(refusals(report)).toEqual([[4, 'asOf: "2999-01-01T00:00:00.000Z" lies in the future']]);
    expect(await contacts()).toMatchObject([
      { id: contactId('Ann@Acme.com'), name: 'Ann', email: 'ann@acme.com', title: 'Buyer', accountId: null },
      { name: 'Bob', email: 'bob@acme.com', title: null },
    ]);
    expect(await records()).toMatchObject([
      { decision: 'DENIED', recordedAt: midnight },
      { decision: 'GRANTED', legalBasis: 'CONSENT', recordedAt: '2026-02-03T00:00:00.000Z' },
    ]);
    expect(refusals(await run(map, csv, {}))).toContainEqual([
      3,
      'asOf: is empty, and the import names no day either (--as-of)',
    ]);
  });

  it.skipIf(missing)('does not begin without a day or a purpose that its mapping needs', async () => {
    await expect(run(leadMap, leadCsv, {})).rejects.toThrow('name the day of the export with --as-of');
    await expect(run(leadMap, leadCsv, { asOf: '2026-02-30' })).rejects.toThrow('"2026-02-30" is not a day');
    await expect(run(leadMap, leadCsv, { asOf: '2999-01-01' })).rejects.toThrow('lies in the future');
    const plain = leadMap.slice(0, leadMap.indexOf('consents:'));
    await expect(run(plain, leadCsv)).rejects.toThrow('leave --as-of out');
    await expect(run(leadMap.replace('EMAIL_MARKETING', 'FAX'), leadCsv)).rejects.toThrow(
      'records consent to FAX, which is no purpose here; the purposes are ADVERTISING, ANALYTICS',
    );
    expect(await leads()).toEqual([]);

    await place.parts.consent.store.transaction((trx) =>
      writePurposes(trx, tenant, [{ id: 'FAX', name: 'Fax', description: null }], midnight),
    );
    const report = await run(leadMap.replace('EMAIL_MARKETING', 'FAX'), leadCsv);
    expect(report.consents).toEqual({ imported: 1, unchanged: 0 });
  });
});
