import type { Kysely } from 'kysely';
import { GraphUnavailable } from '#chassis/graph.ts';
import { VendorError } from '#chassis/vendor/error.ts';
import { canBeOurs, unwrittenId } from '#chassis/vendor/replica/assign-ids.ts';
import { linksOfVendorIds } from '#chassis/vendor/replica/links.ts';
import type { AskOptions, RecordKey, Seen } from '#chassis/vendor/system.ts';
import type { EmailSystem, RecipientRecord } from '../adapters/email.ts';
import { type AskContacts, type KnownContact, mostContacts, ownAsker } from '../contacts.ts';
import { selectByIds } from '../store/rows.ts';
import type { Tables } from '../store/tables.ts';
import { prefixes, type Whom } from './records.ts';

/** Somebody as a record of the platform names them. */
export interface Named {
  /** The vendor's id of the recipient. */
  readonly recipientId: string | null;
  /** Our id, where it stands with the recipient. */
  readonly externalId: string | null;
  /** In lower case. */
  readonly address: string | null;
}

export interface PeopleOptions {
  readonly db: Kysely<Tables>;
  readonly tenant: string;
  readonly system: EmailSystem;
  readonly contacts: () => AskContacts;
}

export interface People {
  /** Who the recipients themselves are: what is written on them, else whose their address is, else who they were. */
  readonly ofRecipients: (named: readonly Named[], options: AskOptions) => Promise<readonly Whom[]>;
  /** Who somebody is that another record names; of whom that says too little the platform is asked. */
  readonly ofOthers: (named: readonly Named[], options: AskOptions) => Promise<readonly Whom[]>;
  /** The addresses of contacts, in any order; of whom nobody knows one there is none. */
  readonly addressesOf: (contactIds: readonly string[], options: AskOptions) => Promise<readonly string[]>;
}

/**
 * Finds out who people are, in batches. An address goes to the owner of contacts and to the vendor, and nowhere else.
 * Rejects with a `VendorError` where somebody cannot be asked: not to be answered is not to be unknown.
 */
export function openPeople({ db, tenant, system, contacts }: PeopleOptions): People {
  const { vendor, capabilities } = system;
  const keys = capabilities.types.recipients.keys;

  const ask = async <Answer>(asking: Promise<Answer>): Promise<Answer> => {
    try {
      return await asking;
    } catch (error) {
      if (!(error instanceof GraphUnavailable)) throw error;
      const message = 'the graph cannot be asked who its recipients are';
      throw new VendorError(vendor, { kind: 'unavailable' }, message, { cause: error });
    }
  };
  const byAddress = async (named: readonly Named[], { signal }: AskOptions) => {
    const addresses = named.flatMap(({ address }) => address ?? []);
    if (addresses.length === 0) return new Map<string, KnownContact>();
    return ask(contacts().byAddress(addresses, ownAsker(tenant, signal)));
  };
  /** Whom recipients were linked to before; null for those whom nobody knew. */
  const linked = async (named: readonly Named[]): Promise<ReadonlyMap<string, string | null>> => {
    const ids = [...new Set(named.flatMap(({ recipientId }) => recipientId ?? []))];
    const links = await linksOfVendorIds(db, { tenant, vendor, type: 'recipients' }, ids);
    return new Map(
      [...links].map(([id, link]) => [id, link.id === unwrittenId(prefixes.recipients, id) ? null : link.id]),
    );
  };
  /** Adds accounts of those whom the platform does not hold yet: those of the others it has. */
  const withAccounts = async (found: readonly Whom[], { signal }: AskOptions): Promise<readonly Whom[]> => {
    const open = new Set(
      found.flatMap(({ contactId, accountId }) =>
        accountId === undefined && contactId !== null ? [contactId] : [],
      ),
    );
    if (open.size === 0) return found;
    for (const { id } of await selectByIds(db, 'recipients', tenant, [...open])) open.delete(id);
    if (open.size === 0) return found;
    const known = await ask(contacts().byId([...open], ownAsker(tenant, signal)));
    return found.map((whom) =>
      whom.accountId === undefined && whom.contactId !== null && open.has(whom.contactId)
        ? { ...whom, accountId: known.get(whom.contactId)?.accountId ?? null }
        : whom,
    );
  };

  const ofRecipients: People['ofRecipients'] = async (given, options) => {
    // Somebody may have written an address there, and an address is nobody's id.
    const named = given.map((one) =>
      one.externalId === null || canBeOurs(one.externalId) ? one : { ...one, externalId: null },
    );
    const unwritten = named.filter(({ externalId }) => externalId === null);
    const [known, before] = [await byAddress(unwritten, options), await linked(unwritten)];
    const found = named.map(({ recipientId, externalId, address }): Whom => {
      if (externalId !== null) return { contactId: externalId, accountId: undefined, recipientId };
      const contact = address === null ? undefined : known.get(address);
      if (contact !== undefined) return { contactId: contact.id, accountId: contact.accountId, recipientId };
      const contactId = recipientId === null ? null : (before.get(recipientId) ?? null);
      return { contactId, accountId: undefined, recipientId };
    });
    return withAccounts(found, options);
  };

  /** What the platform has of the people whom only it can know, by the key that their records name. */
  const asRecipients = async (key: RecordKey, options: AskOptions) => {
    const seen: Seen<RecipientRecord>[] = [];
    const { batch } = capabilities.types.recipients;
    for (let start = 0; start < key.values.length; start += batch) {
      const values = key.values.slice(start, start + batch);
      seen.push(...(await system.read('recipients', { by: key.by, values }, options)));
    }
    const records = seen.flatMap((one) => (one.kind === 'record' ? [one.record] : []));
    const named = records.map(({ id, externalId, values }): Named => {
      return { recipientId: id, externalId, address: values.address };
    });
    const whom = await ofRecipients(named, options);
    return new Map(
      records.flatMap(({ id, values }, nth) => {
        const value = key.by === 'id' ? id : values.address;
        const found = whom[nth];
        return value === null || found === undefined ? [] : [[value, found] as const];
      }),
    );
  };

  const ofOthers: People['ofOthers'] = async (named, options) => {
    const before = await linked(named);
    const isKnown = ({ recipientId }: Named) => recipientId !== null && Boolean(before.get(recipientId));
    const known = await byAddress(
      named.filter((one) => !isKnown(one)),
      options,
    );
    const first = named.map((one): Whom => {
      const { recipientId, address } = one;
      const link = recipientId === null ? null : (before.get(recipientId) ?? null);
      if (link !== null) return { contactId: link, accountId: undefined, recipientId };
      const contact = address === null ? undefined : known.get(address);
      return { contactId: contact?.id ?? null, accountId: contact?.accountId, recipientId };
    });
    // Whom the platform was asked for before and nobody knew is not asked for with every record: that has its own time.
    const open = named.filter(
      ({ recipientId }, nth) =>
        first[nth]?.contactId === null && (recipientId === null || !before.has(recipientId)),
    );
    const wanted = (by: 'id' | 'address', of: (one: Named) => string | null) => {
      const values = [...new Set(open.flatMap((one) => of(one) ?? []))];
      return keys.includes(by) && values.length > 0
        ? asRecipients({ by, values }, options)
        : new Map<string, Whom>();
    };
    const byId = await wanted('id', ({ recipientId }) => recipientId);
    const byPlace = await wanted('address', ({ recipientId, address }) =>
      recipientId === null ? address : null,
    );
    const found = first.map((whom, nth) => {
      const one = named[nth];
      if (whom.contactId !== null || one === undefined) return whom;
      const { recipientId, address } = one;
      return (recipientId === null ? byPlace.get(address ?? '') : byId.get(recipientId)) ?? whom;
    });
    return withAccounts(found, options);
  };

  return {
    ofRecipients,
    ofOthers,
    addressesOf: async (contactIds, { signal }) => {
      const addresses: string[] = [];
      for (let start = 0; start < contactIds.length; start += mostContacts) {
        const ids = contactIds.slice(start, start + mostContacts);
        addresses.push(...(await ask(contacts().addresses(ids, ownAsker(tenant, signal)))).values());
      }
      return addresses;
    },
  };
}
