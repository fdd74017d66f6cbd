import type { Transaction } from 'kysely';
import { append } from '#events/outbox.ts';
import {
  enrollmentChangeRejected,
  suppressionChangeRejected,
  suppressionLifted,
} from '#subgraphs/email/events.ts';
import { openEmail } from '#subgraphs/email/main.ts';
import { writeRows } from '#subgraphs/email/store/rows.ts';
import type { Tables } from '#subgraphs/email/store/tables.ts';
import { at, consumersOf, earlier, eventStore, type OpenProvider, sqlite, tenant } from './provider.ts';

/** Everybody consents but one. */
const refuses = 'con_refusing';

export const email: OpenProvider = async (folder) => {
  const { subgraph, consumers, store } = await openEmail({
    location: sqlite(folder),
    askConsent: async (contactId) => (contactId === refuses ? 'DENIED' : 'GRANTED'),
  });
  await store.transaction(async (trx) => {
    await writeCampaigns(trx);
    await writeRecipients(trx);
    await append(trx, vendorEvents());
  });
  return {
    subgraph,
    store: eventStore(store),
    consumers: consumersOf(consumers),
    holds: [
      'Account acc_example',
      'Account acc_bare',
      'Account acc_lone',
      'Contact con_example',
      'Contact con_bare',
      'Contact con_lone',
      `Contact ${refuses}`,
      'Campaign cmp_example',
      'Campaign cmp_paused',
    ],
  };
};

/** What a yes and a vendor do is told of the whole example. */
function vendorEvents() {
  const cause = {
    tenant,
    actor: 'consumer:email.push',
    origin: 'consumer',
    correlationId: 'example',
  } as const;
  const about = (version: number) => ({ id: 'con_example', accountId: 'acc_example', version });
  const suppression = { id: 'sup_1', reason: 'MANUAL' } as const;
  const enrollment = { id: 'enr_1', campaignId: 'cmp_example' };
  return [
    suppressionLifted(about(1), suppression, cause),
    enrollmentChangeRejected(about(2), enrollment, 'REFUSED', cause),
    suppressionChangeRejected(about(3), suppression, { isLifted: false, code: 'REFUSED' }, cause),
  ];
}

const counts = { sent: 5, delivered: 4, opened: 3, clicked: 1, bounced: 1 };
const noCounts = { sent: 0, delivered: 0, opened: 0, clicked: 0, bounced: 0 };

async function writeCampaigns(trx: Transaction<Tables>): Promise<void> {
  const campaign = {
    id: 'cmp_example',
    name: 'Campaign',
    channel: 'EMAIL',
    status: 'ACTIVE',
    startedAt: at,
    recipients: 1,
    unsubscribed: 0,
    ...counts,
  } as const;
  const paused = { ...campaign, id: 'cmp_paused', status: 'PAUSED' } as const;
  await writeRows(trx, 'campaigns', tenant, [campaign, paused], at);
  const enrollment = {
    id: 'enr_1',
    contactId: 'con_example',
    campaignId: 'cmp_example',
    state: 'ACTIVE',
    enrolledAt: at,
  } as const;
  await writeRows(trx, 'enrollments', tenant, [enrollment], at);
}

async function writeRecipients(trx: Transaction<Tables>): Promise<void> {
  const whole = {
    id: 'con_example',
    accountId: 'acc_example',
    lastOpenedAt: at,
    lastClickedAt: at,
    ...counts,
  };
  await writeRows(trx, 'recipients', tenant, [whole], at);
  const bare = {
    id: 'con_bare',
    accountId: 'acc_bare',
    lastOpenedAt: null,
    lastClickedAt: null,
    ...noCounts,
  };
  // Of contacts that it holds it knows the account, which its events then say.
  const others = ['con_consenting', refuses].map((id) => ({ ...whole, id, accountId: 'acc_other' }));
  await writeRows(trx, 'recipients', tenant, [bare, ...others], earlier);
  const suppression = {
    id: 'sup_1',
    contactId: 'con_example',
    reason: 'MANUAL',
    suppressedAt: at,
  } as const;
  await writeRows(trx, 'suppressions', tenant, [suppression], at);
}
