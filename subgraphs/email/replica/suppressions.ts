import { sql, type Transaction } from 'kysely';
import { type UpsertOutcome, upsertRows } from '#chassis/store/upsert.ts';
import { markRow, onItsWay } from '#chassis/vendor/pushes/sync-columns.ts';
import type { PushRow } from '#chassis/vendor/pushes/tables.ts';
import type { Cause, EventEnvelope } from '#events/envelope.ts';
import { append } from '#events/outbox.ts';
import { type About, contactSuppressed, eventsOfRows, suppressionLifted } from '../events.ts';
import { unreachable } from '../pushes/change.ts';
import { type EmailSystems, pushSuppression } from '../pushes/record.ts';
import { lockContacts, moveContacts } from '../store/contact-order.ts';
import { suppress } from '../store/contact-state.ts';
import { selectByIds, selectSuppressions } from '../store/rows.ts';
import type { ContactOrder, Suppression, SuppressionValues, Tables } from '../store/tables.ts';

/** A suppression that the vendor holds, under the id that it has or gets here. */
export type HeldSuppression = Pick<SuppressionValues, 'id' | 'contactId' | 'reason' | 'suppressedAt'>;

/**
 * Writes suppressions that the vendor holds, and tells of those that are news. What this house imposed stays as it says;
 * and of consent a vendor says nothing that is believed: whoever owns consents does.
 */
export async function writeHeld(
  trx: Transaction<Tables>,
  tenant: string,
  held: readonly HeldSuppression[],
  observedAt: string,
  cause: Cause,
): Promise<readonly UpsertOutcome[]> {
  const contactIds = [...new Set(held.map(({ contactId }) => contactId))];
  if (contactIds.length === 0) return [];
  const orders = await lockContacts(trx, tenant, contactIds);
  const rows = new Map<string, Suppression[]>();
  for (const row of await selectSuppressions(trx, tenant, contactIds)) {
    rows.set(row.contactId, [...(rows.get(row.contactId) ?? []), row]);
  }
  const lifted = await liftedSince(trx, tenant, held);
  const seen: SuppressionValues[] = [];
  const places: number[] = [];
  const fresh: HeldSuppression[] = [];
  const outcomes = held.map((one, nth): UpsertOutcome => {
    const { id, contactId, reason } = one;
    const ofContact = rows.get(contactId) ?? [];
    const same = ofContact.find((row) => row.id === id) ?? ofContact.find((row) => row.reason === reason);
    if (same !== undefined && fresh.some((each) => each.id === same.id)) return 'unchanged';
    if (same !== undefined) {
      // A reason that the vendor gave it can change; one that we gave cannot.
      const isTheirs = same.syncState === null && ![same.reason, reason].includes('CONSENT');
      const said = isTheirs ? reason : same.reason;
      places.push(nth);
      seen.push({ ...valuesOf(same), reason: said });
      return 'unchanged';
    }
    // What was lifted here is still held there for a moment.
    if (reason === 'CONSENT' || (lifted.get(id) ?? '') >= one.suppressedAt) return 'unchanged';
    fresh.push(one);
    rows.set(contactId, [...ofContact, { ...one, syncState: null } as Suppression]);
    return 'inserted';
  });
  for (const [nth, outcome] of (
    await upsertRows(trx, seen, { table: 'suppressions', tenant, observedAt })
  ).entries()) {
    outcomes[places[nth] as number] = outcome;
  }
  const recipients = await selectByIds(trx, 'recipients', tenant, contactIds);
  for (const { id, contactId, reason, suppressedAt } of fresh) {
    await suppress(trx, tenant, contactId, { id, reason, suppressedAt });
  }
  const { events, moved } = eventsOfRows(fresh, orders, recipients, cause);
  await moveContacts(trx, moved);
  await append(trx, events);
  return outcomes;
}

/**
 * Takes away what the vendor holds no more, tells of it, and answers how much that is. What waits to be imposed there
 * stays. So does what consent imposed, and it is imposed there again.
 */
export async function removeHeld(
  trx: Transaction<Tables>,
  tenant: string,
  ids: readonly string[],
  cause: Cause,
  systems: EmailSystems,
): Promise<number> {
  const contactIds = (await selectByIds(trx, 'suppressions', tenant, ids)).map(({ contactId }) => contactId);
  if (contactIds.length === 0) return 0;
  const orders = await lockContacts(trx, tenant, contactIds);
  const rows = (await selectByIds(trx, 'suppressions', tenant, ids)).filter(
    ({ syncState }) => syncState !== 'PENDING',
  );
  const recipients = await selectByIds(trx, 'recipients', tenant, [...new Set(contactIds)]);
  const accounts = new Map(recipients.map(({ id, accountId }) => [id, accountId]));
  const versions = new Map([...orders].map(([id, { version }]) => [id, version]));
  const events: EventEnvelope<object>[] = [];
  let lifted = 0;
  for (const row of rows) {
    const { id, contactId, reason } = row;
    const version = (versions.get(contactId) ?? 0) + 1;
    versions.set(contactId, version);
    const about: About = { id: contactId, version, accountId: accounts.get(contactId) ?? null };
    if (reason === 'CONSENT') {
      events.push(await imposeAgain(trx, row, about, cause, systems));
      continue;
    }
    await trx.deleteFrom('suppressions').where('tenant', '=', tenant).where('id', '=', id).execute();
    events.push(suppressionLifted(about, row, cause));
    lifted += 1;
  }
  await moveContacts(
    trx,
    [...orders.values()].map((order) => ({ ...order, version: versions.get(order.id) ?? order.version })),
  );
  await append(trx, events);
  return lifted;
}

/**
 * Brings to the vendor what it could not be told while nobody knew how it calls the contacts: it has them now. Else it
 * would write to somebody of whom we know that they want no mail.
 */
export async function imposeOnKnown(
  trx: Transaction<Tables>,
  tenant: string,
  contactIds: readonly string[],
  cause: Cause,
  systems: EmailSystems,
): Promise<void> {
  const rows = (await selectSuppressions(trx, tenant, contactIds)).filter(
    ({ syncState, syncReason }) => syncState === 'REJECTED' && syncReason === unreachable.reason,
  );
  if (rows.length === 0) return;
  const ids = rows.map(({ contactId }) => contactId);
  const orders = new Map(await lockContacts(trx, tenant, ids));
  const recipients = await selectByIds(trx, 'recipients', tenant, [...new Set(ids)]);
  const accounts = new Map(recipients.map(({ id, accountId }) => [id, accountId]));
  const events: EventEnvelope<object>[] = [];
  for (const row of rows) {
    const before = orders.get(row.contactId) as ContactOrder;
    const after = { ...before, version: before.version + 1 };
    orders.set(row.contactId, after);
    const about: About = { ...after, accountId: accounts.get(row.contactId) ?? null };
    events.push(await imposeAgain(trx, row, about, cause, systems));
  }
  await moveContacts(trx, [...orders.values()]);
  await append(trx, events);
}

/** Has a suppression that stands here brought to the vendor once more, and answers what tells of it. */
async function imposeAgain(
  trx: Transaction<Tables>,
  row: Suppression,
  about: About,
  cause: Cause,
  systems: EmailSystems,
): Promise<EventEnvelope<object>> {
  const again = contactSuppressed(about, row, cause);
  await pushSuppression(trx, systems, 'suppress', row, again);
  await markRow(trx, { table: 'suppressions', tenant: row.tenant, id: row.id }, onItsWay);
  return again;
}

function valuesOf({ id, contactId, reason, suppressedAt, note }: Suppression): SuppressionValues {
  return { id, contactId, reason, suppressedAt, note: note ?? null };
}

/** When we last lifted suppressions, by their ids: what the vendor began to hold before that it is to hold no more. */
async function liftedSince(
  trx: Transaction<Tables>,
  tenant: string,
  held: readonly HeldSuppression[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<Pick<PushRow, 'id' | 'madeAt'>>`
    select id, max(made_at) as made_at from pushes
    where tenant = ${tenant} and type = 'suppressions' and kind = 'lift' and state <> 'REJECTED'
      and id in (${sql.join(held.map(({ id }) => id))})
    group by id`.execute(trx);
  return new Map(rows.map(({ id, madeAt }) => [id, madeAt]));
}
