import { LRUCache } from 'lru-cache';

/** Tenants whose newest event is remembered; of others any event may be the one that is waited for. */
const maxTenants = 10_000;

/** Tells readers that wait at the end of the log when something was appended. */
export interface News {
  readonly appended: (tenant: string, position: number) => void;
  /** Resolves when an event behind the position may be there: one of the tenant, or any where none is given. */
  readonly after: (position: number, signal: AbortSignal, tenant?: string) => Promise<void>;
  /** Lets everybody look. */
  readonly tellAll: () => void;
}

export function openNews(): News {
  const newest = new LRUCache<string, number>({ max: maxTenants });
  const waiting = new Map<string | undefined, Set<() => void>>();
  let last = 0;

  function tell(whom: string | undefined): void {
    for (const wake of waiting.get(whom) ?? []) wake();
  }

  return {
    appended: (tenant, position) => {
      last = Math.max(last, position);
      newest.set(tenant, Math.max(newest.get(tenant) ?? 0, position));
      tell(tenant);
      tell(undefined);
    },
    after: (position, signal, tenant) => {
      const known = tenant === undefined ? last : (newest.get(tenant) ?? last);
      if (known > position || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wakers = waiting.get(tenant) ?? new Set();
        waiting.set(tenant, wakers);
        const wake = () => {
          wakers.delete(wake);
          if (wakers.size === 0) waiting.delete(tenant);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        wakers.add(wake);
        signal.addEventListener('abort', wake);
      });
    },
    tellAll: () => {
      for (const whom of [...waiting.keys()]) tell(whom);
    },
  };
}
