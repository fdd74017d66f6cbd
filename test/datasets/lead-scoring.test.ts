import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImportReport, importFile } from '#cli/import/index.ts';
import { naturalId } from '#cli/import/natural-id.ts';
import { type ControlServer, startControl } from '#cli/run/control.ts';
import { send } from '#cli/run/control-client.ts';
import type { Job } from '#cli/run/jobs.ts';
import { jobsOf } from '#cli/run/jobs.ts';
import { type House, startHouse } from '../harness/house.ts';
import { type ImportPlace, openImportPlace } from '../harness/import-place.ts';
import { engines } from '../harness/stores.ts';
import { ask } from '../harness/subgraph.ts';
import { sharedDataset } from './shared.ts';

const dataset = sharedDataset('lead-scoring');

const file = join(dataset.folder, 'leads.csv');
const map = join(import.meta.dirname, '../../cli/import/maps/lead-scoring/leads.yaml');
const asOf = '2026-02-20';

/** The file as it is, read without the import. */
const rows: readonly Readonly<Record<string, string>>[] = dataset.missing
  ? []
  : parse(await readFile(file), { columns: true });

const countOf = (column: string, ...values: readonly string[]) =>
  rows.filter((row) => values.includes(row[column] ?? '')).length;

const optOuts = countOf('Do Not Email', 'Yes') + countOf('Do Not Call', 'Yes');

describe.each(engines)('the leads to be scored on $engine', ({ engine, missing }) => {
  let place: ImportPlace;
  let report: ImportReport;
  const skipped = missing || dataset.missing;

  beforeAll(async () => {
    if (skipped) return;
    place = await openImportPlace(engine);
    report = await importFile(place.parts, { file, as: 'lead', map, asOf });
  });

  afterAll(() => place?.remove());

  it.skipIf(skipped)('imports every row, and says what it did with the dirt', () => {
    expect(rows).toHaveLength(9_240);
    expect(report).toMatchObject({
      rows: rows.length,
      imported: rows.length,
      refused: 0,
      contacts: { imported: rows.length, updated: 0, unchanged: 0 },
      consents: { imported: optOuts, unchanged: 0 },
      visitCounts: { imported: rows.length, unchanged: 0 },
      watermark: '2026-02-20T00:00:00.000Z',
    });
    const rounded = rows.filter((row) => !Number.isInteger(pageViewsOf(row) ?? 0)).length;
    const noticed = new Map(report.notices.map(({ text, count }) => [text, count]));
    expect(noticed.get('Lead Source: "google" read as "Google"')).toBe(countOf('Lead Source', 'google'));
    expect(noticed.get('Country: "unknown" read as empty')).toBe(countOf('Country', 'unknown'));
    expect(noticed.get('City: "Select" read as empty')).toBe(countOf('City', 'Select'));
    expect(noticed.get('page views: visits times page views per visit, rounded to a whole number')).toBe(
      rounded,
    );
    expect(report.unreadColumns).toEqual(expect.arrayContaining(['Lead Origin', 'Tags', 'City']));
    expect(report.unreadColumns).toHaveLength(Object.keys(rows[0] ?? {}).length - 10);
  });

  it.skipIf(skipped)('fills the stores with what the file says, and nothing else', async () => {
    const { crm, consent } = place.parts;
    const leads = await crm.store.db.selectFrom('leads').select(['status', 'source', 'contactId']).execute();
    const contacts = await crm.store.db.selectFrom('contacts').select(['id', 'email', 'country']).execute();
    const records = await consent.store.db.selectFrom('records').select(['purpose', 'decision']).execute();
    const sources = Map.groupBy(leads, ({ source }) => source);
    expect(leads.filter(({ status }) => status === 'CONVERTED')).toHaveLength(countOf('Converted', '1.0'));
    expect(leads.filter(({ status }) => status === 'WORKING')).toHaveLength(countOf('Converted', '0.0'));
    expect(sources.get('Google')).toHaveLength(countOf('Lead Source', 'Google', 'google'));
    expect(sources.get(null)).toHaveLength(countOf('Lead Source', ''));
    expect(sources.has('google')).toBe(false);
    expect(new Set(leads.map(({ contactId }) => contactId))).toEqual(new Set(contacts.map(({ id }) => id)));
    expect(contacts.filter(({ email }) => email !== null)).toEqual([]);
    expect(contacts.filter(({ country }) => country === null)).toHaveLength(
      countOf('Country', '', 'unknown', 'Asia/Pacific Region'),
    );
    const ofPurpose = Map.groupBy(records, ({ purpose, decision }) => `${purpose} ${decision}`);
    expect([...ofPurpose].map(([key, list]) => [key, list.length]).toSorted()).toEqual([
      ['EMAIL_MARKETING DENIED', countOf('Do Not Email', 'Yes')],
      ['SALES_OUTREACH DENIED', countOf('Do Not Call', 'Yes')],
    ]);
  });

  it.skipIf(skipped)('changes nothing the second time', async () => {
    const again = await importFile(place.parts, { file, as: 'lead', map, asOf });
    expect(again).toMatchObject({
      imported: 0,
      updated: 0,
      unchanged: rows.length,
      contacts: { imported: 0, updated: 0, unchanged: rows.length },
      consents: { imported: 0, unchanged: optOuts },
      visitCounts: { imported: 0, unchanged: rows.length },
    });
    const { db } = place.parts.crm.store;
    const versions = await db.selectFrom('leads').select('version').distinct().execute();
    expect(versions).toEqual([{ version: 1 }]);
  });
});

describe('the leads to be scored, in a running house', () => {
  let house: House;
  let control: ControlServer;
  let report: ImportReport;

  beforeAll(async () => {
    if (dataset.missing) return;
    house = await startHouse({ accounts: 2 });
    control = await startControl([jobsOf(house.parts)], pino({ level: 'silent' }));
    const job: Job = { kind: 'import', file, as: 'lead', map, asOf };
    const hooks = { onProgress: () => {}, signal: AbortSignal.timeout(60_000) };
    report = (await send(control, 'jobs', job, hooks)) as ImportReport;
  });

  afterAll(async () => {
    await control?.close();
    await house?.close();
  });

  it.skipIf(dataset.missing)('answers leads with contact, consents and score', async () => {
    expect(report).toMatchObject({ imported: 9_240, refused: 0, watermark: '2026-02-28T23:59:59.999Z' });
    // Some of every sort: asked not to be called, not to be mailed, visits not counted, none of that.
    const asked = [
      ...rows.filter((row) => row['Do Not Call'] === 'Yes').slice(0, 2),
      ...rows.filter((row) => row['Do Not Email'] === 'Yes').slice(0, 5),
      ...rows.filter((row) => row.TotalVisits === '').slice(0, 5),
      ...rows.slice(0, 8),
    ];
    const { data, errors } = await ask(
      `${house.url}/graphql`,
      `query ($ids: [ID!]!) {
        leads(filter: { ids: $ids }, first: 20) { nodes {
          id status source
          contact { name email country consents { purpose state source } }
          visitCount { visits pageViews timeOnSiteSeconds countedAt }
          score { value asOf factors { name value } }
        } }
      }`,
      { ids: asked.map(idOf) },
    );
    expect(errors).toBeUndefined();
    const nodes = new Map(data.leads.nodes.map((node: { id: string }) => [node.id, node]));
    for (const row of asked) expect(nodes.get(idOf(row)), row['Prospect ID']).toEqual(leadOf(row));
  });
});

function idOf(row: Readonly<Record<string, string>>): string {
  return naturalId('lead-scoring', 'lead', [row['Prospect ID'] ?? '']);
}

/** Not rounded; null where the visits were not counted. */
function pageViewsOf(row: Readonly<Record<string, string>>): number | null {
  if (row.TotalVisits === '') return null;
  // Two places at most: a hundredth is exact where a sum of binary fractions is not.
  return (Number(row.TotalVisits) * Math.round(Number(row['Page Views Per Visit']) * 100)) / 100;
}

/** What the house should answer of a row. */
function leadOf(row: Readonly<Record<string, string>>) {
  const pageViews = pageViewsOf(row);
  const visits = row.TotalVisits === '' ? null : Number(row.TotalVisits);
  const views = pageViews === null ? null : Math.floor(pageViews + 0.5);
  const denied = (column: string, purpose: string) =>
    row[column] === 'Yes'
      ? { purpose, state: 'DENIED', source: 'Import of lead-scoring' }
      : { purpose, state: 'UNKNOWN', source: null };
  return {
    id: idOf(row),
    status: row.Converted === '1.0' ? 'CONVERTED' : 'WORKING',
    source: row['Lead Source'] || null,
    contact: {
      name: `Prospect ${Number(row['Lead Number'])}`,
      email: null,
      country: row.Country || null,
      consents: [
        { purpose: 'ADVERTISING', state: 'UNKNOWN', source: null },
        { purpose: 'ANALYTICS', state: 'UNKNOWN', source: null },
        denied('Do Not Email', 'EMAIL_MARKETING'),
        { purpose: 'PROFILING', state: 'UNKNOWN', source: null },
        denied('Do Not Call', 'SALES_OUTREACH'),
      ],
    },
    visitCount: {
      visits,
      pageViews: views,
      timeOnSiteSeconds: Number(row['Total Time Spent on Website']),
      countedAt: '2026-02-20T00:00:00.000Z',
    },
    score: {
      value: Math.min(15, 3 * (visits ?? 0)) + Math.min(10, views ?? 0),
      asOf: '2026-02-28T23:59:59.999Z',
      factors: [
        { name: 'VISITS', value: visits ?? 0 },
        { name: 'PAGE_VIEWS', value: views ?? 0 },
        { name: 'OPENS', value: 0 },
        { name: 'CLICKS', value: 0 },
        { name: 'RESPONSES', value: 0 },
        { name: 'RECENCY', value: null },
      ],
    },
  };
}
