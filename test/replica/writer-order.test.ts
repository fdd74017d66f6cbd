import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anySystem, vendorCause } from '#chassis/vendor/replica/domain.ts';
import { summarizeProblems } from '#chassis/vendor/replica/problems.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import { engines } from '#test/harness/stores.ts';
import { account, type CrmReplica, openCrmReplica } from '#test/harness/vendors/crm-replica.ts';

describe.each(engines)('what a replica is told in a wrong order on $engine', ({ engine, missing }) => {
  let place: CrmReplica;
  beforeEach(async () => {
    if (!missing) place = await openCrmReplica(engine);
  });
  afterEach(() => place?.close());

  const put = (id: string, name: string) =>
    ({ kind: 'record', record: place.vendor.put('accounts', id, account({ name })) }) as const;
  const gone = (id: string) => ({ kind: 'gone', id }) as const;
  const names = async () =>
    (await place.store.db.selectFrom('accounts').select('name').orderBy('id').execute()).map(
      ({ name }) => name,
    );
  const write = async (seen: Parameters<CrmReplica['write']>[1], observedAt?: string) =>
    (await place.write('accounts', seen, observedAt)).counts.accounts;

  it.skipIf(missing)('does not come back by a state that nobody had seen before it was gone', async () => {
    await write([put('7', 'Old')]);
    const last = put('7', 'Last');
    const readBefore = readTime();
    await write([gone('7')]);
    expect(await write([last], readBefore)).toMatchObject({ older: 1, inserted: 0 });
    expect(await names()).toEqual([]);
  });

  it.skipIf(missing)('is of two states of one moment as it was read last', async () => {
    const early = put('7', 'Early');
    const readEarly = readTime();
    const sameMoment = { ...early, record: { ...early.record, values: account({ name: 'Late' }) } };
    await write([sameMoment]);
    expect(await write([early], readEarly)).toMatchObject({ older: 1 });
    expect(await names()).toEqual(['Late']);
    expect(await write([early])).toMatchObject({ updated: 1 });
  });

  it.skipIf(missing)('is there where it was seen there later than somebody saw it gone', async () => {
    const [first, second] = [put('7', 'First'), put('7', 'Second')];
    const [readSecond, readGone] = [readTime(), readTime()];
    await write([first]);
    // A vendor's answers may be older than they seem: the later change was read earlier.
    await write([second], readSecond);
    expect(await write([gone('7')], readGone)).toMatchObject({ older: 1, gone: 0 });
    expect(await names()).toEqual(['Second']);
  });

  it.skipIf(missing)('is the latest state of those that come at once, in whatever order', async () => {
    const [first, second] = [put('7', 'First'), put('7', 'Second')];
    await write([second, first]);
    expect(await names()).toEqual(['Second']);
  });

  it.skipIf(missing)('keeps the problem of a record of which something old comes', async () => {
    const old = put('7', 'Old');
    await write([put('7', 'New')]);
    const problems = [{ field: 'lifecycleStage', property: 'lifecyclestage', value: 'evangelist' }];
    await write([{ kind: 'unmapped', id: '7', problems }]);
    expect(await write([old])).toMatchObject({ older: 1 });
    const at = { tenant: 'default', vendor: 'scripted' };
    expect(await summarizeProblems(place.store.db, at, 10)).toMatchObject([{ records: 1, example: '7' }]);
  });

  it.skipIf(missing)('is not written for whoever has given up', async () => {
    const seen = [put('7', 'New')] as never;
    const about = { tenant: 'default', type: 'accounts', seen, observedAt: readTime(), urgency: 'sync' };
    const cause = vendorCause('scripted', 'default');
    const signal = AbortSignal.abort(new Error('given up'));
    const request = { ...about, system: anySystem(place.vendor), cause, signal } as const;
    await expect(place.writer({ ...request, urgency: 'sync' })).rejects.toThrow('given up');
    expect(await names()).toEqual([]);
  });

  it.skipIf(missing)('asks the vendor for so many of those that are referred to, and no more', async () => {
    const seen = Array.from({ length: 2_100 }, (_, nth) => {
      const values = account({ parentId: `p${nth}` });
      const at = '2026-01-01T00:00:00.000Z';
      return {
        kind: 'record',
        record: { id: `${nth}`, externalId: null, values, createdAt: at, changedAt: at },
      } as const;
    });
    expect(await write(seen)).toMatchObject({ inserted: 2_100 });
    expect(place.vendor.calls.flatMap(({ values }) => values ?? [])).toHaveLength(2_000);
  });
});
