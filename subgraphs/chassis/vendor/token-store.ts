import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { z } from 'zod';
import type { MigrationTarget } from '../store/migrate.ts';
import type { Store } from '../store/store.ts';
import type { Sealing } from './sealing.ts';

/** OAuth tokens of accounts, sealed; shared by all processes of a store. */
export interface VendorTokenTables {
  vendorTokens: VendorTokenRow;
}

export interface VendorTokenRow {
  readonly tenant: string;
  readonly vendor: string;
  readonly account: string;
  /** JSON: digests of the refresh tokens that were configured, the present one last. A new one replaces what is kept. */
  readonly origins: string;
  /** Counts what was kept, so that what is seen to be old can be told from what is new. */
  readonly version: number;
  /** `Tokens` as JSON, sealed. */
  readonly sealed: string;
  /** Whoever gets new ones at the moment, and until when nobody else does; milliseconds since 1970. */
  readonly leaseOwner: string | null;
  readonly leaseUntil: number | null;
}

/** Makes the table of a store, as a part of one of its migrations. */
export async function createVendorTokens({ db, text }: MigrationTarget): Promise<void> {
  await db.schema
    .createTable('vendor_tokens')
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('vendor', text, (column) => column.notNull())
    .addColumn('account', text, (column) => column.notNull())
    .addColumn('origins', text, (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('sealed', text, (column) => column.notNull())
    .addColumn('lease_owner', text)
    .addColumn('lease_until', 'bigint')
    .addPrimaryKeyConstraint('vendor_tokens_key', ['tenant', 'vendor', 'account'] as never)
    .execute();
}

const mostOrigins = 20;

const tokensShape = z.object({
  refreshToken: z.string(),
  /** Moments are milliseconds since 1970, of our clock. */
  access: z
    .object({ token: z.string(), gotAt: z.number(), renewAt: z.number(), expiresAt: z.number() })
    .nullable(),
});

export type Tokens = z.infer<typeof tokensShape>;

export interface KeptTokens {
  readonly version: number;
  readonly tokens: Tokens;
}

export interface TokenStoreOptions<Tables> {
  readonly store: Pick<Store<Tables>, 'engine' | 'briefly'>;
  readonly tenant: string;
  readonly vendor: string;
  readonly account: string;
  readonly sealing: Sealing;
  /** Milliseconds since 1970; the lease is by PostgreSQL's own clock there. */
  readonly now: () => number;
}

export interface TokenStore {
  /**
   * What is kept; where nothing is, or a refresh token is configured that never was before, that one from now on. A
   * process that still has the one before gets what came of the new one.
   */
  readonly read: (configured: string) => Promise<KeptTokens>;
  /** Whether `owner` may get new tokens in place of that version; false where somebody does, or has. */
  readonly lease: (version: number, owner: string, leaseMs: number) => Promise<boolean>;
  /** Whether they were kept: not where the lease was lost to somebody else. Gives the lease back. */
  readonly keep: (version: number, owner: string, tokens: Tokens) => Promise<boolean>;
  readonly giveBack: (owner: string) => Promise<void>;
}

export function openTokenStore<Tables extends VendorTokenTables>({
  store,
  tenant,
  vendor,
  account,
  sealing,
  now,
}: TokenStoreOptions<Tables>): TokenStore {
  const context = `vendor-tokens/${tenant}/${vendor}/${account}`;
  const seal = (tokens: Tokens) => sealing.seal(Buffer.from(JSON.stringify(tokens)), context);
  const mine = sql`tenant = ${tenant} and vendor = ${vendor} and account = ${account}`;
  const clock = () =>
    store.engine === 'postgres'
      ? sql`floor(extract(epoch from clock_timestamp()) * 1000)::bigint`
      : sql`${Math.floor(now())}`;
  return {
    read: (configured) =>
      store.briefly(async (trx) => {
        const origin = createHash('sha256').update(configured).digest('base64url');
        const fresh: Tokens = { refreshToken: configured, access: null };
        // On conflict nothing is changed, but the row is ours and is returned.
        const { rows } = await sql<Pick<VendorTokenRow, 'origins' | 'version' | 'sealed'>>`
          insert into vendor_tokens (tenant, vendor, account, origins, version, sealed)
          values (${tenant}, ${vendor}, ${account}, ${JSON.stringify([origin])}, 0, ${seal(fresh)})
          on conflict (tenant, vendor, account) do update set version = vendor_tokens.version
          returning origins, version, sealed`.execute(trx);
        const [row] = rows;
        if (row === undefined) throw new Error(`The tokens of ${vendor} could not be read.`);
        const origins: readonly string[] = JSON.parse(row.origins);
        if (origins.includes(origin)) {
          const plain = sealing.open(row.sealed, context).toString('utf8');
          return { version: row.version, tokens: tokensShape.parse(JSON.parse(plain)) };
        }
        const version = row.version + 1;
        await sql`
          update vendor_tokens set version = ${version}, sealed = ${seal(fresh)},
            origins = ${JSON.stringify([...origins, origin].slice(-mostOrigins))}
          where ${mine}`.execute(trx);
        return { version, tokens: fresh };
      }),
    lease: (version, owner, leaseMs) =>
      store.briefly(async (trx) => {
        const { rows } = await sql`
          update vendor_tokens set lease_owner = ${owner}, lease_until = ${clock()} + ${sql.lit(leaseMs)}
          where ${mine} and version = ${version} and (lease_until is null or lease_until <= ${clock()})
          returning version`.execute(trx);
        return rows.length > 0;
      }),
    keep: (version, owner, tokens) =>
      store.briefly(async (trx) => {
        const { rows } = await sql`
          update vendor_tokens
          set sealed = ${seal(tokens)}, version = version + 1, lease_owner = null, lease_until = null
          where ${mine} and version = ${version} and lease_owner = ${owner}
          returning version`.execute(trx);
        return rows.length > 0;
      }),
    giveBack: (owner) =>
      store.briefly(async (trx) => {
        await sql`
          update vendor_tokens set lease_owner = null, lease_until = null
          where ${mine} and lease_owner = ${owner}`.execute(trx);
      }),
  };
}
