import { z } from 'zod';
import type { AskOptions, ChangePage, RecordKey, Seen } from '#chassis/vendor/system.ts';
import type { CrmRecords } from '../crm.ts';
import { type Account, asking } from './account.ts';
import { shapes } from './answers.ts';

type User = CrmRecords['users'];

/** HubSpot answers no more of them at once. */
const pageSize = 500;
/** No account has as many users; an answer that always has one more page must end all the same. */
const mostPages = 100;

/** As the SDK answers them. */
interface Owner {
  readonly id: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly teams?: readonly { readonly name: string; readonly primary: boolean }[];
}

interface OwnersPage {
  readonly results: readonly Owner[];
  readonly after: string | null;
}

async function pageOf(
  { sdk }: Account,
  { archived, after }: { readonly archived: boolean; readonly after: string | null },
  options: AskOptions,
): Promise<OwnersPage> {
  const { results, paging } = await sdk(asking(options), shapes.owners, ({ owners }) =>
    owners.getPage(undefined, after ?? undefined, pageSize, archived),
  );
  return { results: results as readonly Owner[], after: paging?.next?.after ?? null };
}

/**
 * Owners by id. HubSpot has no batch of them, so that all are listed until those that are wanted came. Those who left are
 * people all the same: what they owned still says so.
 */
export async function readOwners(
  account: Account,
  { by, values }: RecordKey,
  options: AskOptions,
): Promise<readonly Seen<User>[]> {
  if (by !== 'id') throw new RangeError(`HubSpot's owners cannot be read by ${by}: take id.`);
  const wanted = new Set(values);
  const found = new Map<string, Seen<User>>();
  for (const archived of [false, true]) {
    let after: string | null = null;
    for (let page = 0; page < mostPages && found.size < wanted.size; page += 1) {
      const { results, after: next }: OwnersPage = await pageOf(account, { archived, after }, options);
      for (const owner of results) if (wanted.has(owner.id)) found.set(owner.id, userOf(owner));
      after = next;
      if (after === null) break;
    }
  }
  return [...found.values()];
}

const cursorShape = z.object({
  /** The latest change that an earlier look came across; null before the first came to its end. */
  since: z.string().nullable(),
  /** The latest of this look. */
  latest: z.string().nullable(),
  archived: z.boolean(),
  after: z.string().nullable(),
});

type Cursor = z.infer<typeof cursorShape>;

const beginning: Cursor = { since: null, latest: null, archived: false, after: null };

/** All owners, page by page, of which those are answered that changed at or after the latest change of the look before. */
export async function changedOwners(
  account: Account,
  since: string | null,
  options: AskOptions,
): Promise<ChangePage<User>> {
  const cursor = since === null ? beginning : cursorShape.parse(JSON.parse(since));
  const { results, after } = await pageOf(account, cursor, options);
  const latest = results
    .map(({ updatedAt }) => updatedAt.toISOString())
    .reduce((one, other) => (one > other ? one : other), cursor.latest ?? '');
  const changed = results.filter(
    ({ updatedAt }) => cursor.since === null || updatedAt.toISOString() >= cursor.since,
  );
  const isLast = after === null && cursor.archived;
  const next: Cursor = isLast
    ? { ...beginning, since: latest || cursor.since }
    : { ...cursor, latest, after, archived: cursor.archived || after === null };
  return { seen: changed.map(userOf), next: JSON.stringify(next), more: !isLast };
}

function userOf(owner: Owner): Seen<User> {
  const { id, firstName, lastName, email, createdAt, updatedAt, teams = [] } = owner;
  const name = [firstName, lastName].filter(Boolean).join(' ') || email;
  if (!name) {
    return { kind: 'unmapped', id, problems: [{ field: 'name', property: 'firstName', value: '' }] };
  }
  const team = teams.find(({ primary }) => primary) ?? teams[0];
  return {
    kind: 'record',
    record: {
      id,
      externalId: null,
      values: { name, email: email || null, team: team?.name ?? null, managerId: null },
      createdAt: createdAt.toISOString(),
      changedAt: updatedAt.toISOString(),
    },
  };
}
