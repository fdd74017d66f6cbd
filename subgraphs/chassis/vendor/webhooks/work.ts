import type { Transaction } from 'kysely';
import type { Logger } from 'pino';
import { type Bell, beforeAbort, makeBell, pause } from '#events/waiting.ts';
import type { Store } from '../../store/store.ts';
import { isTemporary } from '../error.ts';
import type { Notice } from '../system.ts';
import type { CountWebhooks } from './counts.ts';
import { parseReceipts } from './parse-receipts.ts';
import {
  type Claimed,
  claimNotices,
  defaultWebhookRetry,
  endNotices,
  failNotices,
  holdNotices,
  type Lease,
  releaseNotices,
  type WebhookRetry,
} from './queue.ts';
import { noticeContext, type WebhookSecrets } from './secrets.ts';
import type { WebhookSource } from './source.ts';
import type { NoticeRow, WebhookTables } from './tables.ts';

export interface WorkOptions<Tables extends WebhookTables> {
  readonly store: Store<Tables>;
  readonly sources: ReadonlyMap<string, WebhookSource<Tables>>;
  readonly secrets: WebhookSecrets;
  readonly log: Logger;
  readonly count: CountWebhooks;
  /** Rings when this process took a delivery. */
  readonly received: Bell;
  /** Batches worked at once. */
  readonly concurrency?: number;
  readonly retry?: WebhookRetry;
  /** How long notices are held that are worked; reads of a vendor must end before, and are told so. */
  readonly leaseMs?: number;
  /** How often it is looked for what other processes took, or what was to wait. */
  readonly pollMs?: number;
}

export interface WebhookWork {
  /** Ends after what is under way, which is told to stop; what was not done waits for the next process. */
  readonly close: () => Promise<void>;
}

/** Longer than a vendor takes for a hundred records, and what a crash holds them up. */
const usualLeaseMs = 60_000;
/** On SQLite transactions come one after another in any case, and reads of a vendor are what waits. */
const usualConcurrency = 4;

/** Makes notices of receipts and has them take effect, beside other processes that do the same. */
export function startWebhookWork<Tables extends WebhookTables>(options: WorkOptions<Tables>): WebhookWork {
  const { store, sources, log, received } = options;
  const { concurrency = usualConcurrency, leaseMs = usualLeaseMs, pollMs = 1_000 } = options;
  const vendors = [...sources.keys()];
  const closing = new AbortController();
  const { signal } = closing;

  /** Does turns until one had nothing to do; then waits, for the bell or for some time. */
  const keepOn = async (what: string, turn: () => Promise<boolean>, bell: Bell): Promise<void> => {
    while (!signal.aborted) {
      bell.reset();
      try {
        if (!(await turn())) await bell.wait(pollMs, signal);
      } catch (error) {
        log.warn({ err: error, what }, 'webhooks wait: the store cannot be asked');
        await pause(pollMs, signal);
      }
    }
  };

  const parsed = Array.from({ length: concurrency }, makeBell);
  const parse = async (): Promise<boolean> => {
    const more = await parseReceipts(options);
    for (const bell of parsed) bell.ring();
    return more;
  };
  const work = async (): Promise<boolean> => {
    const claimed = await claimNotices(store, vendors, leaseMs);
    if (claimed === null) return false;
    await workClaimed(claimed, signal, options);
    return true;
  };
  const loops = [keepOn('parsing', parse, received), ...parsed.map((bell) => keepOn('applying', work, bell))];
  return {
    close: async () => {
      closing.abort();
      await Promise.all(loops);
    },
  };
}

/** All records together; where that fails of one of them, each alone, so that it fails only what is to blame. */
async function workClaimed<Tables extends WebhookTables>(
  { lease, tenant, vendor, records }: Claimed,
  signal: AbortSignal,
  options: WorkOptions<Tables>,
): Promise<void> {
  const { store, log, count, retry = defaultWebhookRetry } = options;
  const attempt = async (positions: readonly number[]): Promise<void> => {
    const applied = await apply({ lease, tenant, vendor, positions }, signal, options);
    count(vendor, 'applied', applied);
  };
  const fail = async (positions: readonly number[], error: unknown): Promise<void> => {
    const parked = await store.transaction((trx) => failNotices(trx, lease, positions, error, retry));
    count(vendor, parked > 0 ? 'parked' : 'retried', parked > 0 ? parked : positions.length);
    const details = { err: error, vendor, tenant, notices: positions.length };
    if (parked > 0) log.error(details, 'notices failed for the last time and are parked');
    else log.warn(details, 'notices failed and will be tried again');
  };

  const all = records.flat();
  try {
    return await attempt(all);
  } catch (error) {
    if (signal.aborted) return store.transaction((trx) => releaseNotices(trx, lease, all));
    // What is the matter with the vendor would be so with each of them.
    if (records.length === 1 || isTemporary(error)) return fail(all, error);
  }
  for (const [at, positions] of records.entries()) {
    if (signal.aborted) {
      return store.transaction((trx) => releaseNotices(trx, lease, records.slice(at).flat()));
    }
    await attempt(positions).catch((error: unknown) => fail(positions, error));
  }
}

interface Batch {
  readonly lease: Lease;
  readonly tenant: string;
  readonly vendor: string;
  readonly positions: readonly number[];
}

/** Has notices take effect and answers how many did: what is not held any more is left to whoever has it. */
async function apply<Tables extends WebhookTables>(
  { lease, tenant, vendor, positions }: Batch,
  stopped: AbortSignal,
  { store, sources, secrets }: WorkOptions<Tables>,
): Promise<number> {
  const effect = sources.get(vendor)?.effect;
  if (effect === undefined) throw new Error(`Nothing is known here of the vendor ${vendor}.`);
  const held = await store.transaction((trx) => holdNotices(trx, lease, positions));
  if (held.length === 0) return 0;
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(lease.ms * 0.75)]);
  const open = (row: NoticeRow) => noticeOf(row, secrets);
  if (effect.kind === 'keys') {
    await beforeAbort(effect.apply(lastOfEach(held).map(open), { tenant, signal }), signal);
    return store.transaction((trx) => endNotices(trx, lease, positions));
  }
  let isNoted = false;
  const within = async (trx: Transaction<Tables>): Promise<void> => {
    isNoted = true;
    const ended = await endNotices(trx, lease, positions);
    if (ended < held.length) throw new Error('Notices were taken over, or erased, while they were worked.');
  };
  await beforeAbort(effect.apply(held.map(open), { tenant, within, signal }), signal);
  if (!isNoted) throw new Error(`What ${vendor} told was applied without noting it in the same transaction.`);
  return held.length;
}

/** One is enough to read a record again. */
function lastOfEach(rows: readonly NoticeRow[]): readonly NoticeRow[] {
  return [...new Map(rows.map((row) => [`${row.type}\n${row.recordId}`, row])).values()];
}

function noticeOf(row: NoticeRow, { sealing }: WebhookSecrets): Notice {
  const { tenant, vendor, noticeId, type, recordId, occurredAt, sealed } = row;
  if (sealed === null || recordId === null) throw new Error('A notice that waits has lost what it says.');
  const said = sealing.open(sealed, noticeContext(tenant, vendor, noticeId));
  const { persons, content } = JSON.parse(said.toString('utf8')) as Pick<Notice, 'persons' | 'content'>;
  return { id: noticeId, type, recordId, occurredAt, persons, content };
}
