import { setTimeout } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { PipelineParts } from '#gateway/pipeline/types.ts';
import { holdingsOf, metricsScope } from '#gateway/rights/access.ts';
import type { MostUsed } from '#gateway/usage/types.ts';
import type { Serving } from './lifetime.ts';

/** What a page may say of usage. */
export type PageUsage =
  /** Nothing is counted here. */
  | { readonly kind: 'off' }
  /** It is not for this viewer: who asks what is read with the scope `metrics:read`. */
  | { readonly kind: 'hidden' }
  | { readonly kind: 'failed' }
  /** What clients of the viewer's tenant asked most, of today and the days before it. */
  | { readonly kind: 'counted'; readonly days: number; readonly operations: readonly MostUsed[] };

export type UsageFor = (
  parts: Pick<PipelineParts, 'authenticate'>,
  authorization: string | undefined,
) => Promise<PageUsage>;

const days = 30;
const limit = 10;
/** As fresh as counts are: they come every few seconds. */
const keptMs = 5_000;
const keptTenants = 100;
const timeoutMs = 1_000;

/** Answers what the pages of a gateway may say of usage. */
export function openPageUsage({ usage, generation, log }: Serving): UsageFor {
  if (usage === undefined) return async () => ({ kind: 'off' });
  const kept = new LRUCache<string, Promise<readonly MostUsed[]>>({ max: keptTenants, ttl: keptMs });

  const mostUsed = (tenant: string): Promise<readonly MostUsed[]> => {
    const known = kept.get(tenant);
    if (known !== undefined) return known;
    const asked = usage.mostUsed({ tenant, days, limit });
    kept.set(tenant, asked);
    asked.catch((err: unknown) => {
      kept.delete(tenant);
      log.error({ err }, 'usage cannot be read');
    });
    return asked;
  };

  return async ({ authenticate }, authorization) => {
    const viewer = await Promise.try(authenticate, authorization).catch(() => undefined);
    if (viewer === undefined || !holdingsOf(viewer, generation().access).hasScope(metricsScope)) {
      return { kind: 'hidden' };
    }
    const late = new AbortController();
    try {
      const operations = await Promise.race([
        mostUsed(viewer.tenant),
        setTimeout(timeoutMs, undefined, { signal: late.signal }).catch(() => undefined),
      ]);
      return operations === undefined ? { kind: 'failed' } : { kind: 'counted', days, operations };
    } catch {
      return { kind: 'failed' };
    } finally {
      late.abort();
    }
  };
}
