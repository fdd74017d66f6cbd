import { join } from 'node:path';
import type { Subgraph } from '#chassis/serve.ts';
import { openAnalytics } from '#subgraphs/analytics/main.ts';
import { openConsent } from '#subgraphs/consent/main.ts';
import { ensureDefaultPurposes, selectPurposes } from '#subgraphs/consent/store/purposes.ts';
import { appendRecords } from '#subgraphs/consent/store/records.ts';
import { openCrm } from '#subgraphs/crm/main.ts';
import { writeRows as writeCrm } from '#subgraphs/crm/store/rows.ts';
import { openEmail } from '#subgraphs/email/main.ts';
import { writeRows as writeEmail } from '#subgraphs/email/store/rows.ts';

/**
 * A subgraph with one whole example of every entity that pacts speak of: nothing that may be null is null
 * there, since a matcher by type finds a null to be a difference.
 */
export interface Provider {
  readonly subgraph: Subgraph;
  /** The keys it knows, as `Account acc_example`. */
  readonly holds: readonly string[];
}

const tenant = 'default';
const at = '2026-03-01T09:30:00.000Z';
const sqlite = (folder: string) => ({ engine: 'sqlite', file: join(folder, 'store.sqlite') }) as const;

export const providers: Readonly<Record<string, (folder: string) => Promise<Provider>>> = {
  crm: async (folder) => {
    const { subgraph, store } = await openCrm({ location: sqlite(folder) });
    const owned = { accountId: 'acc_example', ownerId: 'usr_example' };
    await store.transaction(async (trx) => {
      const user = {
        id: 'usr_example',
        name: 'Rep',
        email: 'rep@seller.example',
        team: 'East',
        managerId: null,
      };
      await writeCrm(trx, 'users', tenant, [user], at);
      const account = {
        id: 'acc_example',
        domain: 'buyer.example',
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
      } as const;
      await writeCrm(trx, 'accounts', tenant, [account], at);
      const person = {
        email: 'person@buyer.example',
        name: 'Person',
        title: 'Buyer',
        phone: '1',
        country: 'Japan',
      };
      await writeCrm(
        trx,
        'contacts',
        tenant,
        [{ id: 'con_example', accountId: 'acc_example', ...person }],
        at,
      );
      const lead = {
        id: 'lea_example',
        status: 'NEW',
        source: 'Web',
        contactId: 'con_example',
        ...owned,
      } as const;
      await writeCrm(trx, 'leads', tenant, [lead], at);
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
      await writeCrm(trx, 'opportunities', tenant, deals, at);
    });
    return { subgraph, holds: ['Account acc_example', 'Contact con_example', 'Lead lea_example'] };
  },

  email: async (folder) => {
    const { subgraph, store } = await openEmail({
      location: sqlite(folder),
      askConsent: async () => 'GRANTED',
    });
    const counts = { sent: 5, delivered: 4, opened: 3, clicked: 1, bounced: 1 };
    await store.transaction(async (trx) => {
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
      await writeEmail(trx, 'campaigns', tenant, [campaign], at);
      const recipient = { id: 'con_example', accountId: 'acc_example', lastOpenedAt: at, lastClickedAt: at };
      await writeEmail(trx, 'recipients', tenant, [{ ...recipient, ...counts }], at);
      const of = { contactId: 'con_example', campaignId: 'cmp_example' };
      await writeEmail(
        trx,
        'enrollments',
        tenant,
        [{ id: 'enr_1', state: 'ACTIVE', enrolledAt: at, ...of }],
        at,
      );
      const suppression = {
        id: 'sup_1',
        contactId: 'con_example',
        reason: 'MANUAL',
        suppressedAt: at,
      } as const;
      await writeEmail(trx, 'suppressions', tenant, [suppression], at);
    });
    return { subgraph, holds: ['Account acc_example', 'Contact con_example', 'Campaign cmp_example'] };
  },

  analytics: async (folder) => {
    const { subgraph, warehouse } = await openAnalytics({
      file: join(folder, 'analytics.duckdb'),
      location: sqlite(folder),
    });
    const who = { accountId: 'acc_example', leadId: 'lea_example', at: '2026-02-27T09:00:00.000Z' };
    const visit = { id: 'vis_1', visitorId: 'visitor', pageViews: 3, seconds: 60, ...who };
    const touch = {
      id: 'tch_1',
      channel: 'EMAIL',
      campaignId: 'cmp_example',
      kind: 'CLICK',
      ...who,
    } as const;
    await warehouse.writeVisits(tenant, [visit], at);
    await warehouse.writeTouches(tenant, [touch], at);
    await warehouse.setWatermark(tenant, at, at);
    return { subgraph, holds: ['Account acc_example', 'Lead lea_example', 'Campaign cmp_example'] };
  },

  consent: async (folder) => {
    const { subgraph, store } = await openConsent({ location: sqlite(folder) });
    await store.transaction(async (trx) => {
      await ensureDefaultPurposes(trx, tenant, at);
      const purposes = await selectPurposes(trx, tenant);
      const records = purposes.map(({ id: purpose }) => ({
        id: `cns_${purpose}`,
        contactId: 'con_example',
        purpose,
        decision: 'GRANTED' as const,
        legalBasis: 'CONSENT' as const,
        jurisdiction: 'DE',
        source: 'form',
        evidence: 'form 1',
        recordedAt: at,
      }));
      await appendRecords(trx, tenant, records, at);
    });
    return { subgraph, holds: ['Contact con_example'] };
  },
};
