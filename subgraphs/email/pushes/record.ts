import type { Transaction } from 'kysely';
import { recordPush } from '#chassis/vendor/pushes/record.ts';
import { onItsWay, type Synced } from '#chassis/vendor/pushes/sync-columns.ts';
import type { Fields, Push, Value } from '#chassis/vendor/pushes/tables.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import type { EmailChange, EmailSystem } from '../adapters/email.ts';
import type { EnrollmentValues, SuppressionValues, Tables } from '../store/tables.ts';

/** The platforms that are the system of record, by tenant; where a tenant has none, this house is. */
export type EmailSystems = ReadonlyMap<string, EmailSystem>;

/** What is noted of a change, so that it can be said to the vendor, and taken back, when its row is gone. */
export interface NotedChanges {
  readonly enroll: Pick<EnrollmentValues, 'contactId' | 'campaignId' | 'enrolledAt'>;
  readonly suppress: Pick<SuppressionValues, 'contactId' | 'reason' | 'suppressedAt'>;
  readonly lift: Pick<SuppressionValues, 'contactId' | 'reason' | 'suppressedAt'>;
}

/** The columns of a row that is about to be brought to the tenant's platform; undefined where it has none. */
export function syncOf(systems: EmailSystems, tenant: string): Synced | undefined {
  return systems.has(tenant) ? onItsWay : undefined;
}

export function pushEnrollment(
  trx: Transaction<Tables>,
  systems: EmailSystems,
  { id, contactId, campaignId, enrolledAt }: EnrollmentValues,
  event: EventEnvelope<object>,
): Promise<void> {
  const noted = { contactId, campaignId, enrolledAt };
  return note(trx, systems, { type: 'enrollments', id, kind: 'enroll', noted }, event);
}

/** Has the platform write to somebody no more, or lift that. */
export function pushSuppression(
  trx: Transaction<Tables>,
  systems: EmailSystems,
  kind: 'suppress' | 'lift',
  { id, contactId, reason, suppressedAt }: SuppressionValues,
  event: EventEnvelope<object>,
): Promise<void> {
  const noted = { contactId, reason, suppressedAt };
  return note(trx, systems, { type: 'suppressions', id, kind, noted }, event);
}

interface Noted {
  readonly type: 'enrollments' | 'suppressions';
  readonly id: string;
  readonly kind: EmailChange['kind'];
  readonly noted: Readonly<Record<string, Value>>;
}

async function note(
  trx: Transaction<Tables>,
  systems: EmailSystems,
  { noted, ...record }: Noted,
  event: EventEnvelope<object>,
): Promise<void> {
  if (!systems.has(event.tenant)) return;
  const fields: Fields = Object.fromEntries(
    Object.entries(noted).map(([name, value]) => [name, { from: value, to: value }]),
  );
  await recordPush(trx, { ...record, event, fields });
}

/** What was noted of a change of the kind. */
export function notedOf<Kind extends keyof NotedChanges>({ fields }: Push, _kind: Kind): NotedChanges[Kind] {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { to }]) => [name, to]),
  ) as unknown as NotedChanges[Kind];
}
