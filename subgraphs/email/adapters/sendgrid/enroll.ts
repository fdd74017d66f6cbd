import { setTimeout as pause } from 'node:timers/promises';
import { VendorError } from '#chassis/vendor/error.ts';
import type { AskOptions, Pushed } from '#chassis/vendor/system.ts';
import type { Addressee, EmailChange } from '../email.ts';
import { type SendgridClient, vendor } from './client.ts';
import { findContacts, identifierOf } from './contacts.ts';
import { enrollingId, type SendgridMapping } from './mapping.ts';
import { type Contact, jobShape, upsertedShape } from './shapes.ts';

export interface EnrollOptions {
  readonly client: SendgridClient;
  readonly mapping: SendgridMapping;
  /** How long a job is waited for. */
  readonly importMs: number;
  /** Between two questions about a job at first; each time twice as long, up to ten times. */
  readonly pauseMs: number;
}

type Enroll = Extract<EmailChange, { kind: 'enroll' }>;

/**
 * Puts somebody on the list that a campaign begins with. SendGrid does so by a job of its own, whose end is waited for.
 *
 * SendGrid takes no idempotency key. What makes a repetition harmless is that a list has each contact once, and an
 * automation begins for who joins its list: whoever is on the list is in the campaign, and is not sent there again. Where
 * an answer or the end of the job is lost, the same upsert comes again and changes nothing. So a second enrollment of the
 * same person in the same campaign under another key is none either, unless somebody took them off the list between.
 */
export async function enroll(
  { addressee, campaignId }: Enroll,
  options: EnrollOptions,
  ask: AskOptions,
): Promise<Pushed> {
  const { client, mapping } = options;
  const campaign = mapping.enrolling.find((each) => enrollingId(each) === campaignId);
  if (campaign === undefined) {
    return rejected(
      'NOT_ENROLLING',
      `The campaign ${campaignId} takes nobody in: the mapping of sendgrid names no list for it under "enrolling".`,
    );
  }
  const known = await contactOf(client, addressee, ask);
  if (known === null && addressee.address === null) return noAddress(addressee);
  if (known?.list_ids.includes(campaign.list)) return accepted(known.id);

  const contact = await upsertOf(client, addressee, known, ask);
  const { body } = await client.request(
    {
      method: 'PUT',
      path: '/v3/marketing/contacts',
      body: { list_ids: [campaign.list], contacts: [contact] },
      answer: upsertedShape,
      endpoint: 'contact-writes',
    },
    ask,
  );
  const status = await endOf(body.job_id, options, ask);
  if (status !== 'completed') {
    return rejected(
      `IMPORT_${status.toUpperCase()}`,
      `SendGrid did not take the contact in: its import job ${body.job_id} ended as "${status}". Its page of imports says why.`,
    );
  }
  const now = known ?? (await contactOf(client, addressee, ask));
  return now === null ? { kind: 'accepted', record: null } : accepted(now.id);
}

/** Whom a change means: the address decides, since that is where mail goes; then SendGrid's id, then ours. */
export async function contactOf(
  client: SendgridClient,
  { address, recipientId, contactId }: Addressee,
  ask: AskOptions,
): Promise<Contact | null> {
  if (address !== null) {
    const found = await findContacts(client, { by: 'address', values: [address] }, ask);
    return found[0] ?? null;
  }
  for (const [by, value] of [
    ['id', recipientId],
    ['externalId', contactId],
  ] as const) {
    const found = value === null ? [] : await findContacts(client, { by, values: [value] }, ask);
    if (found[0] !== undefined) return found[0];
  }
  return null;
}

/**
 * What is sent of a contact: SendGrid changes one only where all its identifiers come along, and none of them can be
 * another. Ours is added where it has none and no other contact has it.
 */
async function upsertOf(
  client: SendgridClient,
  addressee: Addressee,
  known: Contact | null,
  ask: AskOptions,
) {
  const { email, phone_number_id, external_id, anonymous_id } = known ?? { email: addressee.address };
  const kept = Object.entries({ email, phone_number_id, external_id, anonymous_id }).filter(
    ([, value]) => value,
  );
  if (external_id) return Object.fromEntries(kept);
  const key = { by: 'externalId', values: [addressee.contactId] };
  const others = await findContacts(client, key, ask);
  return { ...Object.fromEntries(kept), ...(others.length === 0 && { external_id: addressee.contactId }) };
}

/** How a job ended; rejects where it has not within the time. */
async function endOf(
  id: string,
  { client, importMs, pauseMs }: EnrollOptions,
  ask: AskOptions,
): Promise<string> {
  const deadline = performance.now() + importMs;
  for (let wait = pauseMs; ; wait = Math.min(wait * 2, pauseMs * 10)) {
    const { body } = await client.request(
      {
        method: 'GET',
        path: '/v3/marketing/contacts/imports/{id}',
        params: { id },
        answer: jobShape,
        endpoint: 'contact-jobs',
      },
      ask,
    );
    if (body.status !== 'pending') return body.status;
    const left = deadline - performance.now();
    if (left <= 0) {
      const message = `the import job ${id} has not ended within ${importMs} ms`;
      throw new VendorError(vendor, { kind: 'unavailable' }, message);
    }
    await pause(Math.min(wait, left), undefined, { signal: ask.signal }).catch(() =>
      ask.signal.throwIfAborted(),
    );
  }
}

const accepted = (id: string): Pushed => ({ kind: 'accepted', record: { type: 'recipients', id } });

const rejected = (code: string, reason: string): Pushed => ({ kind: 'rejected', code, reason });

export const noAddress = ({ contactId }: Addressee): Pushed =>
  rejected('NO_ADDRESS', `The contact ${contactId} has no address, and SendGrid knows nobody by that id.`);

/** The address of whom a change means: the graph's, else SendGrid's. */
export async function addressOf(
  client: SendgridClient,
  addressee: Addressee,
  ask: AskOptions,
): Promise<string | null> {
  if (addressee.address !== null) return addressee.address.toLowerCase();
  const contact = await contactOf(client, addressee, ask);
  return contact && (identifierOf(contact, 'email')?.toLowerCase() ?? null);
}
