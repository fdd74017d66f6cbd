import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EventEnvelope } from '#events/envelope.ts';
import { writeRows } from '#subgraphs/crm/store/rows.ts';
import { type ImportPlace, openImportPlace } from '#test/harness/import-place.ts';
import { waitingEvents } from '#test/harness/outbox.ts';
import { engines } from '#test/harness/stores.ts';
import { type ImportKind, importFile } from './index.ts';
import { naturalId } from './natural-id.ts';

const leadMap = `
source: export
as: lead
key: Id
fields:
  status: { column: Status, values: { NEW: NEW, WORKING: WORKING, QUALIFIED: QUALIFIED } }
  source: { column: Source }
  owner: { column: Agent, unknown: without }
contact:
  fields:
    name: { template: 'Prospect {Id}' }
consents:
  - purpose: EMAIL_MARKETING
    column: Mail
    values: { 'No': DENIED, 'Yes': GRANTED }
`;

const accountMap = `
source: export
as: account
key: Name
fields:
  name: { column: Name }
  industry: { column: Sector }
  owner: { column: Agent, unknown: without }
`;

const opportunityMap = `
source: export
as: opportunity
key: Id
fields:
  name: { column: Id }
  stage: { column: Stage, values: { ENGAGING: ENGAGING, WON: WON } }
  openDate: { column: Opened, formats: [YYYY-MM-DD] }
  account: { column: Account, unknown: without }
  owner: { column: Agent, unknown: without }
after: [derive-account-owners]
`;

const id = (kind: ImportKind, key: string) => naturalId('export', kind, [key]);
const [ada, bert] = [id('user', 'Ada'), id('user', 'Bert')];

describe.each(engines)('the events of an import on $engine', ({ engine, missing }) => {
  let place: ImportPlace;
  let tenant: string;
  let tenants = 0;

  beforeAll(async () => {
    if (!missing) place = await openImportPlace(engine);
  });
  afterAll(() => place?.remove());

  // Every test has a tenant of its own, with two users.
  beforeEach(async () => {
    if (missing) return;
    tenant = `tenant_${++tenants}`;
    const users = [ada, bert].map((user) => ({
      id: user,
      name: user,
      email: null,
      team: null,
      managerId: null,
    }));
    const at = '2026-01-01T00:00:00.000Z';
    await place.parts.crm.store.transaction((trx) => writeRows(trx, 'users', tenant, users, at));
  });

  /** Imports rows, and answers the events that this added to the stores. */
  const run = async (map: string, rows: readonly string[]): Promise<readonly EventEnvelope[]> => {
    const known = new Set((await events()).map((event) => event.id));
    const [file, mapFile] = [join(place.folder, 'rows.csv'), join(place.folder, 'map.yaml')];
    await writeFile(file, rows.join('\n'));
    await writeFile(mapFile, map);
    const as = /^as: (\w+)$/m.exec(map)?.[1] as ImportKind;
    const options = map.includes('consents') ? { asOf: '2026-02-01' } : {};
    const { refused } = await importFile(place.parts, { file, as, map: mapFile, tenant, ...options });
    expect(refused).toBe(0);
    return (await events()).filter((event) => !known.has(event.id));
  };

  const events = async (): Promise<readonly EventEnvelope[]> => {
    const { crm, consent } = place.parts;
    const written = [...(await waitingEvents(crm.store)), ...(await waitingEvents(consent.store))];
    return written.filter((event) => event.tenant === tenant);
  };

  const told = (list: readonly EventEnvelope[]) =>
    list.map(({ type, subject, entityversion, data }) => [type.split('.')[2], subject, entityversion, data]);

  it.skipIf(missing)('tell of new leads, of each change, and of nothing that stays as it is', async () => {
    const header = 'Id,Status,Source,Agent,Mail';
    const rows = [header, 'a,NEW,Web,Ada,', 'b,WORKING,,,No'];
    const first = await run(leadMap, rows);
    const created = [id('lead', 'a'), id('lead', 'b')];
    expect(told(first)).toEqual([
      ['LeadCreated', created[0], 1, { status: 'NEW', source: 'Web' }],
      ['LeadCreated', created[1], 1, { status: 'WORKING', source: null }],
      [
        'ConsentUpdated',
        id('contact', 'b'),
        1,
        expect.objectContaining({ decision: 'DENIED', state: 'DENIED' }),
      ],
    ]);
    expect(first[0]).toMatchObject({
      origin: 'import',
      actor: 'local',
      leadid: created[0],
      contactid: id('contact', 'a'),
      ownerid: ada,
    });
    expect(new Set(first.map(({ correlationid }) => correlationid)).size).toBe(1);

    expect(await run(leadMap, rows)).toEqual([]);
    const later = await run(leadMap, [header, 'a,QUALIFIED,Web,Bert,Yes', 'b,WORKING,Referral,,No']);
    expect(told(later)).toEqual([
      ['LeadStatusChanged', created[0], 2, { from: 'NEW', to: 'QUALIFIED' }],
      ['LeadOwnerAssigned', created[0], 2, { from: ada, to: bert }],
      ['ConsentUpdated', id('contact', 'a'), 1, expect.objectContaining({ decision: 'GRANTED' })],
    ]);
    expect(later[1]).toMatchObject({ ownerid: bert, previousownerid: ada });
  });

  it.skipIf(missing)('tell whose accounts are, recorded or derived, and where stages moved', async () => {
    const accounts = 'Name,Sector,Agent';
    expect(told(await run(accountMap, [accounts, 'Acme,retail,Ada', 'Bolt,retail,']))).toEqual([
      ['AccountOwnerAssigned', id('account', 'Acme'), 1, { from: null, to: ada }],
    ]);
    // Another trade is no event, another owner is one.
    expect(told(await run(accountMap, [accounts, 'Acme,software,Bert', 'Bolt,software,']))).toEqual([
      ['AccountOwnerAssigned', id('account', 'Acme'), 2, { from: ada, to: bert }],
    ]);

    const deals = 'Id,Stage,Opened,Account,Agent';
    const rows = [deals, '1,ENGAGING,2026-01-01,Bolt,Ada', '2,ENGAGING,2026-01-02,Acme,Ada'];
    // New opportunities have not moved; the owner that follows from one is told.
    expect(told(await run(opportunityMap, rows))).toEqual([
      ['AccountOwnerAssigned', id('account', 'Bolt'), 3, { from: null, to: ada }],
    ]);
    expect(await run(opportunityMap, rows)).toEqual([]);
    const moved = [deals, '1,WON,2026-01-01,Bolt,Bert', '2,ENGAGING,2026-01-02,Acme,Bert'];
    const later = await run(opportunityMap, moved);
    expect(told(later)).toEqual([
      ['OpportunityStageMoved', id('opportunity', '1'), 2, { from: 'ENGAGING', to: 'WON' }],
      ['AccountOwnerAssigned', id('account', 'Bolt'), 4, { from: ada, to: bert }],
    ]);
    expect(later[0]).toMatchObject({ accountid: id('account', 'Bolt'), ownerid: bert, origin: 'import' });
  });

  it.skipIf(missing)('are not there where the rows are not', async () => {
    const header = 'Id,Status,Source,Agent,Mail';
    const stop = new AbortController();
    const [file, map] = [join(place.folder, 'many.csv'), join(place.folder, 'many.yaml')];
    await writeFile(file, [header, ...Array.from({ length: 450 }, (_, n) => `n${n},NEW,Web,,`)].join('\n'));
    await writeFile(map, leadMap);
    const options = { file, as: 'lead', map, tenant, asOf: '2026-02-01' } as const;
    const onProgress = () => stop.abort(new Error('enough'));
    await expect(importFile(place.parts, options, { onProgress, signal: stop.signal })).rejects.toThrow(
      'enough',
    );
    const { db } = place.parts.crm.store;
    const leads = await db.selectFrom('leads').select('id').where('tenant', '=', tenant).execute();
    expect(leads).toHaveLength(200);
    expect((await events()).map(({ subject }) => subject).toSorted()).toEqual(
      leads.map((lead) => lead.id).toSorted(),
    );
  });
});
