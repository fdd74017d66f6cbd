import type { AskOptions, ChangePage, RecordKey, Seen } from '#chassis/vendor/system.ts';
import type { SuppressionReason } from '../../__generated__/resolvers.ts';
import { readCursor } from '../cursor.ts';
import type { SuppressionRecord } from '../email.ts';
import { atLeast, vendor } from './client.ts';
import { type KlaviyoMapping, wordFor } from './mapping.ts';
import { beginning, positionShape, readOn } from './positions.ts';
import { addressOf, findProfiles, listProfiles, type ProfileSource } from './profiles.ts';
import type { Profile } from './shapes.ts';
import { suppressionId } from './suppression-id.ts';

const suppressedAt = 'subscriptions.email.marketing.suppression.timestamp';

/** Klaviyo's reasons that we gave it, and what each was for: Klaviyo has one word for all that is done from outside. */
export type Imposed = ReadonlyMap<string, SuppressionReason>;

const ourReasons: readonly string[] = [
  'BOUNCE',
  'COMPLAINT',
  'UNSUBSCRIBE',
  'MANUAL',
  'CONSENT',
] satisfies SuppressionReason[];

/** What stands in the property of a profile; what somebody else wrote there is nothing. */
export function imposedOn({ attributes }: Profile, { suppressionProperty }: KlaviyoMapping): Imposed {
  const written = attributes.properties?.[suppressionProperty];
  const pairs = (Array.isArray(written) ? written : []).map((each) => String(each).split(':'));
  return new Map(
    pairs.flatMap(([theirs = '', ours = '']) =>
      ourReasons.includes(ours) ? [[theirs, ours as SuppressionReason] as const] : [],
    ),
  );
}

/** A list of plain texts: what every part of Klaviyo can keep and show. */
export function imposedText(imposed: Imposed): string[] {
  return [...imposed].map(([theirs, ours]) => `${theirs}:${ours}`);
}

export function heldSuppressions({ attributes }: Profile): readonly { reason: string; timestamp: string }[] {
  return attributes.subscriptions?.email?.marketing?.suppression ?? [];
}

/** Why Klaviyo writes to one profile no more: a record a reason of ours, of the earliest where two come to one. */
export function suppressionsOf(
  profile: Profile,
  mapping: KlaviyoMapping,
): readonly Seen<SuppressionRecord>[] {
  const imposed = imposedOn(profile, mapping);
  const found = new Map<string, Seen<SuppressionRecord>>();
  for (const { reason, timestamp } of heldSuppressions(profile).toSorted((a, b) =>
    a.timestamp < b.timestamp ? -1 : 1,
  )) {
    const ours = imposed.get(reason) ?? wordFor(mapping.suppressionReasons, reason);
    const id = suppressionId(ours ?? reason, profile.id);
    if (found.has(id)) continue;
    if (ours === undefined) {
      const problem = {
        field: 'reason',
        property: 'subscriptions.email.marketing.suppression',
        value: reason,
      };
      found.set(id, { kind: 'unmapped', id, problems: [problem] });
      continue;
    }
    const values = {
      reason: ours,
      suppressedAt: timestamp,
      recipientId: profile.id,
      address: addressOf(profile),
    };
    const record = { id, externalId: null, values, createdAt: timestamp, changedAt: timestamp };
    found.set(id, { kind: 'record', record });
  }
  return [...found.values()];
}

/** Suppressions by their own ids, or by whom they are of. */
export async function readSuppressions(
  { client, mapping }: ProfileSource,
  { by, values }: RecordKey,
  ask: AskOptions,
): Promise<readonly Seen<SuppressionRecord>[]> {
  const isOwn = by === 'id';
  const asked = isOwn ? [...new Set(values.map((id) => id.slice(0, id.lastIndexOf(':'))))] : values;
  const key = isOwn ? { by: 'recipientId', values: asked.filter((id) => id !== '') } : { by, values };
  const profiles = await findProfiles(client, key, 'suppressions', ask);
  const seen = profiles.flatMap((profile) => suppressionsOf(profile, mapping));
  return isOwn ? seen.filter((each) => values.includes(idOf(each))) : seen;
}

/**
 * Profiles by the time of what suppresses them. Klaviyo tells here of what begins, and of nothing that ends: that is seen
 * where a suppression is read again.
 */
export async function suppressionChanges(
  { client, mapping, overlapMs }: ProfileSource,
  since: string | null,
  ask: AskOptions,
): Promise<ChangePage<SuppressionRecord>> {
  const position = since === null ? beginning : readCursor(vendor, since, positionShape);
  const { items, next, more } = await readOn(position, {
    list: (from) => {
      // Without a condition everybody would come, suppressed or not.
      const filter = [atLeast(suppressedAt, from.since ?? '2000-01-01T00:00:00.000Z')];
      const options = { detail: 'suppressions', filter, sort: suppressedAt, page: from.page } as const;
      return listProfiles(client, options, ask);
    },
    // By which of several Klaviyo sorts is nowhere said: with the first one nothing is left out.
    timeOf: (profile) =>
      heldSuppressions(profile)
        .map(({ timestamp }) => timestamp)
        .toSorted()[0] ?? null,
    overlapMs,
  });
  const seen = items.flatMap((profile) => suppressionsOf(profile, mapping));
  return { seen, next: JSON.stringify(next), more };
}

function idOf(seen: Seen<SuppressionRecord>): string {
  return seen.kind === 'record' ? seen.record.id : seen.id;
}
