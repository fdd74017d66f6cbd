import { describe, expect, it } from 'vitest';
import { hubspotWithSdk } from './through-sdk.ts';

type FilterOperator = 'EQ' | 'IN' | 'GTE' | 'LT' | 'BETWEEN' | 'HAS_PROPERTY' | 'NOT_HAS_PROPERTY';

/** The SDK's enums are declared, but not exported by the package's entry. */
const where = (propertyName: string, operator: FilterOperator, more: object = {}) =>
  ({ propertyName, operator, ...more }) as never;

describe('search', () => {
  it('filters, sorts and counts', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    for (const [name, annualrevenue, city] of [
      ['Acme', '900', 'Bonn'],
      ['Best', '1000', 'Cork'],
      ['Cool', '50', 'Bonn'],
      ['Dull', '', 'Oslo'],
    ] as const) {
      hubspot.portal.seed('companies', { name, annualrevenue, city });
    }
    const names = async (filters: never[][], sort?: unknown) => {
      const { results, total } = await sdk.crm.companies.searchApi.doSearch({
        filterGroups: filters.map((group) => ({ filters: group })),
        sorts: sort === undefined ? [] : [sort as string],
        properties: ['name'],
        limit: 10,
      });
      expect(total).toBe(results.length);
      return results.map(({ properties }) => properties.name);
    };
    expect(await names([[where('city', 'EQ', { value: 'bonn' })]])).toEqual(['Acme', 'Cool']);
    expect(await names([[where('city', 'IN', { values: ['Cork', 'Oslo'] })]], '-name')).toEqual([
      'Dull',
      'Best',
    ]);
    expect(await names([[where('annualrevenue', 'GTE', { value: '900' })]], 'annualrevenue')).toEqual([
      'Acme',
      'Best',
    ]);
    expect(
      await names([
        [where('annualrevenue', 'LT', { value: '900' }), where('city', 'EQ', { value: 'Bonn' })],
        [where('annualrevenue', 'NOT_HAS_PROPERTY')],
      ]),
    ).toEqual(['Cool', 'Dull']);
    expect(
      await names([[where('name', 'HAS_PROPERTY')]], {
        propertyName: 'annualrevenue',
        direction: 'DESCENDING',
      }),
    ).toEqual(['Best', 'Acme', 'Cool', 'Dull']);
  });

  it('finds what changed since a time, the time in milliseconds', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    const start = Date.UTC(2026, 2, 1);
    hubspot.clock.freeze(start);
    const [old, touched] = ['old', 'touched'].map((firstname) =>
      hubspot.portal.seed('contacts', { firstname }),
    );
    hubspot.clock.advance(1_000);
    hubspot.portal.edit('contacts', touched!, { firstname: 'anew' });
    const since = (value: number) =>
      sdk.crm.contacts.searchApi.doSearch({
        filterGroups: [{ filters: [where('lastmodifieddate', 'GTE', { value: String(value) })] }],
        sorts: ['lastmodifieddate'],
      });
    expect((await since(start + 1_000)).results.map(({ id }) => id)).toEqual([touched]);
    expect((await since(start)).results.map(({ id }) => id)).toEqual([old, touched]);
  });

  it('goes on by offset and ends at ten thousand', async () => {
    const { hubspot, sdk } = await hubspotWithSdk();
    for (let n = 0; n < 10_050; n += 1) hubspot.portal.seed('deals', { dealname: `deal ${n}` });
    const page = (after?: string) => sdk.crm.deals.searchApi.doSearch({ limit: 200, after });
    expect(await page()).toMatchObject({ total: 10_050, paging: { next: { after: '200' } } });
    expect((await page('9800')).results).toHaveLength(200);
    await expect(page('9801')).rejects.toMatchObject({ code: 400, body: { category: 'VALIDATION_ERROR' } });
  });

  it('is behind the records when its index lags', async () => {
    const { hubspot, sdk } = await hubspotWithSdk({ searchLag: 5_000 });
    hubspot.clock.freeze();
    const { id } = await sdk.crm.companies.basicApi.create({ properties: { name: 'Acme' } });
    const found = async () => (await sdk.crm.companies.searchApi.doSearch({ properties: ['name'] })).results;
    expect(await found()).toEqual([]);
    hubspot.clock.advance(5_000);
    await sdk.crm.companies.basicApi.update(id, { properties: { name: 'Better' } });
    expect(await found()).toMatchObject([{ properties: { name: 'Acme' } }]);
  });
});
