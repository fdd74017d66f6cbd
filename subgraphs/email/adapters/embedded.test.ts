import { randomUUID } from 'node:crypto';
import { describe } from 'vitest';
import { engines, temporaryStore } from '#test/harness/stores.ts';
import { campaign } from '#test/harness/vendors/email-replica.ts';
import { openEmail } from '../main.ts';
import { countRecipients, writeActivities } from '../store/activities.ts';
import { suppress } from '../store/contact-state.ts';
import { selectSuppressions, writeRows } from '../store/rows.ts';
import { describeEmailSystem, type Person } from './email-suite.ts';
import { embeddedEmail } from './embedded.ts';

const tenant = 'default';
const campaigns = { enrolling: 'cam_open', other: 'cam_draft' };
const now = () => new Date().toISOString();

for (const { engine, missing } of engines) {
  if (missing) {
    describe.skip(`the email system of embedded on ${engine}`, () => {});
    continue;
  }
  describeEmailSystem(`embedded on ${engine}`, async () => {
    const { location, remove } = await temporaryStore(engine);
    const { store, subgraph } = await openEmail({ location });
    const system = () => embeddedEmail({ store, tenant, pageSize: 10 });
    await store.transaction((trx) =>
      writeRows(
        trx,
        'campaigns',
        tenant,
        [
          { ...campaign(), id: campaigns.enrolling },
          { ...campaign({ status: 'DRAFT' }), id: campaigns.other },
        ],
        now(),
      ),
    );
    return {
      system: system(),
      another: async () => system(),
      campaigns,
      reasons: ['BOUNCE', 'COMPLAINT', 'UNSUBSCRIBE', 'MANUAL'],
      manyRecipients: 25,
      platform: {
        addRecipients: async (people) => {
          const accounts = new Map(people.map(({ contactId }) => [contactId, null]));
          await store.transaction((trx) => countRecipients(trx, tenant, accounts, now()));
          return people.map(({ contactId }) => contactId);
        },
        changeRecipient: (id) =>
          store.transaction(async (trx) => {
            await trx.updateTable('recipients').set({ updatedAt: now() }).where('id', '=', id).execute();
          }),
        suppress: ({ contactId }, reason) =>
          store.transaction(async (trx) => {
            await suppress(trx, tenant, contactId, { reason });
          }),
        record: ({ contactId }, activity) =>
          store.transaction(async (trx) => {
            const row = { ...activity, id: randomUUID(), contactId, messageId: 'm1' };
            await writeActivities(trx, tenant, [row], new Map(), now());
          }),
        enrollments: async (campaignId, { contactId }: Person) => {
          const rows = await store.db
            .selectFrom('enrollments')
            .select('id')
            .where('contactId', '=', contactId)
            .where('campaignId', '=', campaignId)
            .execute();
          return rows.length;
        },
        mayMail: async ({ contactId }) =>
          (await selectSuppressions(store.db, tenant, [contactId])).length === 0,
      },
      close: async () => {
        await subgraph.close();
        await remove();
      },
    };
  });
}
