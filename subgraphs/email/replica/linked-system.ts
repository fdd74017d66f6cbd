import type { Kysely } from 'kysely';
import type { AskOptions, RecordKey, Seen, TypeCapabilities, VendorRecord } from '#chassis/vendor/system.ts';
import type { ActivityRecord, EmailSystem, RecipientRecord, SuppressionRecord } from '../adapters/email.ts';
import type { AskContacts } from '../contacts.ts';
import type { Tables } from '../store/tables.ts';
import { ownSuppressions } from './own-suppressions.ts';
import { type Named, openPeople } from './people.ts';
import type { LinkedRecords, LinkedSystem, Whom } from './records.ts';

export interface LinkedOptions {
  readonly db: Kysely<Tables>;
  readonly tenant: string;
  readonly system: EmailSystem;
  readonly contacts: () => AskContacts;
}

type Spoken = 'recipients' | 'suppressions' | 'activities';
type Said = RecipientRecord | SuppressionRecord | ActivityRecord;

/** A platform as the replica reads it, and what makes its records of a notice's. */
export interface Linked {
  readonly system: LinkedSystem;
  /** Puts our ids in the place of addresses. Rejects with a `VendorError` where nobody can be asked. */
  readonly link: <Type extends Spoken>(
    type: Type,
    seen: readonly Seen<Said>[],
    options: AskOptions,
  ) => Promise<readonly Seen<LinkedRecords[Type]>[]>;
}

/**
 * A platform that says whom its records are about by our ids: what comes out of here has no address. Recipients can be
 * read by contact where the platform finds them by our id or by address. Closing it is left to whoever opened the system.
 */
export function linkedSystem({ db, tenant, system, contacts }: LinkedOptions): Linked {
  const people = openPeople({ db, tenant, system, contacts });
  const { keys } = system.capabilities.types.recipients;

  const link: Linked['link'] = async (type, seen, options) => {
    const records = seen.flatMap((one) => (one.kind === 'record' ? [one.record] : []));
    if (records.length === 0) return seen as never;
    const whom = await people[type === 'recipients' ? 'ofRecipients' : 'ofOthers'](
      records.map(type === 'recipients' ? nameOfRecipient : nameOfOther),
      options,
    );
    const linked = records.map((record, nth) => withWhom(type, record, whom[nth] as Whom));
    const own =
      type === 'suppressions'
        ? await ownSuppressions(db, tenant, linked as readonly VendorRecord<LinkedRecords['suppressions']>[])
        : null;
    const byId = new Map(
      linked.map((record) => [
        record.id,
        own === null ? record : { ...record, externalId: own.get(record.id) ?? null },
      ]),
    );
    return seen.map((one) =>
      one.kind === 'record' ? { kind: 'record', record: byId.get(one.record.id) } : one,
    ) as never;
  };

  /** Recipients of contacts: those that have our ids, and for the others those that have the contacts' addresses. */
  const readContacts = async (
    contactIds: readonly string[],
    options: AskOptions,
  ): Promise<readonly Seen<LinkedRecords['recipients']>[]> => {
    const first = keys.includes('externalId')
      ? await link(
          'recipients',
          await system.read('recipients', { by: 'externalId', values: contactIds }, options),
          options,
        )
      : [];
    const found = new Set(first.flatMap((one) => (one.kind === 'record' ? [one.record.externalId] : [])));
    const missing = contactIds.filter((id) => !found.has(id));
    if (missing.length === 0 || !keys.includes('address')) return first;
    const addresses = await people.addressesOf(missing, options);
    if (addresses.length === 0) return first;
    const seen = await system.read('recipients', { by: 'address', values: addresses }, options);
    return [...first, ...(await link('recipients', seen, options))];
  };

  const read = async (type: keyof LinkedRecords, key: RecordKey, options: AskOptions) => {
    if (type === 'campaigns') return system.read(type, key, options);
    if (type === 'recipients' && key.by === 'externalId') return readContacts(key.values, options);
    return link(type, await system.read(type, key, options), options);
  };
  const changes = async (type: keyof LinkedRecords, since: string | null, options: AskOptions) => {
    const page = await system.changes(type, since, options);
    return type === 'campaigns' ? page : { ...page, seen: await link(type, page.seen as never, options) };
  };
  const byContact: TypeCapabilities = {
    ...system.capabilities.types.recipients,
    keys: keys.includes('address') ? [...new Set([...keys, 'externalId'])] : keys,
  };
  return {
    link,
    system: {
      ...system,
      capabilities: {
        ...system.capabilities,
        types: { ...system.capabilities.types, recipients: byContact },
      },
      read: read as LinkedSystem['read'],
      changes: changes as LinkedSystem['changes'],
    },
  };
}

function nameOfRecipient({ id, externalId, values }: VendorRecord<Said>): Named {
  return { recipientId: id, externalId, address: values.address };
}

function nameOfOther({ values }: VendorRecord<Said>): Named {
  const { recipientId, address } = values as SuppressionRecord;
  return { recipientId, externalId: null, address };
}

function withWhom(type: Spoken, record: VendorRecord<Said>, whom: Whom): VendorRecord<object> {
  if (type === 'recipients') return { ...record, externalId: whom.contactId, values: whom };
  const { address: _, ...said } = record.values;
  return { ...record, externalId: null, values: { ...said, ...whom } };
}
