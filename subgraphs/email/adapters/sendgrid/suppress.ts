import type { AskOptions, Pushed } from '#chassis/vendor/system.ts';
import type { EmailChange } from '../email.ts';
import type { SendgridClient } from './client.ts';
import { addressOf, noAddress } from './enroll.ts';
import type { SendgridMapping } from './mapping.ts';
import { addressesShape, globalShape, nothingShape } from './shapes.ts';
import { suppressionId } from './webhook.ts';

export interface SuppressOptions {
  readonly client: SendgridClient;
  readonly mapping: SendgridMapping;
  readonly consentGroup: number;
}

const everywhere = '/v3/asm/suppressions/global';
const inGroup = '/v3/asm/groups/{group}/suppressions';

/**
 * Puts somebody on SendGrid's global suppressions. That list keeps no reasons, so that a yes could not know whether it
 * lifts what consent had imposed or what the person asked for. Hence whoever is put there for want of consent, and was not
 * there before, stands in the consent group too. The group comes first: where the call after it is lost, the repetition
 * still finds whose suppression it is.
 */
export async function suppress(
  { addressee, reason }: Extract<EmailChange, { kind: 'suppress' }>,
  { client, mapping, consentGroup }: SuppressOptions,
  ask: AskOptions,
): Promise<Pushed> {
  const address = await addressOf(client, addressee, ask);
  if (address === null) return noAddress(addressee);
  const isForConsent = reason === 'CONSENT';
  if (isForConsent && !(await isSuppressed(client, address, ask))) {
    await add(client, { path: inGroup, params: { group: consentGroup } }, address, ask);
  }
  await add(client, { path: everywhere }, address, ask);
  // Another reason stays when consent comes back.
  if (!isForConsent) await removeFromGroup(client, consentGroup, address, ask);
  const { unsubscribes } = mapping.suppressions;
  if (unsubscribes === 'none') return { kind: 'accepted', record: null };
  return { kind: 'accepted', record: { type: 'suppressions', id: suppressionId(unsubscribes, address) } };
}

/** Takes off what want of consent had put there, and nothing else. The group goes last, for the same reason as it comes first. */
export async function lift(
  { addressee }: Extract<EmailChange, { kind: 'lift' }>,
  { client, consentGroup }: SuppressOptions,
  ask: AskOptions,
): Promise<Pushed> {
  const address = await addressOf(client, addressee, ask);
  if (address === null) return noAddress(addressee);
  const { body } = await client.request(
    {
      method: 'POST',
      path: `${inGroup}/search`,
      params: { group: consentGroup },
      body: { recipient_emails: [address] },
      answer: addressesShape,
      endpoint: 'suppressions',
    },
    ask,
  );
  if (body.some((each) => each.toLowerCase() === address)) {
    await remove(client, `${everywhere}/{email}`, { email: address }, ask);
    await removeFromGroup(client, consentGroup, address, ask);
  }
  return { kind: 'accepted', record: null };
}

async function isSuppressed(client: SendgridClient, address: string, ask: AskOptions): Promise<boolean> {
  const { body } = await client.request(
    {
      method: 'GET',
      path: `${everywhere}/{email}`,
      params: { email: address },
      answer: globalShape,
      endpoint: 'suppressions',
    },
    ask,
  );
  return body.recipient_email?.toLowerCase() === address;
}

async function add(
  client: SendgridClient,
  where: { readonly path: string; readonly params?: Readonly<Record<string, number>> },
  address: string,
  ask: AskOptions,
): Promise<void> {
  const body = { recipient_emails: [address] };
  await client.request(
    { method: 'POST', ...where, body, answer: nothingShape, endpoint: 'suppression-writes' },
    ask,
  );
}

const removeFromGroup = (client: SendgridClient, consentGroup: number, email: string, ask: AskOptions) =>
  remove(client, `${inGroup}/{email}`, { group: consentGroup, email }, ask);

async function remove(
  client: SendgridClient,
  path: string,
  params: Readonly<Record<string, string | number>>,
  ask: AskOptions,
): Promise<void> {
  // Whoever is not there need not be taken away.
  await client.find(
    { method: 'DELETE', path, params, answer: nothingShape, endpoint: 'suppression-writes' },
    ask,
  );
}
