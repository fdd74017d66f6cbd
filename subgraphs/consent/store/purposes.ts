import { type Kysely, sql, type Transaction } from 'kysely';
import { clientError } from '#chassis/errors.ts';
import { type UpsertOutcome, upsertRows } from '#chassis/store/upsert.ts';
import type { Purpose, PurposeValues, Tables } from './tables.ts';

/** A purpose as the graph shows it; a default one that no store holds was never observed. */
export type KnownPurpose = PurposeValues & { readonly observedAt: string | null };

/** What a tenant starts with, by key as every list of purposes. */
const defaults: readonly PurposeValues[] = [
  {
    id: 'ADVERTISING',
    name: 'Advertising',
    description: 'Showing advertisements on other sites and measuring them.',
  },
  { id: 'ANALYTICS', name: 'Analytics', description: 'Measuring how our sites and products are used.' },
  { id: 'EMAIL_MARKETING', name: 'Email marketing', description: 'Sending news and offers by email.' },
  { id: 'PROFILING', name: 'Profiling', description: 'Scoring and segmenting by personal data.' },
  { id: 'SALES_OUTREACH', name: 'Sales outreach', description: 'Being called or written to by a seller.' },
];

/** The tenant's purposes by key; the default ones for a tenant that has none. */
export async function selectPurposes(db: Kysely<Tables>, tenant: string): Promise<readonly KnownPurpose[]> {
  const { rows } = await sql<Purpose>`select * from purposes where tenant = ${tenant} order by id`.execute(
    db,
  );
  return rows.length > 0 ? rows : defaults.map((purpose) => ({ ...purpose, observedAt: null }));
}

/** Writes purposes by key within a transaction, idempotently, beside those the tenant has. */
export function writePurposes(
  trx: Transaction<Tables>,
  tenant: string,
  purposes: readonly PurposeValues[],
  observedAt: string,
): Promise<UpsertOutcome[]> {
  return upsertRows(trx, purposes, { table: 'purposes', tenant, observedAt });
}

/** Gives a tenant without any purpose the default ones, to be changed from there; leaves every other as it is. */
export async function ensureDefaultPurposes(
  trx: Transaction<Tables>,
  tenant: string,
  observedAt: string,
): Promise<void> {
  const { rows } = await sql`select id from purposes where tenant = ${tenant} limit 1`.execute(trx);
  if (rows.length === 0) await writePurposes(trx, tenant, defaults, observedAt);
}

/** Throws `INVALID_ARGUMENT` with the keys that would be right where the purpose is none of them. */
export function assertPurpose(purpose: string, known: readonly KnownPurpose[]): void {
  if (known.some(({ id }) => id === purpose)) return;
  const allowed = known.map(({ id }) => id);
  throw clientError(
    'INVALID_ARGUMENT',
    `"${purpose}" is not a known purpose; the purposes are ${allowed.join(', ')}.`,
    { argument: 'purpose', allowed },
  );
}
