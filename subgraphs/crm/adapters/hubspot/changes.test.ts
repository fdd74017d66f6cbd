import { describe, expect, it } from 'vitest';
import {
  byId,
  company,
  hubspotForTest,
  onlyRecord,
  options,
  walk,
} from '#test/harness/vendors/hubspot-asking.ts';

describe('changes at HubSpot', () => {
  it('are all told where more than a page changed in one millisecond', async () => {
    const place = await hubspotForTest({ pageSize: 3 });
    const at = Date.now() - 3_600_000;
    const times = [at, ...Array.from({ length: 8 }, () => at + 1), at + 2, at + 3];
    const made = times.map((createdAt) =>
      place.hubspot.portal.seed('companies', { name: 'One' }, { createdAt }),
    );
    const { ids } = await walk(place, 'accounts');
    expect(new Set(ids)).toEqual(new Set(made));
    // Those of one moment twice where they begin and where they end a page; within it they are told once.
    expect(ids.length).toBeLessThanOrEqual(made.length + 5);
    // Each search is its own first page: an offset would leave out what others move.
    const searches = place.hubspot.requests.filter(({ path }) => path.endsWith('/search'));
    expect(searches.every(({ body }) => !('after' in (body as object)))).toBe(true);
    expect(searches.map(({ body }) => (body as { limit: number }).limit)).toContain(3);
    // HubSpot promises no order of what it was not asked to sort by.
    const asked = searches.map(({ body }) => body as { filterGroups: unknown; sorts: unknown });
    expect(asked.map(({ sorts }) => sorts)).toEqual(
      asked.map(({ filterGroups }) =>
        JSON.stringify(filterGroups).includes('hs_object_id') ? ['hs_object_id'] : ['hs_lastmodifieddate'],
      ),
    );
  });

  it('are told though the search is behind', async () => {
    const place = await hubspotForTest({ hubspot: { searchLag: 5_000 } });
    const { portal, clock } = place.hubspot;
    let passed = 0;
    /** For HubSpot, and for the answers that come by the proxy. */
    const pass = (ms: number) => {
      passed += ms;
      clock.advance(ms);
      place.proxy.clock.skew(passed);
    };
    const first = portal.create('companies', { name: 'First' });
    pass(4_000);
    const before = await walk(place, 'accounts');
    expect(before.ids).toEqual([]);
    const late = portal.create('companies', { name: 'Late' });
    pass(2_000);
    const then = await walk(place, 'accounts', before.cursor);
    expect(then.ids).toEqual([first]);
    pass(4_000);
    expect((await walk(place, 'accounts', then.cursor)).ids).toContain(late);
  });

  it('do not come again for ever, whatever our clock says', async () => {
    const place = await hubspotForTest();
    company(place.hubspot.portal);
    const { cursor } = await walk(place, 'accounts');
    expect((await walk(place, 'accounts', cursor)).ids).toHaveLength(1);
    // The proxy's clock is that of answers; ours stays as it is.
    place.proxy.clock.skew(120_000);
    const later = await walk(place, 'accounts', cursor);
    expect((await walk(place, 'accounts', later.cursor)).ids).toEqual([]);
  });

  it('tell that records were archived, a part at a time, and only those that were since', async () => {
    const place = await hubspotForTest({ settings: { archivedEverySeconds: 0 }, pageSize: 2 });
    const { portal } = place.hubspot;
    const long = company(portal);
    portal.archive('companies', long);
    place.hubspot.clock.advance(10_000);
    place.proxy.clock.skew(10_000);
    const ids = Array.from({ length: 5 }, () => company(portal));
    const { cursor } = await walk(place, 'accounts');
    for (const id of ids.slice(0, 4)) portal.archive('companies', id);
    const { seen } = await walk(place, 'accounts', cursor);
    const gone = seen.flatMap((one) => (one.kind === 'gone' ? [one.id] : []));
    expect(gone.toSorted()).toEqual(ids.slice(0, 4).toSorted());
  });

  it('tell of what was archived after a while, not at each look', async () => {
    const place = await hubspotForTest();
    const { portal, clock } = place.hubspot;
    let passed = 0;
    const pass = (ms: number) => {
      passed += ms;
      clock.advance(ms);
      place.proxy.clock.skew(passed);
    };
    const id = company(portal);
    let { cursor } = await walk(place, 'accounts');
    pass(2_000);
    portal.archive('companies', id);
    for (const [ms, gone] of [
      [60_000, []],
      [600_000, [id]],
      [660_000, []],
    ] as const) {
      pass(ms);
      const looked = await walk(place, 'accounts', cursor);
      ({ cursor } = looked);
      expect(looked.seen.flatMap((one) => (one.kind === 'gone' ? [one.id] : []))).toEqual(gone);
    }
  });

  it('go on by the times of records where HubSpot does not tell its own', async () => {
    const place = await hubspotForTest();
    const at = '2026-03-01T09:00:00.000Z';
    const one = { id: '1', properties: { name: 'One', hs_lastmodifieddate: at } };
    const body = { total: 1, results: [{ ...one, createdAt: at, updatedAt: at, archived: false }] };
    place.proxy.fault(
      { path: /search/, nth: 1 },
      {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'application/json', date: '' },
        body: JSON.stringify(body),
      },
    );
    const first = await walk(place, 'accounts');
    expect(first.ids).toEqual(['1']);
    await walk(place, 'accounts', first.cursor);
    const value = String(Date.parse(at) - 60_000);
    expect(place.hubspot.requests.find(({ path }) => path.endsWith('/search'))?.body).toMatchObject({
      filterGroups: [{ filters: [{ operator: 'GTE', value }] }],
    });
  });

  it('of owners come page by page, those who left among them', async () => {
    const place = await hubspotForTest();
    const id = await place.add('users', {
      name: 'Ann Rep',
      email: 'ann@seller.example',
      team: null,
      managerId: null,
    });
    place.hubspot.portal.owners.push({
      ...{ id: '9', firstName: '', lastName: '', email: 'gone@seller.example', archived: true },
    });
    const { ids, cursor } = await walk(place, 'users');
    expect(ids).toEqual([id, '9']);
    expect((await walk(place, 'users', cursor)).ids).toEqual([id, '9']);
    const seen = await place.system.read('users', byId('9', id, '404'), options());
    expect(seen.map((one) => one.kind === 'record' && one.record.values.name)).toEqual([
      'Ann Rep',
      'gone@seller.example',
    ]);
  });

  it('of owners are those since the latest change of any page, and an owner is found on each', async () => {
    const place = await hubspotForTest();
    const owner = (id: string, second: number) => ({
      ...{ id, email: `o${id}@seller.example`, firstName: 'O', lastName: id, userId: 1, archived: false },
      ...{ createdAt: '2026-03-01T09:00:00.000Z', updatedAt: `2026-03-01T09:00:0${second}.000Z` },
    });
    const pages = [
      { results: [owner('1', 2), owner('2', 1)], paging: { next: { after: 'more' } } },
      { results: [owner('3', 1)] },
      { results: [] },
    ];
    const turns = [...pages, ...pages, ...pages];
    for (const [index, page] of turns.entries()) {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(page);
      place.proxy.fault({ path: /owners/, nth: index + 1 }, { kind: 'answer', status: 200, headers, body });
    }
    const all = await walk(place, 'users');
    expect(all.ids).toEqual(['1', '2', '3']);
    expect((await walk(place, 'users', all.cursor)).ids).toEqual(['1']);
    expect(onlyRecord(await place.system.read('users', byId('3'), options())).id).toBe('3');
    const asked = place.proxy.requests.map(({ query }) => [query.get('archived'), query.get('after')]);
    const both = [
      ['false', null],
      ['false', 'more'],
    ];
    expect(asked).toEqual([...both, ['true', null], ...both, ['true', null], ...both]);
  });

  it('of each type go by the property that HubSpot has for its time', async () => {
    const place = await hubspotForTest();
    for (const [type, property] of [
      ['accounts', 'hs_lastmodifieddate'],
      ['contacts', 'lastmodifieddate'],
      ['leads', 'hs_lastmodifieddate'],
      ['opportunities', 'hs_lastmodifieddate'],
    ] as const) {
      await walk(place, type);
      expect(place.hubspot.requests.at(-1)?.body, type).toMatchObject({ sorts: [property] });
    }
  });
});
