import { vendorCause } from '../domain.ts';
import { forgetPositions } from '../positions.ts';
import { type ProblemSummary, summarizeProblems } from '../problems.ts';
import type { Replica } from '../replica.ts';
import type { ReplicaTables } from '../tables.ts';
import type { WriteCounts } from '../writer.ts';
import { countedSystem } from './counted-system.ts';
import { readPage } from './read-page.ts';

export interface RunHooks {
  readonly onProgress: (progress: {
    readonly step: string;
    readonly done: number;
    readonly total: number;
  }) => void;
  /** Ends the run between two pages. */
  readonly signal: AbortSignal;
}

export interface BackfillOptions {
  readonly tenant: string;
  /** Begins at the beginning, also where an earlier run came further. */
  readonly again?: boolean | undefined;
}

export interface BackfillReport {
  readonly vendor: string;
  readonly tenant: string;
  /** By type; records that were read because others refer to them are counted too. */
  readonly types: Readonly<Record<string, WriteCounts>>;
  /** Of all that cannot be said in the domain's words, the most frequent first. */
  readonly problems: readonly ProblemSummary[];
  readonly calls: number;
  readonly seconds: number;
}

const reportedProblems = 50;

/**
 * Reads all that the vendor has, type by type. What a run has read is not read again by the next one, which goes on
 * from there. Throws an Error for a tenant that has no vendor.
 */
export async function backfill<Tables extends ReplicaTables>(
  replica: Replica<Tables>,
  { tenant, again = false }: BackfillOptions,
  { onProgress, signal }: RunHooks,
): Promise<BackfillReport> {
  const startedAt = performance.now();
  const { system, calls } = countedSystem(systemOf(replica, tenant));
  const { vendor } = system;
  if (again) await replica.store.transaction((trx) => forgetPositions(trx, { tenant, vendor }));
  const cause = vendorCause(vendor, tenant);
  const types: Record<string, WriteCounts> = {};
  for (const type of replica.domain.types) {
    types[type] ??= none;
    let done = 0;
    for (let more = true; more; ) {
      signal.throwIfAborted();
      const page = await readPage(replica, { system, tenant, type, cause, signal });
      for (const [each, counts] of Object.entries(page.counts))
        types[each] = sum(types[each] ?? none, counts);
      done += page.seen;
      more = page.more;
      // How many there are, no vendor says beforehand: the bar ends where the page before it thought it would.
      onProgress({ step: type, done, total: more ? done + page.seen : done });
    }
  }
  const problems = await summarizeProblems(replica.store.db, { tenant, vendor }, reportedProblems);
  const seconds = (performance.now() - startedAt) / 1_000;
  return { vendor, tenant, types, problems, calls: calls(), seconds };
}

export function systemOf<Tables>({ systems }: Pick<Replica<Tables>, 'systems'>, tenant: string) {
  const system = systems.get(tenant);
  if (system !== undefined) return system;
  const known = [...systems.keys()];
  throw new Error(
    `The tenant "${tenant}" has no vendor configured: ${known.length > 0 ? `those that have one are ${known.join(', ')}` : 'nobody has one'}.`,
  );
}

const none: WriteCounts = { inserted: 0, updated: 0, unchanged: 0, older: 0, gone: 0, unmapped: 0 };

function sum(a: WriteCounts, b: WriteCounts): WriteCounts {
  const names = Object.keys(none) as (keyof WriteCounts)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as unknown as WriteCounts;
}
