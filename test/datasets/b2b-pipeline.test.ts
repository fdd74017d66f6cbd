import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { type ImportKind, type ImportReport, importFile } from '#cli/import/index.ts';
import { naturalId } from '#cli/import/natural-id.ts';
import { type ImportPlace, openImportPlace } from '../harness/import-place.ts';
import { engines } from '../harness/stores.ts';
import { ask, serveForTest } from '../harness/subgraph.ts';
import { sharedDataset } from './shared.ts';

const dataset = sharedDataset('b2b-pipeline');

const files: readonly (readonly [ImportKind, string, string])[] = [
  ['user', 'sales_teams.csv', 'users.yaml'],
  ['account', 'accounts.csv', 'accounts.yaml'],
  ['opportunity', 'sales_pipeline.csv', 'opportunities.yaml'],
];

const maps = join(import.meta.dirname, '../../cli/import/maps/b2b-pipeline');

describe.each(engines)('the b2b pipeline on $engine', ({ engine, missing }) => {
  let place: ImportPlace;
  let running: RunningSubgraph;
  let reports: readonly ImportReport[];
  const skipped = missing || dataset.missing;

  async function importAll(): Promise<readonly ImportReport[]> {
    const made: ImportReport[] = [];
    for (const [as, file, map] of files) {
      made.push(
        await importFile(place.parts, { file: join(dataset.folder, file), as, map: join(maps, map) }),
      );
    }
    return made;
  }

  beforeAll(async () => {
    if (skipped) return;
    place = await openImportPlace(engine);
    reports = await importAll();
    running = await serveForTest(place.parts.crm.subgraph);
  });

  afterAll(async () => {
    await running?.close();
    await place?.remove();
  });

  it.skipIf(skipped)('imports every row, and says what it did with the dirt', () => {
    expect(reports.map(({ rows, imported, refused }) => [rows, imported, refused])).toEqual([
      [35, 35, 0],
      [85, 85, 0],
      [8_800, 8_800, 0],
    ]);
    const [users, accounts, opportunities] = reports;
    expect(users?.also).toEqual({ imported: 6, updated: 0, unchanged: 0 });
    expect(accounts?.notices).toEqual([
      { text: 'sector: "technolgy" read as "technology"', count: 12, examples: [] },
      { text: 'office_location: "Philipines" read as "Philippines"', count: 1, examples: [] },
    ]);
    expect(opportunities?.notices).toEqual([
      { text: 'product: "GTXPro" read as "GTX Pro"', count: 1_480, examples: [] },
      { text: 'without account', count: 1_425, examples: [] },
    ]);
    expect(opportunities?.derivedOwners).toBe(85);
    expect(reports.flatMap(({ unreadColumns }) => unreadColumns)).toEqual([]);
  });

  it.skipIf(skipped)('changes nothing the second time', async () => {
    const again = await importAll();
    expect(again.map(({ imported, updated, unchanged }) => [imported, updated, unchanged])).toEqual([
      [0, 0, 35],
      [0, 0, 85],
      [0, 0, 8_800],
    ]);
    expect(again.map(({ derivedOwners }) => derivedOwners)).toEqual([null, null, 0]);
  });

  it.skipIf(skipped)('answers Isdom with its opportunities', async () => {
    const { data, errors } = await ask(
      running.url,
      `query ($id: ID!) {
        account(id: $id) {
          name domain industry employees foundedYear country ownerSource
          annualRevenue { amount currency }
          owner { name team manager { name team } }
          opportunities(first: 1) { totalCount }
          won: opportunities(filter: { stage: [WON] }, first: 1) { totalCount }
          pipeline { openCount wonCount lostCount wonAmount { amount currency } openAmount { amount } }
        }
      }`,
      { id: naturalId('b2b-pipeline', 'account', ['Isdom']) },
    );
    expect(errors).toBeUndefined();
    expect(data.account).toMatchObject({
      name: 'Isdom',
      domain: null,
      industry: 'medical',
      employees: 4_540,
      foundedYear: 2002,
      country: 'United States',
      annualRevenue: { amount: '3178240000.00', currency: 'USD' },
      ownerSource: 'DERIVED',
      owner: { name: 'Darcel Schlecht' },
      opportunities: { totalCount: 119 },
      won: { totalCount: 65 },
      pipeline: {
        openCount: 7,
        wonCount: 65,
        lostCount: 47,
        wonAmount: [{ amount: '164683.00', currency: 'USD' }],
        openAmount: [],
      },
    });
  });

  it.skipIf(skipped)('leaves null what the set does not hold', async () => {
    const { data } = await ask(
      running.url,
      `{
        without: opportunities(filter: { hasAccount: false }, first: 1) { totalCount nodes { name account { id } } }
        open: opportunities(filter: { stage: [PROSPECTING] }, first: 100) {
          totalCount nodes { amount { amount } openDate closeDate }
        }
        philippine: accounts(filter: { country: ["Philippines"] }) { totalCount }
        acme: accounts(filter: { nameContains: "Massive" }) { nodes { name parent { name } } }
        child: accounts(filter: { nameContains: "Cheers" }) { nodes { parent { name } } }
      }`,
    );
    expect(data.without.totalCount).toBe(1_425);
    expect(data.without.nodes[0].account).toBeNull();
    expect(data.open.totalCount).toBe(500);
    expect(new Set(data.open.nodes.map((node: object) => JSON.stringify(node)))).toEqual(
      new Set(['{"amount":null,"openDate":null,"closeDate":null}']),
    );
    expect(data.philippine.totalCount).toBe(1);
    expect(data.acme.nodes).toEqual([{ name: 'Massive Dynamic', parent: null }]);
    expect(data.child.nodes).toEqual([{ parent: { name: 'Massive Dynamic' } }]);
  });
});
