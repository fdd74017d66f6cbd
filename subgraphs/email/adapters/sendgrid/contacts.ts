import type { z } from 'zod';
import { isTemporary, VendorError } from '#chassis/vendor/error.ts';
import type { AskOptions, RecordKey, Seen } from '#chassis/vendor/system.ts';
import type { RecipientRecord } from '../email.ts';
import type { SendgridClient } from './client.ts';
import { type Contact, contactsShape, foundShape } from './shapes.ts';

/** The most ids, addresses or external ids that SendGrid takes in one search. */
export const contactsPerRead = 100;

/** SendGrid searches for no longer address, though it keeps some. */
const longestSearched = 100;

type Search = (
  client: SendgridClient,
  values: readonly string[],
  ask: AskOptions,
) => Promise<readonly Contact[]>;

const searches: ReadonlyMap<string, Search> = new Map([
  ['id', byId],
  ['externalId', byExternalId],
  ['address', byAddress],
]);

/**
 * Contacts by a key: `address` finds a contact by its other addresses too. What SendGrid does not have is left out.
 * @throws Error for a key that it has not, or too many values
 */
export async function findContacts(
  client: SendgridClient,
  { by, values }: RecordKey,
  ask: AskOptions,
): Promise<readonly Contact[]> {
  const search = searches.get(by);
  if (search === undefined) throw new Error(`sendgrid has no contacts by "${by}".`);
  if (values.length > contactsPerRead) {
    throw new RangeError(`${values.length} values in one read: sendgrid takes ${contactsPerRead}.`);
  }
  const found = values.length === 0 ? [] : await search(client, values, ask);
  return [...new Map(found.map((contact) => [contact.id, contact])).values()];
}

async function byId(client: SendgridClient, ids: readonly string[], ask: AskOptions) {
  const found = await client.find(
    {
      method: 'POST',
      path: '/v3/marketing/contacts/batch',
      body: { ids },
      answer: contactsShape,
      endpoint: 'contacts',
    },
    ask,
  );
  return found?.body.result ?? [];
}

async function byExternalId(client: SendgridClient, identifiers: readonly string[], ask: AskOptions) {
  const found = await client.find(
    {
      method: 'POST',
      path: '/v3/marketing/contacts/search/identifiers/{type}',
      params: { type: 'external_id' },
      body: { identifiers },
      answer: foundShape,
      endpoint: 'contacts',
    },
    ask,
  );
  return contactsIn(found?.body.result);
}

/** SendGrid refuses a search as a whole for one address that it takes for none: the others are then asked in halves. */
async function byAddress(
  client: SendgridClient,
  addresses: readonly string[],
  ask: AskOptions,
): Promise<readonly Contact[]> {
  const emails = addresses.filter((address) => address.length <= longestSearched && address.includes('@'));
  if (emails.length === 0) return [];
  try {
    const found = await client.find(
      {
        method: 'POST',
        path: '/v3/marketing/contacts/search/emails',
        body: { emails },
        answer: foundShape,
        endpoint: 'contacts',
      },
      ask,
    );
    return contactsIn(found?.body.result);
  } catch (error) {
    if (!(error instanceof VendorError) || isTemporary(error)) throw error;
    if (emails.length === 1) return [];
    const half = Math.ceil(emails.length / 2);
    const first = await byAddress(client, emails.slice(0, half), ask);
    return [...first, ...(await byAddress(client, emails.slice(half), ask))];
  }
}

function contactsIn(result: z.output<typeof foundShape>['result']): readonly Contact[] {
  return Object.values(result ?? {}).flatMap(({ contact }) => contact ?? []);
}

/** SendGrid shows an identifier that a contact has not as an empty text, or not at all. */
export function identifierOf(contact: Contact, name: 'email' | 'external_id'): string | null {
  return contact[name] || null;
}

/** A contact as a recipient. */
export function recipientOf(contact: Contact): Seen<RecipientRecord> {
  const record = {
    id: contact.id,
    externalId: identifierOf(contact, 'external_id'),
    values: { address: identifierOf(contact, 'email')?.toLowerCase() ?? null },
    createdAt: contact.created_at,
    changedAt: contact.updated_at,
  };
  return { kind: 'record', record };
}
