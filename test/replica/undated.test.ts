import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '#chassis/store/store.ts';
import { backfill } from '#chassis/vendor/replica/sync/backfill.ts';
import { reconcile } from '#chassis/vendor/replica/sync/reconcile.ts';
import { type Email, openEmail } from '#subgraphs/email/main.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { sendGridSource } from '#test/harness/vendors/sendgrid.ts';
import {
  automation,
  list,
  type SendgridAccount,
  startSendgridAccount,
} from '#test/harness/vendors/sendgrid-account.ts';

const { missing } = sendGridSource();
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const tenant = 'default';
const hooks = () => ({ onProgress: () => {}, signal: AbortSignal.timeout(20_000) });

/** An email platform that is the replica of an account at SendGrid, and was filled from it. */
async function filled(engine: Engine) {
  const account = await startSendgridAccount();
  ends.push(account.close);
  const { location, remove } = await temporaryStore(engine);
  ends.push(remove);
  const email = await openEmail({
    location,
    askConsent: async () => 'GRANTED',
    systems: new Map([[tenant, account.system]]),
  });
  ends.push(email.subgraph.close);
  const { replica } = email;
  if (replica === undefined) throw new Error('An email platform over a vendor is a replica.');
  await backfill(replica, { tenant }, hooks());
  return { account, email, sync: (repair: boolean) => reconcile(replica, { tenant, repair }, hooks()) };
}

async function timeHere({ store }: Email) {
  const { changedAt } = await store.db
    .selectFrom('vendorLinks')
    .select('changedAt')
    .where('vendorId', '=', automation)
    .executeTakeFirstOrThrow();
  return changedAt;
}

async function timeThere({ system }: SendgridAccount) {
  const ask = { urgency: 'sync', signal: AbortSignal.timeout(20_000) } as const;
  const [seen] = await system.read('campaigns', { by: 'id', values: [automation] }, ask);
  return seen?.kind === 'record' ? seen.record.changedAt : null;
}

async function recipientsOf({ store }: Email) {
  const row = await store.db
    .selectFrom('campaigns')
    .select('recipients')
    .where('name', '=', 'Nurture')
    .executeTakeFirstOrThrow();
  return Number(row.recipients);
}

describe.each(engines)('a campaign that its vendor does not date, on $engine', (on) => {
  it.skipIf(missing || on.missing)(
    'is the same whenever the vendor was asked, and another where its values are',
    async () => {
      const { account, email, sync } = await filled(on.engine);
      // SendGrid's answers have the time in seconds.
      const before = await timeHere(email);
      await expect.poll(() => timeThere(account), { timeout: 5_000 }).not.toBe(before);
      const same = await sync(false);
      expect(same.differences).toEqual([]);

      account.double.state.addJob([{ email: 'ada@example.com' }], [list]);
      account.double.state.runJobs();
      const campaigns = ({ differences }: Awaited<ReturnType<typeof sync>>) =>
        differences.flatMap(({ kind, type, vendorId }) => (type === 'campaigns' ? [[kind, vendorId]] : []));
      expect(campaigns(await sync(false))).toEqual([['differs', automation]]);
      expect(await recipientsOf(email)).toBe(0);
      expect(campaigns(await sync(true))).toEqual([['differs', automation]]);
      expect(await recipientsOf(email)).toBe(1);
      expect((await sync(false)).differences).toEqual([]);
    },
  );
});
