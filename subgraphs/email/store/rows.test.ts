import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cause, envelopeShape } from '#events/envelope.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { type Email, openEmail } from '../main.ts';
import { writeRows } from './rows.ts';
import type { EnrollmentValues, SuppressionValues } from './tables.ts';

const seen = '2026-03-01T00:00:00.000Z';
const at = '2025-11-05T08:00:00.000Z';
const cause: Cause = { tenant: 'default', actor: 'local', origin: 'seed', correlationId: 'run_1' };

const enrollment = (n: number, contactId: string): EnrollmentValues => ({
  id: `enr_${n}`,
  contactId,
  campaignId: 'cmp_1',
  state: 'EXITED',
  enrolledAt: at,
});
const suppression = (n: number, contactId: string, reason: 'BOUNCE' | 'UNSUBSCRIBE'): SuppressionValues => ({
  id: `sup_${n}`,
  contactId,
  reason,
  suppressedAt: at,
});

describe.each(engines)('rows of email that come from elsewhere on $engine', ({ engine, missing }) => {
  let place: TemporaryStore;
  let email: Email;
  beforeAll(async () => {
    if (missing) return;
    place = await temporaryStore(engine);
    email = await openEmail({ location: place.location });
  });
  afterAll(async () => {
    await email?.subgraph.close();
    await place?.remove();
  });

  const events = async () =>
    (await email.store.db.selectFrom('outbox').selectAll().orderBy('position').execute()).map(
      ({ envelope }) => envelopeShape.parse(JSON.parse(envelope)),
    );

  it.skipIf(missing)('are told once, in the order of each contact, when they happened', async () => {
    const counts = { sent: 1, delivered: 1, opened: 0, clicked: 0, bounced: 0 };
    const recipient = { id: 'con_1', accountId: 'acc_1', lastOpenedAt: null, lastClickedAt: null, ...counts };
    const write = (told: Cause | undefined, from: number) =>
      email.store.transaction(async (trx) => {
        await writeRows(trx, 'recipients', 'default', [recipient], seen, told);
        const enrollments = [
          enrollment(from, 'con_1'),
          enrollment(from + 1, 'con_1'),
          enrollment(from + 2, 'con_2'),
        ];
        await writeRows(trx, 'enrollments', 'default', enrollments, seen, told);
        const suppressions = [
          suppression(from, 'con_1', 'UNSUBSCRIBE'),
          suppression(from + 1, 'con_2', 'BOUNCE'),
        ];
        return writeRows(trx, 'suppressions', 'default', suppressions, seen, told);
      });
    const none = email.store.transaction((trx) => writeRows(trx, 'enrollments', 'default', [], seen, cause));
    expect(await none).toEqual([]);
    expect(await write(undefined, 10)).toEqual(['inserted', 'inserted']);
    expect(await events()).toEqual([]);
    expect(await write(cause, 20)).toEqual(['inserted', 'inserted']);
    expect(await write(cause, 20)).toEqual(['unchanged', 'unchanged']);
    const told = (await events()).map(({ type, subject, entityversion, accountid, origin, time }) => [
      type.split('.')[2],
      subject,
      entityversion,
      accountid,
      origin,
      time,
    ]);
    expect(told).toEqual([
      ['CampaignEnrolled', 'con_1', 1, 'acc_1', 'seed', at],
      ['CampaignEnrolled', 'con_1', 2, 'acc_1', 'seed', at],
      ['CampaignEnrolled', 'con_2', 1, undefined, 'seed', at],
      ['Unsubscribed', 'con_1', 3, 'acc_1', 'seed', at],
      ['ContactSuppressed', 'con_1', 4, 'acc_1', 'seed', at],
      ['ContactSuppressed', 'con_2', 2, undefined, 'seed', at],
    ]);
  });
});
