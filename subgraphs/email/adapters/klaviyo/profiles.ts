import type { z } from 'zod';
import type { AskOptions, ChangePage, RecordKey, Seen } from '#chassis/vendor/system.ts';
import { readCursor } from '../cursor.ts';
import type { RecipientRecord } from '../email.ts';
import { after, any, type KlaviyoClient, type Listed, vendor } from './client.ts';
import type { KlaviyoMapping } from './mapping.ts';
import { wordFor } from './mapping.ts';
import { beginning, positionShape, readOn } from './positions.ts';
import { type Profile, profileShape } from './shapes.ts';

/** The most that Klaviyo shows on one page of profiles, and so the most values in one read. */
export const profilesPerPage = 100;

/** Klaviyo's fields of the keys that profiles can be found by. */
const fieldOf: Readonly<Record<string, string>> = {
  id: 'id',
  recipientId: 'id',
  externalId: 'external_id',
  address: 'email',
};

/** With or without what keeps mail from them: that is asked for where it is needed alone. */
export type Detail = 'plain' | 'suppressions';

/** Profiles by a key. What Klaviyo does not have is left out. @throws Error for a key that it has not, or too many values */
export async function findProfiles(
  client: KlaviyoClient,
  { by, values }: RecordKey,
  detail: Detail,
  ask: AskOptions,
): Promise<readonly Profile[]> {
  const field = wordFor(fieldOf, by);
  if (field === undefined) throw new Error(`klaviyo has no profiles by "${by}".`);
  if (values.length > profilesPerPage) {
    throw new RangeError(`${values.length} values in one read: klaviyo takes ${profilesPerPage}.`);
  }
  if (values.length === 0) return [];
  const { items } = await listProfiles(client, { detail, filter: [any(field, values)] }, ask);
  return items;
}

export function listProfiles(
  client: KlaviyoClient,
  options: {
    readonly detail: Detail;
    readonly filter: readonly string[];
    readonly sort?: string;
    readonly page?: string | null;
  },
  ask: AskOptions,
): Promise<Listed<z.output<typeof profileShape>>> {
  const { detail, filter, sort, page } = options;
  const fields = ['email', 'external_id', 'created', 'updated'];
  const more = detail === 'plain' ? [] : ['properties', 'subscriptions'];
  return client.list(
    {
      path: '/api/profiles',
      endpoint: 'profiles',
      resource: profileShape,
      query: {
        'fields[profile]': [...fields, ...more].join(','),
        'additional-fields[profile]': detail === 'plain' ? undefined : 'subscriptions',
        'page[size]': profilesPerPage,
        sort,
      },
      filter,
      page,
    },
    ask,
  );
}

export function addressOf({ attributes }: Profile): string | null {
  return attributes.email?.toLowerCase() ?? null;
}

/** A profile as a recipient. */
export function recipientOf(profile: Profile, { contactId }: KlaviyoMapping): Seen<RecipientRecord> {
  const { id, attributes } = profile;
  const changedAt = attributes.updated ?? attributes.created;
  if (!changedAt) {
    const problem = { field: 'changedAt', property: 'updated', value: 'null' };
    return { kind: 'unmapped', id, problems: [problem] };
  }
  const record = {
    id,
    externalId: contactId === null ? null : (attributes[contactId] ?? null),
    values: { address: addressOf(profile) },
    createdAt: attributes.created ?? null,
    changedAt,
  };
  return { kind: 'record', record };
}

export interface ProfileSource {
  readonly client: KlaviyoClient;
  readonly mapping: KlaviyoMapping;
  readonly overlapMs: number;
}

export async function recipientChanges(
  { client, mapping, overlapMs }: ProfileSource,
  since: string | null,
  ask: AskOptions,
): Promise<ChangePage<RecipientRecord>> {
  const position = since === null ? beginning : readCursor(vendor, since, positionShape);
  const { items, next, more } = await readOn(position, {
    list: (from) => {
      const filter = from.since === null ? [] : [after('updated', beforeSecondOf(from.since))];
      return listProfiles(client, { detail: 'plain', filter, sort: 'updated', page: from.page }, ask);
    },
    timeOf: ({ attributes }) => attributes.updated ?? null,
    overlapMs,
  });
  return { seen: items.map((profile) => recipientOf(profile, mapping)), next: JSON.stringify(next), more };
}

/** Klaviyo offers no "at or after" of a profile's change: its time is in seconds, so a second before is the same. */
function beforeSecondOf(time: string): string {
  return new Date(Date.parse(time) - 1_000).toISOString();
}
