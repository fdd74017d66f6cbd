import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { AccountChangesDocument } from '#client/__generated__/operations.ts';
import { createLiveClient, type LiveState } from '#client/index.ts';
import { hubspotLimits } from '#test/harness/vendors/hubspot.ts';
import { type HubspotHouse, startHubspotHouse } from '#test/harness/vendors/hubspot-house.ts';

let at: HubspotHouse;
afterEach(() => at?.close());

const unpolled = { connection: { sync: { everySeconds: 86_400 } } };

interface Snapshot {
  readonly account: { readonly name: string };
  readonly sources: Readonly<Record<string, { readonly status: string; readonly observedAt: string }>>;
}

async function snapshotOf(id: string): Promise<Snapshot> {
  const response = await fetch(`${at.house.url}/accounts/${id}/snapshot`);
  expect(response.status).toBe(200);
  return (await response.json()) as Snapshot;
}

async function accountIds(): Promise<readonly string[]> {
  const { db } = at.house.parts.crm.store;
  const rows = await db.selectFrom('accounts').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}

/** What is read by keys is as if it had been read an hour ago, and no changes since then. */
async function age(): Promise<string> {
  const { db, transaction } = at.house.parts.crm.store;
  const observedAt = new Date(Date.now() - 3_600_000).toISOString();
  // The first look for changes comes with the start, and would make them young again.
  const looked = () =>
    db.selectFrom('syncPositions').select('type').where('sweptAt', '>', at.begunAt).execute();
  await expect.poll(async () => (await looked()).length, { timeout: 20_000 }).toBe(5);
  await transaction(async (trx) => {
    for (const type of ['users', 'accounts'] as const) {
      await trx.updateTable(type).set({ observedAt }).execute();
      await trx.updateTable('syncPositions').set({ sweptAt: observedAt }).where('type', '=', type).execute();
    }
  });
  return observedAt;
}

const refused = () => at.hubspot.requests.filter(({ status }) => status === 429);

describe('snapshots of a CRM that is at a vendor', () => {
  it("are answered from the replica during a backfill, which keeps within the vendor's limits", async () => {
    at = await startHubspotHouse({
      accounts: 12,
      ...unpolled,
      // HubSpot's own, on both sides.
      hubspot: { limits: hubspotLimits },
      settings: { limits: {} },
    });
    const ids = await accountIds();
    let isDone = false;
    const backfill = at.backfill(at.house.parts, true).finally(() => {
      isDone = true;
    });
    let answered = 0;
    while (!isDone) {
      const snapshots = await Promise.all(ids.slice(0, 4).map(snapshotOf));
      answered += snapshots.length;
      for (const { sources } of snapshots) expect(sources.crm?.status).toBe('OK');
    }
    await backfill;
    expect(answered).toBeGreaterThan(8);
    // One read of a record by its id would be one that a snapshot caused.
    expect(at.calls().filter(({ path }) => /\/objects\/[^/]+\/batch\/read$/.test(path))).toEqual([]);
    expect(at.calls().filter(({ path }) => path.endsWith('/search')).length).toBeGreaterThan(4);
    expect(refused()).toEqual([]);
  }, 120_000);

  it('of which many are asked for at once are read in one call of each type', async () => {
    // A machine under tests is slow: the last of a crowd may come long after the first.
    const gather = { quietMs: 100, mostMs: 2_000 };
    at = await startHubspotHouse({
      accounts: 50,
      connection: { ...unpolled.connection, gather, deadlineMs: 8_000 },
    });
    const ids = await accountIds();
    expect(ids).toHaveLength(50);
    await age();
    // As far away as a vendor is.
    at.proxy.fault({}, { kind: 'slow', bytes: 1_000_000, everyMs: 150 });
    const before = at.proxy.requests.length;
    const asked = Array.from({ length: 64 }, (_, nth) => ids[nth % ids.length] as string);
    // By GraphQL, where a slow machine has more time than by REST.
    const query = await readFile('contracts/operations/AccountSnapshot.graphql', 'utf8');
    const answers = await Promise.all(asked.map((id) => at.ask(query, { id })));
    expect(answers.map((data) => data?.account?.id)).toEqual(asked);
    const calls = at.proxy.requests.slice(before).map(({ path }) => path);
    expect(calls.sort()).toEqual(['/crm/v3/objects/companies/batch/read', '/crm/v3/owners']);
  }, 120_000);

  it('with a vendor that is too slow have the old row, say how old, and the new one comes as an event', async () => {
    at = await startHubspotHouse({ accounts: 3, ...unpolled });
    const { portal, webhooks } = at.hubspot;
    const [id] = (await accountIds()) as [string];
    const company = portal.all('companies').find(({ properties }) => properties.tributary_id === id);
    const { account: before } = await snapshotOf(id);
    const seen: unknown[] = [];
    const states: LiveState[] = [];
    const client = createLiveClient({ url: `${at.house.url}/graphql`, transports: ['sse'] });
    const stop = client.subscribe(
      AccountChangesDocument,
      { accountId: id },
      {
        key: 'account',
        onMessage: ({ data, errors }) => void seen.push(data?.accountChanged.event?.type ?? errors),
        onError: (failure) => void seen.push(failure),
        onState: (state) => void states.push(state),
      },
    );
    await expect.poll(() => states.at(-1)?.phase).toBe('live');
    portal.edit('companies', company?.id ?? '', { name: 'Renamed' });
    webhooks.lose();
    const observedAt = await age();
    const { promise, resolve } = Promise.withResolvers<void>();
    at.proxy.fault({ path: /companies\/batch\/read$/, nth: 1 }, { kind: 'held', until: promise });
    const { account, sources } = await snapshotOf(id);
    expect(account.name).toBe(before.name);
    expect(sources.crm).toMatchObject({ status: 'STALE', observedAt });
    expect(seen).toEqual([]);
    resolve();
    await expect.poll(() => seen, { timeout: 20_000 }).toEqual(['tributary.crm.AccountDetailsChanged.v1']);
    const now = await snapshotOf(id);
    expect([now.account.name, now.sources.crm?.status]).toEqual(['Renamed', 'OK']);
    stop();
  }, 60_000);
});
