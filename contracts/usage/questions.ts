import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { KnownOperation } from '#contracts/publish/known-operations.ts';
import type { MostUsed, MostUsedQuestion } from '#gateway/usage/types.ts';
import type { UsageTables } from './tables.ts';

/** Who uses something of the schema. */
export interface CoordinateUse {
  readonly client: string;
  readonly clientVersion: string;
  /** Of the operation; see `titleOf` for one without a name. */
  readonly operation: string;
  readonly hash: string;
  /** Within the days asked for. */
  readonly requests: number;
  readonly errors: number;
  /** The first request that is still kept, and the last one, RFC 3339. */
  readonly since: string;
  readonly last: string;
}

/** Counts from this day on. */
export interface Since {
  readonly day: string;
}

/** What to call an operation without a name. */
export function titleOf({ name, hash }: { readonly name: string; readonly hash: string }): string {
  return name === '' ? `unnamed ${hash.slice(0, 8)}` : name;
}

/** Operations that clients sent, one for each client, whatever its version and tenant; sorted by client and name. */
export async function seenOperations(
  db: Kysely<UsageTables>,
  { day }: Since,
): Promise<readonly KnownOperation[]> {
  const rows = await counted(db)
    .select(['counts.client', 'operations.name', 'operations.hash', 'operations.text'])
    .where('counts.day', '>=', day)
    .groupBy(['counts.client', 'operations.name', 'operations.hash', 'operations.text'])
    .select(sums)
    .orderBy('counts.client')
    .orderBy('operations.name')
    .orderBy('operations.hash')
    .execute();
  return rows.map(({ client, text, requests, since, last, ...row }) => ({
    client,
    name: titleOf(row),
    document: text,
    source: { kind: 'seen', count: Number(requests), since, until: last },
  }));
}

/** Who uses a coordinate, or anything of a type, since that day; most first. */
export async function useOf(
  db: Kysely<UsageTables>,
  coordinate: string,
  { day }: Since,
): Promise<readonly CoordinateUse[]> {
  /* All that begins with `Contact.`: the slash follows the dot. */
  const members = sql<boolean>`coordinate >= ${`${coordinate}.`} and coordinate < ${`${coordinate}/`}`;
  const isWithin = sql`counts.day >= ${day}`;
  const rows = await counted(db)
    .select(['counts.client', 'counts.clientVersion', 'operations.name', 'operations.hash'])
    .select([
      sql<string>`sum(case when ${isWithin} then counts.requests else 0 end)`.as('requests'),
      sql<string>`sum(case when ${isWithin} then counts.errors else 0 end)`.as('errors'),
      sql<string>`min(counts.first_at)`.as('since'),
      sql<string>`max(counts.last_at)`.as('last'),
    ])
    .where('operations.hash', 'in', (from) =>
      from
        .selectFrom('coordinates')
        .select('coordinates.hash')
        .where((where) => where.or([where('coordinate', '=', coordinate), members])),
    )
    .groupBy(['counts.client', 'counts.clientVersion', 'operations.name', 'operations.hash'])
    .having(sql`max(counts.day)`, '>=', day)
    .execute();
  return rows
    .map(({ client, clientVersion, hash, name, requests, errors, since, last }) => ({
      client,
      clientVersion,
      operation: titleOf({ name, hash }),
      hash,
      requests: Number(requests),
      errors: Number(errors),
      since,
      last,
    }))
    .sort((a, b) => b.requests - a.requests);
}

/** What clients asked most since that day, most first. */
export async function mostUsed(
  db: Kysely<UsageTables>,
  { tenant, limit, day }: Omit<MostUsedQuestion, 'days'> & Since,
): Promise<readonly MostUsed[]> {
  const rows = await counted(db)
    .select(['counts.client', 'operations.name', 'operations.hash', 'operations.kind'])
    .where('counts.day', '>=', day)
    .$if(tenant !== undefined, (query) => query.where('counts.tenant', '=', tenant ?? ''))
    .groupBy(['counts.client', 'operations.name', 'operations.hash', 'operations.kind'])
    .select(sums)
    .orderBy('requests', 'desc')
    .orderBy('operations.hash')
    .orderBy('counts.client')
    .limit(limit)
    .execute();
  return rows.map(({ client, hash, kind, name, requests, errors }) => ({
    client,
    hash,
    kind,
    name: name || undefined,
    requests: Number(requests),
    errors: Number(errors),
  }));
}

/** When the first request was recorded that is still kept, RFC 3339; undefined where there is none. */
export async function recordedSince(db: Kysely<UsageTables>): Promise<string | undefined> {
  const row = await db
    .selectFrom('counts')
    .select(sql<string | null>`min(first_at)`.as('since'))
    .executeTakeFirst();
  return row?.since ?? undefined;
}

function counted(
  db: Kysely<UsageTables>,
): SelectQueryBuilder<UsageTables, 'counts' | 'operations', Record<never, never>> {
  return db.selectFrom('counts').innerJoin('operations', 'operations.hash', 'counts.hash');
}

/* PostgreSQL answers sums as text. */
const sums = [
  sql<string>`sum(counts.requests)`.as('requests'),
  sql<string>`sum(counts.errors)`.as('errors'),
  sql<string>`min(counts.first_at)`.as('since'),
  sql<string>`max(counts.last_at)`.as('last'),
] as const;
