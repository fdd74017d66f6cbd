import type { Transaction } from 'kysely';
import { selectByKeys } from '#chassis/store/select.ts';
import { holdsOther, type UpsertOutcome } from '#chassis/store/upsert.ts';
import { unwrittenId } from '#chassis/vendor/replica/assign-ids.ts';
import type { ReplicaDomain, ReplicaRow, ReplicaType } from '#chassis/vendor/replica/domain.ts';
import type { Cause } from '#events/envelope.ts';
import { emailTypes } from './adapters/email.ts';
import type { EmailSystems } from './pushes/record.ts';
import { type LinkedRecords, prefixes, type Whom } from './replica/records.ts';
import { imposeOnKnown, removeHeld, writeHeld } from './replica/suppressions.ts';
import { type Accounts, countRecipients, writeActivities } from './store/activities.ts';
import { lockContacts } from './store/contact-order.ts';
import { removeRows, selectByIds, writeRows } from './store/rows.ts';
import type { EntityTables, Tables } from './store/tables.ts';
import {
  forgetUnlinked,
  keepUnlinked,
  lookForRecipients,
  takeOfRecipients,
  unlinkedIds,
} from './store/unlinked.ts';

type Written = UpsertOutcome | 'unmapped';
type About = Exclude<keyof LinkedRecords, 'campaigns'>;

/**
 * How the platform keeps what a vendor has. Recipients are contacts, by the contacts' ids; what is said of somebody whom
 * the graph does not know waits, and is written when it does.
 */
export function emailReplica(systems: EmailSystems): ReplicaDomain<LinkedRecords, Tables> {
  const placeOf = (tenant: string) => ({ tenant, vendor: systems.get(tenant)?.vendor ?? '' });

  /** Writes what is said of contacts, and keeps the rest. */
  const writeLinked = async <Type extends About>(
    trx: Transaction<Tables>,
    type: Type,
    tenant: string,
    rows: readonly ReplicaRow<LinkedRecords[Type]>[],
    write: (rows: readonly ReplicaRow<LinkedRecords[Type]>[]) => Promise<readonly Written[]>,
  ): Promise<readonly Written[]> => {
    const isLinked = (row: ReplicaRow<Whom>) =>
      type === 'recipients'
        ? row.id !== unwrittenId(prefixes.recipients, row.vendorId)
        : row.values.contactId !== null;
    const linked = rows.filter(isLinked);
    const waiting = rows.filter((row) => !isLinked(row));
    const place = placeOf(tenant);
    await forgetUnlinked(trx, place, type, {
      by: 'vendorId',
      values: linked.map(({ vendorId }) => vendorId),
    });
    await keepUnlinked(
      trx,
      place,
      waiting.map(({ id, vendorId, values }) => {
        const { contactId: _, accountId: __, recipientId, ...said } = values;
        return { type, id, vendorId, recipientId, said: JSON.stringify(said) };
      }),
    );
    // Whoever is linked at this very moment may not see what begins to wait: it is looked for once more.
    const unknown = new Set(waiting.flatMap(({ values }) => values.recipientId ?? []));
    await lookForRecipients(
      trx,
      place,
      [...unknown].map((vendorId) => ({ vendorId, id: unwrittenId(prefixes.recipients, vendorId) })),
    );
    const outcomes = linked.length === 0 ? [] : await write(linked);
    let next = 0;
    return rows.map((row) => (isLinked(row) ? (outcomes[next++] as Written) : 'unmapped'));
  };

  const writeActivityRows = (
    trx: Transaction<Tables>,
    tenant: string,
    rows: readonly ReplicaRow<LinkedRecords['activities']>[],
    observedAt: string,
  ) => {
    const activities = rows.map(({ id, values }) => {
      const { contactId, kind, messageId, campaignId, at } = values;
      return { id, contactId: contactId as string, kind, messageId, campaignId, at };
    });
    return writeActivities(trx, tenant, activities, accountsOf(rows), observedAt);
  };
  const writeSuppressionRows = (
    trx: Transaction<Tables>,
    tenant: string,
    rows: readonly ReplicaRow<LinkedRecords['suppressions']>[],
    observedAt: string,
    cause: Cause,
  ) => {
    const held = rows.map(({ id, values: { contactId, reason, suppressedAt } }) => {
      return { id, contactId: contactId as string, reason, suppressedAt };
    });
    return writeHeld(trx, tenant, held, observedAt, cause);
  };

  const writeRecipientRows = async (
    trx: Transaction<Tables>,
    tenant: string,
    rows: readonly ReplicaRow<LinkedRecords['recipients']>[],
    observedAt: string,
    cause: Cause,
  ): Promise<readonly Written[]> => {
    const accounts: Accounts = new Map(rows.map(({ id, values }) => [id, values.accountId]));
    await lockContacts(trx, tenant, [...accounts.keys()]);
    const outcomes = await countRecipients(trx, tenant, accounts, observedAt);
    const contacts = new Map(rows.map(({ id, vendorId }) => [vendorId, id]));
    const waited = await takeOfRecipients(trx, placeOf(tenant), [...contacts.keys()]);
    const said = <Type extends About>(type: Type) =>
      waited
        .filter((row) => row.type === type)
        .map(({ id, vendorId, recipientId, said: text }): ReplicaRow<LinkedRecords[Type]> => {
          const contactId = contacts.get(recipientId ?? '') ?? null;
          const values = { ...JSON.parse(text), contactId, accountId: undefined, recipientId };
          return { id, vendorId, values, createdAt: null, changedAt: observedAt };
        });
    const [activities, suppressions] = [said('activities'), said('suppressions')];
    if (activities.length > 0) await writeActivityRows(trx, tenant, activities, observedAt);
    if (suppressions.length > 0) await writeSuppressionRows(trx, tenant, suppressions, observedAt, cause);
    await imposeOnKnown(trx, tenant, [...accounts.keys()], cause, systems);
    return rows.map(({ id }) => outcomes.get(id) ?? 'unchanged');
  };

  return {
    types: emailTypes,
    of: {
      campaigns: {
        prefix: prefixes.campaigns,
        references: {},
        unique: [],
        write: (trx, tenant, rows, observedAt, cause) => {
          const values = rows.map((row) => ({
            ...row.values,
            id: row.id,
            ...(row.createdAt === null ? {} : { createdAt: row.createdAt }),
          }));
          return writeRows(trx, 'campaigns', tenant, values, observedAt, cause);
        },
        remove: (trx, tenant, ids) => removeRows(trx, 'campaigns', tenant, ids),
        present: presentIn('campaigns'),
        differing: async (db, tenant, rows) => {
          const stored = await selectByIds(
            db,
            'campaigns',
            tenant,
            rows.map(({ id }) => id),
          );
          const byId = new Map(stored.map((row) => [row.id, row]));
          const other = rows.filter(({ id, values }) => holdsOther(byId.get(id) ?? {}, values));
          return new Set(other.map(({ id }) => id));
        },
      },
      recipients: {
        prefix: prefixes.recipients,
        identity: 'written',
        references: {},
        unique: [],
        write: (trx, tenant, rows, observedAt, cause) =>
          writeLinked(trx, 'recipients', tenant, rows, (linked) =>
            writeRecipientRows(trx, tenant, linked, observedAt, cause),
          ),
        remove: async (trx, tenant, ids) => {
          await forgetUnlinked(trx, placeOf(tenant), 'recipients', { by: 'id', values: ids });
          return removeRows(trx, 'recipients', tenant, ids);
        },
        present: presentOrWaiting('recipients'),
      },
      suppressions: {
        prefix: prefixes.suppressions,
        identity: 'written',
        references: {},
        unique: [],
        write: (trx, tenant, rows, observedAt, cause) =>
          writeLinked(trx, 'suppressions', tenant, rows, (linked) =>
            writeSuppressionRows(trx, tenant, linked, observedAt, cause),
          ),
        remove: async (trx, tenant, ids, cause) => {
          await forgetUnlinked(trx, placeOf(tenant), 'suppressions', { by: 'id', values: ids });
          return removeHeld(trx, tenant, ids, cause, systems);
        },
        present: presentOrWaiting('suppressions'),
      },
      activities: {
        prefix: prefixes.activities,
        identity: 'vendor',
        references: { campaignId: 'campaigns' },
        unique: [],
        write: (trx, tenant, rows, observedAt) =>
          writeLinked(trx, 'activities', tenant, rows, (linked) =>
            writeActivityRows(trx, tenant, linked, observedAt),
          ),
        remove: async () => 0,
        present: presentOrWaiting('activities'),
      },
    },
  };
}

function accountsOf(rows: readonly ReplicaRow<Whom>[]): Accounts {
  return new Map(
    rows.flatMap(({ values: { contactId, accountId } }) =>
      contactId === null ? [] : [[contactId, accountId] as const],
    ),
  );
}

type Present = ReplicaType<never, keyof LinkedRecords, Tables>['present'];

function presentIn(table: keyof EntityTables | 'activities'): Present {
  return async (db, tenant, ids) => {
    const rows =
      ids.length === 0
        ? []
        : await selectByKeys<Tables, { readonly id: string }>(db, table, tenant, 'id', ids);
    return new Set(rows.map(({ id }) => id));
  };
}

/** What waits for its contact to be known is not missing. */
function presentOrWaiting(type: About): Present {
  const present = presentIn(type);
  return async (db, tenant, ids) =>
    new Set([...(await present(db, tenant, ids)), ...(await unlinkedIds(db, tenant, type, ids))]);
}
