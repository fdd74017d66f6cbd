import { z } from 'zod';
import { VendorError } from '#chassis/vendor/error.ts';
import type { Pushed, PushOptions } from '#chassis/vendor/system.ts';
import type { SuppressionReason } from '../../__generated__/resolvers.ts';
import type { Addressee, EmailChange } from '../email.ts';
import type { KlaviyoClient } from './client.ts';
import { type KlaviyoMapping, wordFor } from './mapping.ts';
import { addressOf, findProfiles } from './profiles.ts';
import { importedShape, type Profile } from './shapes.ts';
import { heldSuppressions, type Imposed, imposedOn, imposedText } from './suppressions.ts';

export interface PushTarget {
  readonly client: KlaviyoClient;
  readonly mapping: KlaviyoMapping;
}

/** What our two ways to suppress come to in Klaviyo's words. */
const suppressed = 'USER_SUPPRESSED';
const unsubscribed = 'UNSUBSCRIBE';
/** What a subscription would take away beside what it is for. */
const lostBySubscribing: readonly string[] = [suppressed, 'SPAM_COMPLAINT'];

/** Makes a change. What Klaviyo refuses is an answer, with its code and words; all else that fails is thrown. */
export async function pushChange(
  target: PushTarget,
  change: EmailChange,
  options: PushOptions,
): Promise<Pushed> {
  options.signal.throwIfAborted();
  try {
    if (change.kind === 'enroll') return await enroll(target, change, options);
    if (change.kind === 'suppress') return await suppress(target, change, options);
    return await lift(target, change.addressee, options);
  } catch (error) {
    if (!(error instanceof VendorError) || error.failure.kind !== 'refused') throw error;
    return rejected(error.failure.code, error.reason ?? 'Klaviyo refused it without saying why.');
  }
}

/**
 * Nobody can be put into a flow: an event of the metric that triggers it is recorded, under the idempotency key.
 * Klaviyo takes a key once per profile and metric, and one that comes again it passes over or refuses with 409.
 */
async function enroll(
  target: PushTarget,
  { addressee, campaignId, at }: Extract<EmailChange, { kind: 'enroll' }>,
  { idempotencyKey, signal }: PushOptions,
): Promise<Pushed> {
  const metric = wordFor(target.mapping.enrollment, campaignId);
  if (metric === undefined) {
    const remedy = `Name the metric that triggers it under "enrollment" in the mapping of klaviyo.`;
    return rejected(
      'NO_ENROLLMENT_METRIC',
      `Nobody can be enrolled into ${campaignId} of Klaviyo. ${remedy}`,
    );
  }
  const { client, mapping } = target;
  const ask = { urgency: 'push', signal } as const;
  const profile = await profileOf(target, addressee, ask);
  if (profile === undefined && addressee.address === null) return unknownAddress;
  const attributes = {
    properties: { contact_id: addressee.contactId },
    time: at,
    unique_id: idempotencyKey,
    metric: { data: { type: 'metric', attributes: { name: metric } } },
    profile: { data: identityOf(profile, addressee, mapping) },
  };
  await client.post(
    {
      path: '/api/events',
      endpoint: 'event-writes',
      body: { data: { type: 'event', attributes } },
      answer: z.unknown(),
      expect: [409],
    },
    ask,
  );
  return accepted(profile?.id);
}

/**
 * Suppresses, and for a person's own will unsubscribes too: a profile that is only suppressed is written to as soon
 * as somebody takes that away by hand. First it is noted on the profile what is imposed and why, so that a yes later
 * lifts that and nothing else.
 */
async function suppress(
  target: PushTarget,
  { addressee, reason }: Extract<EmailChange, { kind: 'suppress' }>,
  { signal }: PushOptions,
): Promise<Pushed> {
  const { client, mapping } = target;
  const ask = { urgency: 'push', signal } as const;
  const profile = await profileOf(target, addressee, ask);
  const email = (profile && addressOf(profile)) ?? addressee.address;
  if (email === null) return unknownAddress;
  const isWill = reason === 'UNSUBSCRIBE' || reason === 'CONSENT';
  const imposes = isWill ? [suppressed, unsubscribed] : [suppressed];
  const before: Imposed = profile === undefined ? new Map() : imposedOn(profile, mapping);
  const held = new Set(profile === undefined ? [] : heldSuppressions(profile).map((each) => each.reason));
  const imposed = new Map([
    ...before,
    ...imposes.flatMap((theirs) =>
      isOurs(theirs, reason, { before, held }) ? [[theirs, reason] as const] : [],
    ),
  ]);
  let id = profile?.id;
  if (profile === undefined || imposedText(imposed).join() !== imposedText(before).join()) {
    id = await note(target, identityOf(profile, addressee, mapping), imposed, ask);
  }
  await startJob(client, ask, 'profile-suppression-bulk-create-job', { email });
  if (isWill)
    await startJob(client, ask, 'profile-subscription-bulk-delete-job', {
      email,
      ...marketing('UNSUBSCRIBED'),
    });
  return accepted(id);
}

/** Whether a suppression of Klaviyo's is to be known as imposed for this reason. Another reason is stronger than consent. */
function isOurs(
  theirs: string,
  reason: SuppressionReason,
  { before, held }: { readonly before: Imposed; readonly held: ReadonlySet<string> },
): boolean {
  if (reason === 'CONSENT') return !held.has(theirs) && !before.has(theirs);
  return !held.has(theirs) || before.get(theirs) === 'CONSENT';
}

/**
 * Takes away what consent had imposed, as the profile says. What a person, a provider or somebody at Klaviyo imposed
 * stays; and since a subscription would take more away than what is ours, there is none where there is more.
 */
async function lift(target: PushTarget, addressee: Addressee, { signal }: PushOptions): Promise<Pushed> {
  const { client, mapping } = target;
  const ask = { urgency: 'push', signal } as const;
  const profile = await profileOf(target, addressee, ask);
  if (profile === undefined) return accepted(undefined);
  const imposed = imposedOn(profile, mapping);
  const ours = new Set([...imposed].flatMap(([theirs, reason]) => (reason === 'CONSENT' ? [theirs] : [])));
  const email = addressOf(profile);
  if (ours.size === 0 || email === null) return accepted(profile.id);
  const others = heldSuppressions(profile).flatMap(({ reason }) => (ours.has(reason) ? [] : [reason]));
  const inTheWay = others.filter((reason) => lostBySubscribing.includes(reason));
  if (ours.has(unsubscribed) && inTheWay.length > 0) {
    const why = `Klaviyo suppresses them for another reason too (${inTheWay.join(', ')})`;
    return rejected('SUPPRESSED_OTHERWISE', `${why}, which subscribing them again would take away.`);
  }
  if (ours.has(suppressed)) await startJob(client, ask, 'profile-suppression-bulk-delete-job', { email });
  if (ours.has(unsubscribed))
    await startJob(client, ask, 'profile-subscription-bulk-create-job', {
      email,
      ...marketing('SUBSCRIBED'),
    });
  const left = new Map([...imposed].filter(([theirs]) => !ours.has(theirs)));
  await note(target, { type: 'profile', id: profile.id, attributes: {} }, left, ask);
  return accepted(profile.id);
}

type Ask = { readonly urgency: 'push'; readonly signal: AbortSignal };

interface Identity {
  readonly type: 'profile';
  readonly id?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** By Klaviyo's own id, else by the address, else by ours: ids go when profiles are merged. */
async function profileOf(
  { client, mapping }: PushTarget,
  addressee: Addressee,
  ask: Ask,
): Promise<Profile | undefined> {
  const { recipientId, address, contactId } = addressee;
  const keys = [
    ['id', recipientId],
    ['address', address],
    ['externalId', mapping.contactId === null ? null : contactId],
  ] as const;
  for (const [by, value] of keys) {
    if (value === null) continue;
    const [profile] = await findProfiles(client, { by, values: [value] }, 'suppressions', ask);
    if (profile !== undefined) return profile;
  }
  return undefined;
}

/** Our id is written where a profile begins: one that is there may have another system's. */
function identityOf(
  profile: Profile | undefined,
  { address, contactId }: Addressee,
  mapping: KlaviyoMapping,
): Identity {
  if (profile !== undefined) return { type: 'profile', id: profile.id, attributes: {} };
  const ours = mapping.contactId === null ? {} : { [mapping.contactId]: contactId };
  return { type: 'profile', attributes: { email: address, ...ours } };
}

/** Writes what is imposed, and answers the profile's id. */
async function note(
  { client, mapping }: PushTarget,
  identity: Identity,
  imposed: Imposed,
  ask: Ask,
): Promise<string> {
  const properties = { [mapping.suppressionProperty]: imposedText(imposed) };
  const { body } = await client.post(
    {
      path: '/api/profile-import',
      endpoint: 'profile-writes',
      body: { data: { ...identity, attributes: { ...identity.attributes, properties } } },
      answer: importedShape,
    },
    ask,
  );
  return body.data.id;
}

const marketing = (consent: string) => ({ subscriptions: { email: { marketing: { consent } } } });

/** Klaviyo takes the job and does it a little later; it says of none whether it failed for one profile. */
async function startJob(client: KlaviyoClient, ask: Ask, type: string, attributes: object): Promise<void> {
  const profiles = { data: [{ type: 'profile', attributes }] };
  const body = { data: { type, attributes: { profiles } } };
  await client.post({ path: `/api/${type}s`, endpoint: 'profile-writes', body, answer: z.unknown() }, ask);
}

function accepted(id: string | undefined): Pushed {
  return { kind: 'accepted', record: id === undefined ? null : { type: 'recipients', id } };
}

function rejected(code: string, reason: string): Pushed {
  return { kind: 'rejected', code, reason };
}

const unknownAddress = rejected(
  'NO_ADDRESS',
  'Klaviyo does not know them, and we have no address of theirs.',
);
