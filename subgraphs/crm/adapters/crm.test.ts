import { afterEach, describe, expect, it } from 'vitest';
import type { Seen } from '#chassis/vendor/system.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { openHubspotPlace } from '#test/harness/vendors/hubspot-place.ts';
import { type Crm, openCrm } from '../main.ts';
import { writeRows } from '../store/rows.ts';
import { type CrmRecords, type CrmSystem, type CrmType, crmTypes } from './crm.ts';
import { embeddedCrm } from './embedded.ts';

/** A system with whoever else works in it: what the port promises is tried on every adapter. */
interface Place {
  readonly system: CrmSystem;
  /** Somebody at the vendor makes a record, and answers its id there. References are the vendor's ids. */
  readonly add: <Type extends CrmType>(type: Type, values: CrmRecords[Type]) => Promise<string>;
  readonly edit: <Type extends CrmType>(
    type: Type,
    id: string,
    values: Partial<CrmRecords[Type]>,
  ) => Promise<void>;
  readonly remove: (type: CrmType, id: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Adapter {
  readonly name: string;
  readonly missing: boolean;
  /** @param pageSize of `changes`, where the adapter lets one choose */
  readonly open: (pageSize: number) => Promise<Place>;
}

const tenant = 'default';
const options = () => ({ urgency: 'sync', signal: AbortSignal.timeout(20_000) }) as const;

const embedded = engines.map(
  ({ engine, missing }): Adapter => ({
    name: `embedded on ${engine}`,
    missing,
    open: async (pageSize) => {
      const { location, remove } = await temporaryStore(engine);
      const crm: Crm = await openCrm({ location });
      const system = embeddedCrm({ store: crm.store, tenant, pageSize });
      let made = 0;
      const write = (type: CrmType, id: string, values: object) =>
        crm.store.transaction((trx) =>
          writeRows(trx, type, tenant, [{ ...values, id } as never], new Date().toISOString()),
        );
      return {
        system,
        add: async (type, values) => {
          made += 1;
          const id = `${type}_${made}`;
          await write(type, id, type === 'accounts' ? { ...values, ownerSource: null } : values);
          return id;
        },
        edit: async (type, id, values) => {
          const [known] = await system.read(type, { by: 'id', values: [id] }, options());
          if (known?.kind !== 'record') throw new Error(`There is no ${id}.`);
          await write(type, id, { ...known.record.values, ...values });
        },
        remove: async (type, id) => {
          await crm.store.transaction((trx) => trx.deleteFrom(type).where('id', '=', id).execute());
        },
        close: async () => {
          await crm.subgraph.close();
          await remove();
        },
      };
    },
  }),
);

const examples: CrmRecords = {
  users: { name: 'Rep', email: 'rep@seller.example', team: 'East', managerId: null },
  accounts: {
    ...{ domain: 'buyer.example', name: 'Buyer', industry: 'retail', employees: 12 },
    ...{ revenueMinor: 1_234_56, revenueCurrency: 'USD', country: 'Japan', foundedYear: 1999 },
    ...{ lifecycleStage: 'CUSTOMER', parentId: null, ownerId: null },
  },
  contacts: {
    ...{ accountId: null, email: 'person@buyer.example', name: 'Person' },
    ...{ title: 'Buyer', phone: '+49 1', country: 'Japan' },
  },
  leads: { status: 'NEW', source: 'Web', contactId: null, accountId: null, ownerId: null },
  opportunities: {
    ...{ name: 'Deal', stage: 'PROPOSAL', amountMinor: 100, amountCurrency: 'USD', product: null },
    ...{ openDate: '2026-01-01', closeDate: null, accountId: null, ownerId: null },
  },
};

const hubspot: Adapter = {
  name: 'HubSpot',
  missing: false,
  open: async (pageSize) => {
    const { system, add, edit, remove, close } = await openHubspotPlace({ pageSize });
    return { system, add, edit, remove, close };
  },
};

describe.each([...embedded, hubspot])('a system of record: $name', ({ missing, open }) => {
  const places: Place[] = [];
  afterEach(async () => {
    for (const place of places.splice(0)) await place.close();
  });
  const opened = async (pageSize = 100) => {
    const place = await open(pageSize);
    places.push(place);
    return place;
  };
  const idsOf = (seen: readonly Seen<unknown>[]) =>
    seen.map((one) => (one.kind === 'record' ? one.record.id : one.id));
  const valuesOf = (seen: readonly Seen<unknown>[]) =>
    seen.map((one) => (one.kind === 'record' ? one.record.values : one));
  const walk = async (system: CrmSystem, type: CrmType, since: string | null) => {
    const ids: string[] = [];
    let cursor = since;
    for (let more = true; more; ) {
      const page = await system.changes(type, cursor, options());
      ids.push(...idsOf(page.seen));
      cursor = page.next;
      more = page.more;
    }
    return { ids, cursor };
  };

  it.skipIf(missing)('has every type with what it was given, and says when that changed', async () => {
    const { system, add } = await opened();
    await system.check(AbortSignal.timeout(20_000));
    for (const type of crmTypes) {
      const id = await add(type, examples[type]);
      const seen = await system.read(type, { by: 'id', values: [id] }, options());
      expect(valuesOf(seen)).toEqual([examples[type]]);
      const [one] = seen;
      expect(one?.kind === 'record' && new Date(one.record.changedAt).toISOString()).toBe(
        one?.kind === 'record' && one.record.changedAt,
      );
    }
  });

  it.skipIf(missing)(
    'reads by each key that it names, many at once, and leaves out what it has not',
    async () => {
      const { system, add, remove } = await opened();
      const account = await add('accounts', examples.accounts);
      const other = await add('accounts', { ...examples.accounts, domain: 'other.example' });
      const gone = await add('accounts', { ...examples.accounts, domain: 'gone.example' });
      const contact = await add('contacts', { ...examples.contacts, accountId: account });
      await remove('accounts', gone);
      const { types } = system.capabilities;
      expect(types.accounts.keys).toContain('id');
      const read = async (type: CrmType, by: string, values: readonly string[]) =>
        types[type].keys.includes(by)
          ? idsOf(await system.read(type, { by, values }, options())).toSorted()
          : null;
      expect(await read('accounts', 'id', [account, 'none', other, gone])).toEqual(
        [account, other].toSorted(),
      );
      const byDomain = await read('accounts', 'domain', ['buyer.example', 'none.example', 'gone.example']);
      if (byDomain) expect(byDomain).toEqual([account]);
      const byEmail = await read('contacts', 'email', ['person@buyer.example', 'none@buyer.example']);
      if (byEmail) expect(byEmail).toEqual([contact]);
      expect(await system.read('accounts', { by: 'id', values: [] }, options())).toEqual([]);
    },
  );

  it.skipIf(missing)('tells of all changes behind a cursor in pages, while others write', async () => {
    const { system, add, edit } = await opened(3);
    const first: string[] = [];
    for (let n = 0; n < 8; n += 1)
      first.push(await add('contacts', { ...examples.contacts, email: `p${n}@a.example` }));
    const seen = new Set<string>();
    let cursor: string | null = null;
    let written = 0;
    for (let more = true; more; ) {
      const page: Awaited<ReturnType<CrmSystem['changes']>> = await system.changes(
        'contacts',
        cursor,
        options(),
      );
      for (const id of idsOf(page.seen)) seen.add(id);
      const times = page.seen.flatMap((one) => (one.kind === 'record' ? [one.record.changedAt] : []));
      expect(times).toEqual(times.toSorted());
      ({ next: cursor, more } = page);
      if (written < 2) {
        written += 1;
        await edit('contacts', first[written] as string, { title: `Now ${written}` });
        first.push(await add('contacts', { ...examples.contacts, email: `late${written}@a.example` }));
      }
    }
    expect([...seen].toSorted()).toEqual(first.toSorted());
    const edited = first[0] as string;
    await edit('contacts', edited, { title: 'Later' });
    const added = await add('contacts', { ...examples.contacts, email: 'last@a.example' });
    expect((await walk(system, 'contacts', cursor)).ids).toEqual(expect.arrayContaining([edited, added]));
  });

  it.skipIf(missing)(
    'ends with a cursor from which nothing is missed, and with an empty last page for nothing',
    async () => {
      const { system, add } = await opened(2);
      const empty = await walk(system, 'leads', null);
      expect(empty.ids).toEqual([]);
      const id = await add('leads', examples.leads);
      expect((await walk(system, 'leads', empty.cursor)).ids).toContain(id);
    },
  );

  it.skipIf(missing)('makes a change once for one idempotency key', async () => {
    const { system, add } = await opened();
    const signal = AbortSignal.timeout(20_000);
    // Some vendors know no lead that is nobody's.
    const contactId = await add('contacts', examples.contacts);
    const values = { ...examples.leads, contactId };
    const create = { kind: 'create', type: 'leads', externalId: 'lea_ours', values } as const;
    const first = await system.push(create, { idempotencyKey: 'event-1', signal });
    expect(await system.push(create, { idempotencyKey: 'event-1', signal })).toEqual(first);
    expect(first).toMatchObject({ kind: 'accepted', record: { type: 'leads' } });
    const [made] = await system.read('leads', { by: 'externalId', values: ['lea_ours'] }, options());
    expect(made).toMatchObject({ record: { externalId: 'lea_ours', values } });
    expect((await walk(system, 'leads', null)).ids).toHaveLength(1);

    const id = await add('accounts', examples.accounts);
    const owner = await add('users', examples.users);
    const update = { kind: 'update', type: 'accounts', id, values: { ownerId: owner } } as const;
    for (let n = 0; n < 2; n += 1) {
      expect(await system.push(update, { idempotencyKey: 'event-2', signal })).toMatchObject({
        kind: 'accepted',
      });
    }
    expect(valuesOf(await system.read('accounts', { by: 'id', values: [id] }, options()))).toEqual([
      { ...examples.accounts, ownerId: owner },
    ]);
  });

  it.skipIf(missing)('says why it will not make a change, and changes nothing then', async () => {
    const { system } = await opened();
    const values = { stage: 'WON' } as const;
    const update = { kind: 'update', type: 'opportunities', id: '404404', values } as const;
    const pushed = await system.push(update, {
      idempotencyKey: 'event-1',
      signal: AbortSignal.timeout(20_000),
    });
    expect(pushed).toMatchObject({ kind: 'rejected', code: expect.any(String), reason: expect.any(String) });
    expect((await walk(system, 'opportunities', null)).ids).toEqual([]);
  });

  it.skipIf(missing)('ends with whoever asked, for its reason', async () => {
    const { system } = await opened();
    const signal = AbortSignal.abort(new Error('gone home'));
    const asked = { urgency: 'read', signal } as const;
    await expect(system.read('users', { by: 'id', values: ['1'] }, asked)).rejects.toThrow('gone home');
    await expect(system.changes('users', null, asked)).rejects.toThrow('gone home');
    const change = { kind: 'update', type: 'leads', id: '1', values: {} } as const;
    await expect(system.push(change, { idempotencyKey: 'k', signal })).rejects.toThrow('gone home');
  });
});
