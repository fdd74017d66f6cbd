import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type AnySystem, vendorCause } from '#chassis/vendor/replica/domain.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import { type EventPath, startEventPath } from '#cli/run/event-path.ts';
import { operate } from '#cli/run/operations.ts';
import { type Crm, openCrm } from '#subgraphs/crm/main.ts';
import { temporaryLog } from '#test/harness/buses.ts';
import { runCommand } from '#test/harness/command.ts';
import { collectLog } from '#test/harness/log.ts';
import { temporaryStore } from '#test/harness/stores.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';
import { type ChangingCrm, changingCrm } from '#test/harness/vendors/changing-crm.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface World {
  readonly crm: Crm;
  readonly vendor: ChangingCrm;
  readonly path: EventPath;
  readonly status: (leadId: string, status: string) => Promise<void>;
  readonly sync: () => Promise<void>;
}

/** A CRM over a vendor with its whole way of events: outbox, relay, bus and consumer. */
async function start(): Promise<World> {
  const events = await temporaryLog('embedded');
  const place = await temporaryStore('sqlite');
  const bus = await events.open();
  const vendor = changingCrm();
  const crm = await openCrm({ location: place.location, systems: new Map([['default', vendor.system]]) });
  const about = { source: 'Web', contactId: null, accountId: null, ownerId: null };
  for (const id of ['1', '2']) vendor.edit('leads', id, { status: 'NEW', ...about });
  const sync = async () => {
    const system = vendor.system as unknown as AnySystem;
    const given = { system, tenant: 'default', type: 'leads', seen: vendor.seen('leads') };
    const at = { observedAt: readTime(), cause: vendorCause('changing', 'default') };
    const { signal } = new AbortController();
    await crm.replica?.writer({ ...given, ...at, urgency: 'sync', signal });
  };
  await sync();
  const running = await serveForTest(crm.subgraph);
  const path = await startEventPath({ crm }, bus, collectLog().logger);
  ends.push(place.remove, events.remove, running.close, path.close);
  return {
    crm,
    vendor,
    path,
    sync,
    status: async (leadId, status) => {
      const { errors } = await ask(
        running.url,
        'mutation ($input: UpdateLeadStatusInput!) { updateLeadStatus(input: $input) { replayed } }',
        { input: { idempotencyKey: randomUUID(), leadId, status } },
      );
      expect(errors).toBeUndefined();
    },
  };
}

describe('the way from a mutation to a vendor', () => {
  it('leads there once, however often the vendor was away', async () => {
    const { vendor, status, crm } = await start();
    vendor.fates.push(
      { kind: 'fails' },
      { kind: 'lost' },
      { kind: 'fails', failure: { kind: 'limited', retryAfterMs: 1 } },
    );
    await status('lea_1', 'WORKING');
    await status('lea_2', 'QUALIFIED');
    await expect
      .poll(
        async () => crm.store.db.selectFrom('leads').select(['id', 'syncState']).orderBy('id').execute(),
        {
          timeout: 20_000,
        },
      )
      .toEqual([
        { id: 'lea_1', syncState: 'ACCEPTED' },
        { id: 'lea_2', syncState: 'ACCEPTED' },
      ]);
    expect(vendor.made).toHaveLength(2);
    expect(vendor.record('leads', '1')?.values.status).toBe('WORKING');
    expect(vendor.record('leads', '2')?.values.status).toBe('QUALIFIED');
  });

  it('tells an operator how conflicts were decided', async () => {
    const { vendor, status, sync, path } = await start();
    vendor.setDown(true);
    await status('lea_1', 'WORKING');
    const asked = { kind: 'decisions', tenant: 'default', part: 'crm', limit: 10 } as const;
    const listed = async (more: object = {}) => {
      const items: unknown[] = [];
      const hooks = {
        onProgress: () => {},
        onItem: async (item: unknown) => void items.push(item),
        signal: new AbortController().signal,
      };
      const report = await operate(path, { ...asked, ...more }, hooks);
      expect(report).toEqual({ listed: items.length });
      return items;
    };
    expect(await listed()).toEqual([]);
    vendor.edit('leads', '1', { status: 'DISQUALIFIED' });
    await status('lea_2', 'WORKING');
    await sync();
    const decision = { id: 'lea_1', field: 'status', rule: 'newest', vendorValue: '"DISQUALIFIED"' };
    expect(await listed()).toMatchObject([decision]);
    expect(await listed({ entity: 'lea_1' })).toMatchObject([decision]);
    expect(await listed({ entity: 'lea_2' })).toEqual([]);
  });

  it('has a command for it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    ends.push(() => rm(folder, { recursive: true, force: true }));
    const command = runCommand(['sync', 'decisions', 'email', '--data-dir', folder]);
    await command.prints(/^0 decisions$/m);
    expect(await command.ended).toBe(0);
  });
});
