import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Analytics, openAnalytics } from '#subgraphs/analytics/main.ts';
import { type Consent, openConsent } from '#subgraphs/consent/main.ts';
import { type Crm, openCrm } from '#subgraphs/crm/main.ts';
import { writeRows } from '#subgraphs/crm/store/rows.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { type ImportKind, type ImportReport, importFile } from './index.ts';
import { naturalId } from './natural-id.ts';

const accountMap = `
source: export
as: account
key: Name
columns:
  Sector: { correct: { technolgy: technology }, empty: [Select] }
fields:
  name: { column: Name }
  domain: { column: Site }
  industry: { column: Sector }
  employees: { column: Staff, thousands: ',' }
  revenue: { column: Revenue, currency: USD, scale: 1000000 }
  parent: { column: Parent }
`;
const accountHeader = 'Name,Site,Sector,Staff,Revenue,Parent';

const userMap = `
source: export
as: user
key: Agent
fields:
  name: { column: Agent }
  email: { column: Mail }
  manager: { column: Boss }
also:
  - key: Boss
    fields: { name: { column: Boss } }
`;

const opportunityMap = (unknown: string, more = '') => `
source: export
as: opportunity
key: Id
fields:
  name: { template: ['{Product} for {Account}', '{Product}'] }
  product: { column: Product }
  stage: { column: Stage, values: { Open: ENGAGING, Won: WON } }
  amount: { column: Value, currencyColumn: Currency }
  closeDate: { column: Closed, formats: [DD-MM-YY, D MMM YYYY] }
  account: { column: Account, unknown: ${unknown} }
  owner: { column: Agent, unknown: without }
${more}`;
const opportunityHeader = 'Id,Product,Account,Agent,Stage,Value,Currency,Closed';

describe.each(engines)('import on $engine', ({ engine, missing }) => {
  let place: TemporaryStore;
  let folder: string;
  let crm: Crm;
  let others: { readonly consent: Consent; readonly analytics: Analytics };
  let othersFolder: string;

  beforeAll(async () => {
    othersFolder = await mkdtemp(join(tmpdir(), 'tributary-'));
    others = {
      consent: await openConsent({
        location: { engine: 'sqlite', file: join(othersFolder, 'consent.sqlite') },
      }),
      analytics: await openAnalytics({
        warehouse: { engine: 'duckdb', file: join(othersFolder, 'analytics.duckdb') },
        location: { engine: 'sqlite', file: join(othersFolder, 'analytics.sqlite') },
      }),
    };
  });

  afterAll(async () => {
    await others?.consent.subgraph.close();
    await others?.analytics.subgraph.close();
    await rm(othersFolder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    if (missing) return;
    place = await temporaryStore(engine);
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    crm = await openCrm({ location: place.location });
  });

  afterEach(async () => {
    await crm?.subgraph.close();
    await place?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  async function run(
    as: ImportKind,
    map: string,
    csv: string | Buffer,
    hooks: Parameters<typeof importFile>[2] = {},
  ): Promise<ImportReport> {
    const file = join(folder, `${as}.csv`);
    const mapFile = join(folder, `${as}.yaml`);
    await writeFile(file, csv);
    await writeFile(mapFile, map);
    return importFile(
      { crm, ...others },
      { file, as, map: mapFile, refusedFile: join(folder, 'refused.csv') },
      hooks,
    );
  }

  const accounts = () => crm.store.db.selectFrom('accounts').selectAll().orderBy('name').execute();
  const opportunities = () => crm.store.db.selectFrom('opportunities').selectAll().orderBy('name').execute();
  const counts = ({ rows, imported, updated, unchanged, refused }: ImportReport) => [
    rows,
    imported,
    updated,
    unchanged,
    refused,
  ];

  it.skipIf(missing)('reads values as the mapping says, and says what it corrected', async () => {
    const csv = [
      accountHeader,
      'Acme,https://www.Acme.com/about,technolgy,"1,100",1100.04,',
      'Globex,globex.com,Select,,,Acme',
    ].join('\n');
    const report = await run('account', accountMap, csv);
    expect(counts(report)).toEqual([2, 2, 0, 0, 0]);
    const [acme, globex] = await accounts();
    expect(acme).toMatchObject({
      id: naturalId('export', 'account', ['Acme']),
      domain: 'acme.com',
      industry: 'technology',
      employees: 1100,
      revenueCurrency: 'USD',
      parentId: null,
      ownerId: null,
      ownerSource: null,
    });
    expect(Number(acme?.revenueMinor)).toBe(110_004_000_000);
    expect(globex).toMatchObject({
      industry: null,
      employees: null,
      revenueMinor: null,
      revenueCurrency: null,
    });
    expect(globex?.parentId).toBe(acme?.id);
    expect(report.notices).toEqual([
      { text: 'Sector: "technolgy" read as "technology"', count: 1, examples: [] },
      { text: 'Sector: "Select" read as empty', count: 1, examples: [] },
    ]);
  });

  it.skipIf(missing)('changes nothing the second time, and only what changed the third', async () => {
    const csv = `${accountHeader}\nAcme,,a,1,1,\nGlobex,,b,2,2,\n`;
    await run('account', accountMap, csv);
    const before = await accounts();
    expect(counts(await run('account', accountMap, csv))).toEqual([2, 0, 0, 2, 0]);
    const after = await accounts();
    expect(after.map(({ version }) => version)).toEqual(before.map(({ version }) => version));
    const report = await run('account', accountMap, csv.replace(',b,', ',c,'));
    expect(counts(report)).toEqual([2, 0, 1, 1, 0]);
    expect((await accounts()).map(({ industry }) => industry)).toEqual(['a', 'c']);
  });

  it.skipIf(missing)('leaves fields alone that the mapping does not fill', async () => {
    await run('account', accountMap, `${accountHeader}\nAcme,acme.com,a,1,1,\n`);
    const narrow =
      'source: export\nas: account\nkey: Name\nfields:\n  name: { column: Name }\n  country: { column: Country }\n';
    await run('account', narrow, 'Name,Country\nAcme,Japan\n');
    expect(await accounts()).toMatchObject([{ domain: 'acme.com', employees: 1, country: 'Japan' }]);
  });

  it.skipIf(missing)('refuses rows with line and reasons, in the report and as CSV', async () => {
    const csv = [
      accountHeader,
      '"Two\r\nlines",,a,1,1,',
      'Bad,not a domain,a,1.5,much,',
      '',
      'Short,',
      ',,a,1,1,',
      'Good,,a,1,1,',
      'Good,,a,2,2,',
    ].join('\r\n');
    const report = await run('account', accountMap, `\ufeff${csv}`);
    expect(counts(report)).toEqual([6, 2, 0, 0, 4]);
    expect(report.refusals).toEqual([
      {
        line: 4,
        reason:
          'domain: "not a domain" is not a domain such as acme.com; employees: "1.5" is not a whole number; revenue: "much" is not a number',
      },
      { line: 6, reason: 'the row has 2 columns, the header 6' },
      { line: 7, reason: 'Name: the key is empty' },
      { line: 9, reason: 'repeats the key "Good" of an earlier row' },
    ]);
    const refused = await readFile(join(folder, 'refused.csv'), 'utf8');
    expect(refused.split('\n')[0]).toBe(`line,reason,${accountHeader}`);
    expect(refused).toContain('6,"the row has 2 columns, the header 6",Short,\n');
    expect(refused.trimEnd().split('\n')).toHaveLength(5);
    expect(await accounts()).toMatchObject([{ name: 'Good', employees: 1 }, { name: 'Two\r\nlines' }]);
  });

  it.skipIf(missing)('refuses a repeated key however far below it stands', async () => {
    const rows = Array.from({ length: 1_200 }, (_, n) => `A${n},,a,1,1,`);
    const report = await run('account', accountMap, [accountHeader, ...rows, 'A3,,b,2,2,'].join('\n'));
    expect(counts(report)).toEqual([1_201, 1_200, 0, 0, 1]);
    expect(report.refusals).toEqual([{ line: 1_202, reason: 'repeats the key "A3" of an earlier row' }]);
  });

  it.skipIf(missing)('refuses bytes that are not of the encoding, and reads those that are', async () => {
    const latin = Buffer.from(`${accountHeader}\nCafé,,a,1,1,\n`, 'latin1');
    const report = await run('account', accountMap, latin);
    expect(report.refusals).toEqual([{ line: 2, reason: 'Name: holds bytes that are not utf-8' }]);
    await run('account', `${accountMap}csv: { encoding: windows-1252 }\n`, latin);
    expect(await accounts()).toMatchObject([{ name: 'Café' }]);
  });

  it.skipIf(missing)('makes managers of a team users too, once', async () => {
    const csv = 'Agent,Mail,Boss\nAnn,ann@x.example,Cy\nBen,,Cy\nCy,CY@x.example,\n';
    const report = await run('user', userMap, csv);
    expect(counts(report)).toEqual([3, 2, 1, 0, 0]);
    expect(report.also).toEqual({ imported: 1, updated: 0, unchanged: 0 });
    const users = await crm.store.db.selectFrom('users').selectAll().orderBy('name').execute();
    expect(users.map(({ name, email }) => [name, email])).toEqual([
      ['Ann', 'ann@x.example'],
      ['Ben', null],
      ['Cy', 'cy@x.example'],
    ]);
    expect(users[0]?.managerId).toBe(users[2]?.id);
    const again = await run('user', userMap, csv);
    expect([counts(again), again.also]).toEqual([[3, 0, 0, 3, 0], { imported: 0, updated: 0, unchanged: 1 }]);
  });

  it.skipIf(missing)('counts references within a kind that lead nowhere, until they do', async () => {
    const report = await run('account', accountMap, `${accountHeader}\nGlobex,,a,1,1,Acme\n`);
    expect(report.notices).toContainEqual({
      text: 'parent: names an account that is not in the CRM',
      count: 1,
      examples: ['Globex'],
    });
    const later = await run('account', accountMap, `${accountHeader}\nAcme,,a,1,1,\n`);
    expect(later.notices).toEqual([]);
  });

  it.skipIf(missing)(
    'imports opportunities without an account, and refuses or loosens unknown ones',
    async () => {
      await run('account', accountMap, `${accountHeader}\nAcme,,a,1,1,\n`);
      const before = await accounts();
      const csv = [
        opportunityHeader,
        '1,Pro,Acme,Ann,Won,1054.50,usd,01-03-17',
        '2,Basic,,,Open,,,',
        '3,Plus,Nowhere,,Won,120,JPY,7 Mar 2017',
      ].join('\n');
      const strict = await run('opportunity', opportunityMap('refuse'), csv);
      expect(counts(strict)).toEqual([3, 2, 0, 0, 1]);
      expect(strict.refusals).toEqual([
        { line: 4, reason: 'account: there is no account "Nowhere" in the CRM' },
      ]);
      expect(strict.notices).toContainEqual({ text: 'without account', count: 1, examples: [] });
      const loose = await run('opportunity', opportunityMap('without'), csv);
      expect(counts(loose)).toEqual([3, 1, 0, 2, 0]);
      expect(loose.notices).toContainEqual({
        text: 'without account, since the account it names is not in the CRM',
        count: 1,
        examples: ['Nowhere'],
      });
      const [basic, plus, pro] = await opportunities();
      expect(basic).toMatchObject({
        name: 'Basic',
        amountMinor: null,
        amountCurrency: null,
        accountId: null,
      });
      expect(plus).toMatchObject({
        name: 'Plus for Nowhere',
        closeDate: '2017-03-07',
        amountCurrency: 'JPY',
      });
      expect(pro).toMatchObject({
        name: 'Pro for Acme',
        stage: 'WON',
        closeDate: '2017-03-01',
        ownerId: null,
      });
      expect([Number(plus?.amountMinor), Number(pro?.amountMinor)]).toEqual([120, 105_450]);
      expect(pro?.accountId).toBe(before[0]?.id);
      expect(await accounts()).toEqual(before);
    },
  );

  it.skipIf(missing)('refuses impossible dates, unknown values and amounts a currency has not', async () => {
    const csv = [
      opportunityHeader,
      '1,Pro,,,Won,1,USD,31-02-17',
      '2,Pro,,,Lost,1,USD,',
      '3,Pro,,,Won,1.5,JPY,',
      '4,Pro,,,Won,1,,',
      '5,Pro,,,,1,USD,',
    ].join('\n');
    const report = await run('opportunity', opportunityMap('refuse'), csv);
    expect(report.refusals.map(({ reason }) => reason)).toEqual([
      'closeDate: "31-02-17" is not a date that exists, written DD-MM-YY or D MMM YYYY',
      'stage: "Lost" is none of Open, Won',
      'amount: "1.5" JPY is not an amount: "1.50" has more decimal places than JPY has (0).',
      'amount: "1" has no currency',
      'stage: is empty',
    ]);
    expect(await opportunities()).toEqual([]);
  });

  it.skipIf(missing)('derives owners when asked, and keeps them when the accounts come again', async () => {
    await run('user', userMap, 'Agent,Mail,Boss\nAnn,,\n');
    await run('account', accountMap, `${accountHeader}\nAcme,,a,1,1,\n`);
    const csv = `${opportunityHeader}\n1,Pro,Acme,Ann,Won,1,USD,01-03-17\n`;
    const map = opportunityMap('refuse', 'after: [derive-account-owners]\n');
    expect((await run('opportunity', map, csv)).derivedOwners).toBe(1);
    const derived = { ownerId: naturalId('export', 'user', ['Ann']), ownerSource: 'DERIVED' };
    expect(await accounts()).toMatchObject([derived]);
    expect(counts(await run('account', accountMap, `${accountHeader}\nAcme,,a,1,1,\n`))).toEqual([
      1, 0, 0, 1, 0,
    ]);
    expect(await accounts()).toMatchObject([derived]);
    expect((await run('opportunity', map, csv)).derivedOwners).toBe(0);

    const owned = `${accountMap}  owner: { column: Owner, unknown: refuse }\n`;
    const header = `${accountHeader},Owner`;
    await run('account', owned, `${header}\nAcme,,a,1,1,,\n`);
    expect(await accounts()).toMatchObject([derived]);
    await run('account', owned, `${header}\nAcme,,a,1,1,,Ann\n`);
    expect(await accounts()).toMatchObject([{ ...derived, ownerSource: 'RECORDED' }]);
  });

  it.skipIf(missing)('shows how far it is, and stops between batches when told to', async () => {
    const rows = Array.from({ length: 1_400 }, (_, n) => `A${n},,a,1,1,`);
    const csv = [accountHeader, ...rows].join('\n');
    const shown: number[] = [];
    await run('account', accountMap, csv, {
      onProgress: ({ step, done, total }) => {
        expect([step, total]).toEqual(['accounts', Buffer.byteLength(csv)]);
        shown.push(done);
      },
    });
    expect(shown).toEqual(shown.toSorted((a, b) => a - b));
    expect(shown.at(-1)).toBe(Buffer.byteLength(csv));

    const stop = new AbortController();
    const stopped = run('account', accountMap, csv.replaceAll('A', 'B').replace('BaBe', 'Name'), {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow();
    const written = (await accounts()).filter(({ name }) => name.startsWith('B'));
    expect(written).toHaveLength(200);
  });

  it.skipIf(missing)('says what is wrong with a file that cannot be read at all', async () => {
    await expect(run('account', accountMap, '')).rejects.toThrow(
      'is empty: its first line must name the columns',
    );
    await expect(run('account', accountMap, 'Name,Name\n')).rejects.toThrow('two columns named "Name"');
    await expect(run('account', accountMap, 'Name,Site,Sector\nA,,\n')).rejects.toThrow(
      /account\.yaml names columns that .*account\.csv lacks: "Staff" \(fields\.employees\), "Revenue" \(fields\.revenue\), "Parent" \(fields\.parent\)\. It has: Name, Site, Sector\./,
    );
    await expect(run('user', accountMap, 'Name\n')).rejects.toThrow('maps rows as account, not as user');
    const unclosed = run('account', accountMap, `${accountHeader}\nAcme,,a,1,1,\n"Open,,a,1,1,\nB,,a,1,1,\n`);
    await expect(unclosed).rejects.toThrow(/account\.csv, line 3: a quoted field is never closed/);
    expect((await accounts()).map(({ name }) => name)).toEqual(['Acme']);
    // With a row that ends where the reader takes up the next piece of the file, the parser finds rows again
    // in the middle of the endless field: they are none.
    const start = `${accountHeader}\nAcme,,`;
    const edge = `${start}${'a'.repeat(65_536 - start.length - 8)},1,1,""\n`;
    const inside = `${edge}"${'x,,a,1,1,\n'.repeat(150_000)}`;
    await expect(run('account', accountMap, inside)).rejects.toThrow(
      /line 3: the row is longer than 1000000/,
    );
    expect((await accounts()).map(({ name }) => name)).toEqual(['Acme']);
    const endless = `${accountHeader}\n"${'x,\n'.repeat(400_000)}`;
    await expect(run('account', accountMap, endless)).rejects.toThrow(
      /line 2: the row is longer than 1000000 bytes/,
    );
  });

  it.skipIf(missing)('names columns that nobody reads, unless they are to be ignored', async () => {
    const csv = `${accountHeader},Fax,Telex\nAcme,,a,1,1,,1,2\n`;
    expect((await run('account', accountMap, csv)).unreadColumns).toEqual(['Fax', 'Telex']);
    const report = await run('account', `${accountMap}ignore: [Fax]\n`, csv);
    expect(report.unreadColumns).toEqual(['Telex']);
  });

  it.skipIf(missing)('writes for its tenant alone', async () => {
    const other = { ...(await seeded()), tenant: 'other' };
    await run('account', accountMap, `${accountHeader}\nAcme,,a,1,1,\n`);
    const rows = await accounts();
    expect(rows.map(({ tenant, industry }) => [tenant, industry]).sort()).toEqual([
      ['default', 'a'],
      [other.tenant, null],
    ]);
  });

  async function seeded() {
    const row = {
      id: naturalId('export', 'account', ['Acme']),
      domain: null,
      name: 'Acme',
      industry: null,
      employees: null,
      revenueMinor: null,
      revenueCurrency: null,
      country: null,
      foundedYear: null,
      lifecycleStage: null,
      parentId: null,
      ownerId: null,
      ownerSource: null,
    };
    await crm.store.transaction((trx) =>
      writeRows(trx, 'accounts', 'other', [row], '2026-03-01T00:00:00.000Z'),
    );
    return row;
  }
});
