import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { VendorError } from '#chassis/vendor/error.ts';
import { startPolling } from '#chassis/vendor/replica/sync/poll.ts';
import { webhookMetrics } from '#chassis/vendor/webhooks/metrics.ts';
import { partsWithWebhooks } from './event-path.ts';
import type { PartName, Parts } from './parts.ts';
import { replicasOf } from './replicas.ts';

/** How long one check may take, and how long it is until the next where the vendor did not answer. */
const checkMs = 30_000;
const checkAgainMs = 60_000;

export interface RunningVendors {
  /** Ends with the page and the deliveries at hand. */
  readonly close: () => Promise<void>;
}

/**
 * Begins what goes on between replicas and their vendors: their settings are checked, changes are asked for and what
 * vendors send is worked. A vendor that does not answer is checked later, and the replica is served until then.
 * @param registry where what vendors send is counted
 * @throws Error for settings that do not fit what the vendor has, and for credentials that it does not take
 */
export async function startVendors(
  parts: Partial<Parts>,
  log: Logger,
  registry?: Registry,
): Promise<RunningVendors> {
  const closing = new AbortController();
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    closing.abort(new Error('The process is ending.'));
    await Promise.all(closers.map((closer) => closer()));
  };
  try {
    for (const [part, replica] of replicasOf(parts)) {
      const ofPart = log.child({ subgraph: part });
      const unchecked = await checkAll(parts, part, ofPart, closing.signal);
      if (unchecked.length > 0) {
        const checking = checkLater(unchecked, ofPart, closing.signal);
        closers.push(() => checking);
      }
      const everyMs = replica.pollEveryMs;
      const afterwards = part === 'email' ? parts.email?.linkAgain : undefined;
      const polling = startPolling(replica, {
        ...{ log: ofPart, afterwards },
        ...(everyMs !== undefined && { everyMs }),
      });
      closers.push(polling.stop);
    }
    const sending = partsWithWebhooks.flatMap((name) => {
      const { webhooks, store } = parts[name] ?? {};
      return webhooks && store ? [{ webhooks, store }] : [];
    });
    if (registry && sending.length > 0) webhookMetrics(registry, sending);
    for (const { webhooks } of sending) closers.push(webhooks.start().close);
    return { close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A tenant's system as far as it is checked. */
interface Checked {
  readonly tenant: string;
  readonly vendor: string;
  readonly check: (signal: AbortSignal) => Promise<void>;
}

async function checkAll(
  parts: Partial<Parts>,
  part: PartName,
  log: Logger,
  signal: AbortSignal,
): Promise<readonly Checked[]> {
  const unchecked: Checked[] = [];
  for (const [tenant, { vendor, check }] of replicasOf(parts).get(part)?.systems ?? []) {
    const checked = { tenant, vendor, check };
    if (!(await hasAnswered(checked, log, signal))) unchecked.push(checked);
  }
  return unchecked;
}

/** False where the vendor did not answer. Rejects with what it has to say against the settings. */
async function hasAnswered(
  { tenant, vendor, check }: Checked,
  log: Logger,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = AbortSignal.timeout(checkMs);
  try {
    await check(AbortSignal.any([signal, deadline]));
    return true;
  } catch (err) {
    const isAway =
      deadline.aborted ||
      (err instanceof VendorError && (err.failure.kind === 'unavailable' || err.failure.kind === 'limited'));
    if (!isAway) throw err;
    log.warn({ err, tenant, vendor }, 'a vendor does not answer; its replica is served until it does');
    return false;
  }
}

/** Checks until all have answered. The house runs by then: what does not fit is told, and nothing ends. */
async function checkLater(unchecked: readonly Checked[], log: Logger, signal: AbortSignal): Promise<void> {
  let left = unchecked;
  while (left.length > 0) {
    await sleep(checkAgainMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const still: Checked[] = [];
    for (const one of left) {
      const { tenant, vendor } = one;
      try {
        if (!(await hasAnswered(one, log, signal))) still.push(one);
        else log.info({ tenant, vendor }, 'the vendor answers, and its settings fit');
      } catch (err) {
        if (signal.aborted) return;
        log.error({ err, tenant, vendor }, 'the settings of a vendor do not fit');
      }
    }
    left = still;
  }
}
