import type { Transaction } from 'kysely';
import { vendorCause } from '#chassis/vendor/replica/domain.ts';
import { append } from '#events/outbox.ts';
import { changeRejected } from '#subgraphs/crm/events.ts';
import { openCrm } from '#subgraphs/crm/main.ts';
import { selectByIds, writeRows } from '#subgraphs/crm/store/rows.ts';
import type { AccountValues, Tables } from '#subgraphs/crm/store/tables.ts';
import { at, earlier, eventStore, type OpenProvider, sqlite, tenant } from './provider.ts';

export const crm: OpenProvider = async (folder) => {
  const { subgraph, store } = await openCrm({ location: sqlite(folder) });
  await store.transaction(async (trx) => {
    await writeBare(trx);
    await writeWhole(trx);
  });
  // What a vendor does is told of the rows as they are now.
  await store.transaction(async (trx) => {
    for (const [type, id] of changed) {
      const [row] = await selectByIds(trx, type, tenant, [id]);
      if (row === undefined) throw new Error(`The example "${id}" is not there.`);
      await append(trx, [changeRejected(type, row, { fields: ['owner'], code: 'REFUSED' }, cause)]);
    }
  });
  return {
    subgraph,
    store: eventStore(store),
    consumers: [],
    holds: [
      'Account acc_example',
      'Account acc_bare',
      'Account acc_lone',
      'Contact con_example',
      'Contact con_bare',
      'Contact con_lone',
      'Contact con_adrift',
      'Lead lea_example',
      'Lead lea_bare',
      'Opportunity opp_open',
      'Opportunity opp_bare',
      'User usr_example',
      'User usr_other',
      'User usr_bare',
    ],
  };
};

const account: Omit<AccountValues, 'id' | 'domain'> = {
  name: 'Buyer',
  industry: 'retail',
  employees: 12,
  revenueMinor: 100,
  revenueCurrency: 'USD',
  country: 'Japan',
  foundedYear: 1999,
  lifecycleStage: 'CUSTOMER',
  parentId: null,
  ownerId: 'usr_example',
  ownerSource: 'RECORDED',
};

/** What the whole examples were changed by: they were otherwise before, and that is told. */
const cause = vendorCause('example', tenant);

/** The examples of which a vendor has refused a change. */
const changed = [
  ['accounts', 'acc_example'],
  ['leads', 'lea_example'],
  ['opportunities', 'opp_open'],
] as const;

const person = { name: 'Person', title: 'Buyer', phone: '1', country: 'Japan' };

async function writeWhole(trx: Transaction<Tables>): Promise<void> {
  const user = { name: 'Rep', email: 'rep@seller.example', team: 'East', managerId: null };
  const users = [
    { id: 'usr_example', ...user },
    { id: 'usr_other', ...user },
    { id: 'usr_bare', name: 'Rep', email: null, team: null, managerId: null },
  ];
  await writeRows(trx, 'users', tenant, users, at);
  const example = { id: 'acc_example', domain: 'buyer.example', ...account };
  await writeRows(trx, 'accounts', tenant, [{ ...example, name: 'Once' }], at);
  await writeRows(trx, 'accounts', tenant, [example], at, cause);
  const lone = {
    id: 'acc_lone',
    domain: 'lone.example',
    ...account,
    name: 'Quiet buyer',
    ownerId: 'usr_bare',
  };
  await writeRows(trx, 'accounts', tenant, [lone], earlier);
  const contacts = [
    { id: 'con_example', accountId: 'acc_example', email: 'person@buyer.example', ...person },
    { id: 'con_lone', accountId: 'acc_lone', email: 'person@lone.example', ...person },
    { id: 'con_adrift', accountId: null, email: 'person@adrift.example', ...person },
  ];
  const once = contacts.map((contact) => ({ ...contact, name: 'Once' }));
  await writeRows(trx, 'contacts', tenant, once, at);
  await writeRows(trx, 'contacts', tenant, contacts, at, cause);
  const owned = { accountId: 'acc_example', ownerId: 'usr_example' };
  const lead = {
    id: 'lea_example',
    status: 'NEW',
    source: 'Web',
    contactId: 'con_example',
    ...owned,
  } as const;
  await writeRows(trx, 'leads', tenant, [{ ...lead, source: 'Once' }], at);
  await writeRows(trx, 'leads', tenant, [lead], at, cause);
  const deal = {
    name: 'Deal',
    amountMinor: 100,
    amountCurrency: 'USD',
    product: 'Product',
    openDate: '2026-01-01',
    closeDate: '2026-03-01',
    ...owned,
  };
  const deals = [
    { id: 'opp_open', stage: 'PROPOSAL', ...deal },
    { id: 'opp_won', stage: 'WON', ...deal },
    { id: 'opp_lost', stage: 'LOST', ...deal },
  ] as const;
  const sooner = deals.map((one) => ({ ...one, name: 'Once' }));
  await writeRows(trx, 'opportunities', tenant, sooner, at);
  await writeRows(trx, 'opportunities', tenant, deals, at, cause);
}

async function writeBare(trx: Transaction<Tables>): Promise<void> {
  const bareAccount: AccountValues = {
    id: 'acc_bare',
    domain: null,
    name: 'Unknown buyer',
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
  await writeRows(trx, 'accounts', tenant, [bareAccount], earlier);
  const contact = {
    id: 'con_bare',
    accountId: 'acc_bare',
    email: null,
    name: 'Person',
    title: null,
    phone: null,
    country: null,
  };
  await writeRows(trx, 'contacts', tenant, [contact], earlier);
  const lead = {
    id: 'lea_bare',
    status: 'NEW',
    source: null,
    contactId: null,
    accountId: 'acc_bare',
    ownerId: null,
  } as const;
  await writeRows(trx, 'leads', tenant, [lead], earlier);
  const deal = {
    id: 'opp_bare',
    stage: 'PROPOSAL',
    name: 'Deal',
    amountMinor: null,
    amountCurrency: null,
    product: null,
    openDate: null,
    closeDate: null,
    accountId: 'acc_bare',
    ownerId: null,
  } as const;
  await writeRows(trx, 'opportunities', tenant, [deal], earlier);
}
