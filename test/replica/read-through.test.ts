import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { type CrmChange, type CrmRecords, crmTypes } from '#subgraphs/crm/adapters/crm.ts';
import { type Crm, type CrmOptions, openCrm } from '#subgraphs/crm/main.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';
import { account, contact, user } from '#test/harness/vendors/crm-replica.ts';
import { type ScriptedSystem, scriptedSystem, vendorFails } from '#test/harness/vendors/scripted-system.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.each(engines)('reading through on $engine', ({ engine, missing }) => {
  let vendor: ScriptedSystem<CrmRecords, CrmChange>;
  let place: TemporaryStore;
  beforeEach(async () => {
    if (missing) return;
    place = await temporaryStore(engine);
    ends.push(place.remove);
    vendor = scriptedSystem<CrmRecords, CrmChange>({
      types: crmTypes,
      keys: { accounts: ['domain'], contacts: ['email', 'externalId'] },
    });
  });

  const open = async (freshness: CrmOptions['freshness'] = {}): Promise<[Crm, RunningSubgraph]> => {
    const crm = await openCrm({
      location: place.location,
      systems: new Map([['default', vendor]]),
      freshness: { maxAgeMs: () => 0, deadlineMs: 10_000, ...freshness },
    });
    const running = await serveForTest(crm.subgraph);
    ends.push(running.close);
    return [crm, running];
  };
  const name = '{ account(id: "acc_7") { id name observedAt } }';

  it.skipIf(missing)(
    'finds a record that it has never seen, by each key, and what it refers to',
    async () => {
      vendor.put('users', '1', user());
      vendor.put('accounts', '7', account({ domain: 'buyer.example', ownerId: '1' }));
      vendor.put('contacts', '9', contact({ email: 'p@buyer.example', accountId: '7' }), {
        externalId: 'con_ours',
      });
      const [, { url }] = await open({ maxAgeMs: () => 60_000 });
      const { data, errors } = await ask(
        url,
        `{ byDomain: accountByDomain(domain: "Buyer.example") { id owner { id name } }
         byEmail: contactByEmail(email: "p@buyer.example") { id account { id } }
         nobody: contactByEmail(email: "q@buyer.example") { id } }`,
      );
      expect(errors).toBeUndefined();
      expect(data).toEqual({
        byDomain: { id: 'acc_7', owner: { id: 'usr_1', name: 'Rep' } },
        byEmail: { id: 'con_ours', account: { id: 'acc_7' } },
        nobody: null,
      });
      expect((await ask(url, '{ contact(id: "con_ours") { name } }')).data.contact.name).toBe('Person');
    },
  );

  it.skipIf(missing)('answers what the vendor has now, and leaves alone what is new enough', async () => {
    vendor.put('accounts', '7', account({ name: 'Once' }));
    const [, { url }] = await open({ maxAgeMs: (type) => (type === 'accounts' ? 0 : 60_000) });
    expect((await ask(url, name)).data.account.name).toBe('Once');
    vendor.put('accounts', '7', account({ name: 'Now' }));
    const answer = await ask(url, name);
    expect(answer.data.account.name).toBe('Now');
    expect(answer).not.toHaveProperty('extensions.stale');
    vendor.drop('accounts', '7');
    expect((await ask(url, name)).data.account).toBeNull();
    vendor.calls.length = 0;
    expect((await ask(url, name)).data.account).toBeNull();
    expect(vendor.calls).toEqual([]);
  });

  it.skipIf(missing)('asks once for what many ask for at the same time', async () => {
    for (let n = 0; n < 50; n += 1) vendor.put('accounts', `${n}`, account());
    const [crm] = await open({ gatherMs: 50 });
    const ids = Array.from({ length: 50 }, (_, n) => `acc_${n}`);
    const request = { tenant: 'default', signal: new AbortController().signal } as never;
    const { openStaleness } = await import('#chassis/staleness.ts');
    const snapshots = Array.from({ length: 64 }, () =>
      crm.subgraph
        .context({ ...(request as object), staleness: openStaleness() } as never)
        .loaders.account.loadMany(ids),
    );
    const rows = await Promise.all(snapshots);
    expect(rows.flat().filter((row) => row !== null && !(row instanceof Error))).toHaveLength(3_200);
    expect(vendor.calls).toHaveLength(1);
    expect(vendor.calls[0]).toMatchObject({ urgency: 'read', type: 'accounts' });
  });

  it.skipIf(missing)(
    'does not wait for ever: the old row is answered and said to be old, the new one comes',
    async () => {
      vendor.put('accounts', '7', account({ name: 'Once' }));
      const [crm, { url }] = await open({ deadlineMs: 50 });
      const once = crm.replica?.readThrough('default');
      expect(once).toBeDefined();
      await expect.poll(async () => (await ask(url, name)).data.account?.name).toBe('Once');
      vendor.put('accounts', '7', account({ name: 'Now' }));
      const goOn = Promise.withResolvers<void>();
      vendor.during = () => goOn.promise;
      const answer = await ask(url, name);
      expect(answer.data.account.name).toBe('Once');
      expect(answer).toHaveProperty('extensions.stale.observedAt', answer.data.account.observedAt);
      goOn.resolve();
      const stored = () => crm.store.db.selectFrom('accounts').select('name').execute();
      await expect.poll(stored).toEqual([{ name: 'Now' }]);
    },
  );

  it.skipIf(missing)(
    'answers the old row where the vendor fails, and an error where there is none',
    async () => {
      vendor.put('accounts', '7', account({ name: 'Once' }));
      const [, { url }] = await open();
      await ask(url, name);
      vendor.during = () => Promise.reject(vendorFails({ kind: 'limited', retryAfterMs: 1_000 }));
      const answer = await ask(
        url,
        '{ seven: account(id: "acc_7") { name } eight: account(id: "acc_8") { name } }',
      );
      expect(answer.data).toEqual({ seven: { name: 'Once' }, eight: null });
      expect(answer.errors).toMatchObject([
        {
          path: ['eight'],
          extensions: { code: 'VENDOR_UNAVAILABLE', vendor: 'scripted', reason: 'limited' },
        },
      ]);
      expect(answer).toHaveProperty('extensions.stale');
      vendor.during = async () => {};
      expect((await ask(url, '{ account(id: "acc_8") { name } }')).errors).toBeUndefined();
    },
  );

  it.skipIf(missing)('remembers for a while what there is none of, and keeps nothing of it', async () => {
    const [crm, { url }] = await open();
    for (let n = 0; n < 3; n += 1) {
      expect((await ask(url, '{ account(id: "acc_nobody") { name } }')).data.account).toBeNull();
    }
    expect(vendor.calls).toHaveLength(1);
    expect(await crm.store.db.selectFrom('vendorLinks').selectAll().execute()).toEqual([]);
  });

  it.skipIf(missing)('leaves the tenants without a vendor as they are', async () => {
    const [crm] = await open();
    expect(crm.replica?.readThrough('other')).toBeUndefined();
  });
});
