import { type Kysely, sql } from 'kysely';
import type { PushRow } from '#chassis/vendor/pushes/tables.ts';
import type { VendorRecord } from '#chassis/vendor/system.ts';
import { selectSuppressions } from '../store/rows.ts';
import type { Suppression, Tables } from '../store/tables.ts';
import type { LinkedRecords } from './records.ts';

/** Vendors' clocks are not ours, and some count in whole minutes. */
const beforeMs = 2 * 60_000;
/** What a vendor takes for a change that it had accepted. */
const afterMs = 15 * 60_000;

type Sent = Pick<PushRow, 'id' | 'sentAt' | 'settledAt'>;

/**
 * Which of our suppressions the vendor's records are, by the vendor's ids. One of the same reason is the same. Vendors
 * have words of their own for what is done from outside: what they began to hold while we had it imposed is what we
 * imposed, and goes when that is lifted. Later than that the person may have asked for it, so that it stands for itself.
 */
export async function ownSuppressions(
  db: Kysely<Tables>,
  tenant: string,
  records: readonly VendorRecord<LinkedRecords['suppressions']>[],
): Promise<ReadonlyMap<string, string>> {
  const contactIds = [...new Set(records.flatMap(({ values }) => values.contactId ?? []))];
  if (contactIds.length === 0) return new Map();
  const rows = Map.groupBy(await selectSuppressions(db, tenant, contactIds), ({ contactId }) => contactId);
  const sent = await sentOf(
    db,
    tenant,
    [...rows.values()].flat().filter(({ syncState }) => syncState !== null),
  );
  return new Map(
    records.flatMap(({ id, values }): [string, string][] => {
      const { contactId, reason, suppressedAt } = values;
      const ofContact = (contactId === null ? undefined : rows.get(contactId)) ?? [];
      const same = ofContact.find((row) => row.reason === reason);
      if (same !== undefined) return [[id, same.id]];
      if (reason !== 'UNSUBSCRIBE' && reason !== 'MANUAL') return [];
      const imposed = ofContact.find((row) => isWithin(suppressedAt, sent.get(row.id)));
      return imposed === undefined ? [] : [[id, imposed.id]];
    }),
  );
}

function isWithin(at: string, sent: Sent | undefined): boolean {
  if (sent === undefined || sent.sentAt === null) return false;
  const time = Date.parse(at);
  const end = sent.settledAt === null ? Number.POSITIVE_INFINITY : Date.parse(sent.settledAt) + afterMs;
  return time >= Date.parse(sent.sentAt) - beforeMs && time <= end;
}

/** The latest that was sent of each. */
async function sentOf(
  db: Kysely<Tables>,
  tenant: string,
  suppressions: readonly Suppression[],
): Promise<ReadonlyMap<string, Sent>> {
  if (suppressions.length === 0) return new Map();
  const { rows } = await sql<Sent>`
    select id, sent_at, settled_at from pushes
    where tenant = ${tenant} and type = 'suppressions' and kind = 'suppress' and state <> 'REJECTED'
      and id in (${sql.join(suppressions.map(({ id }) => id))})
    order by version, event_id`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}
