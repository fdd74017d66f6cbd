import type { FetchRecord } from '#gateway/fetching/request-scope.ts';

/**
 * What a subgraph contributed to an answer. `ERROR`: it answered, with errors among the answer. `NOT_ASKED`: there
 * was nothing to ask it for.
 */
export type SourceStatus = 'OK' | 'ERROR' | 'UNAVAILABLE' | 'TIMEOUT' | 'NOT_ASKED';

export interface Source {
  readonly status: SourceStatus;
  /** Of its slowest fetch; null where there was none. */
  readonly latencyMs: number | null;
  /** The oldest of everything it contributed; null where it said no such thing. */
  readonly observedAt: string | null;
}

/* From what may be ignored to what must not be. */
const severity: readonly SourceStatus[] = ['NOT_ASKED', 'OK', 'ERROR', 'TIMEOUT', 'UNAVAILABLE'];

/** Sums up the fetches of a request by subgraph: the worst outcome, the longest latency, the oldest observation. */
export function sourcesOf(
  subgraphs: readonly string[],
  records: readonly FetchRecord[],
): Readonly<Record<string, Source>> {
  const sources: Record<string, Source> = {};
  for (const subgraph of subgraphs) {
    sources[subgraph] = { status: 'NOT_ASKED', latencyMs: null, observedAt: null };
  }
  for (const { subgraph, outcome, latencyMs, observedAt } of records) {
    const before = sources[subgraph] ?? { status: 'NOT_ASKED', latencyMs: null, observedAt: null };
    sources[subgraph] = {
      status: severity.indexOf(outcome) > severity.indexOf(before.status) ? outcome : before.status,
      latencyMs: Math.max(before.latencyMs ?? 0, Math.round(latencyMs * 10) / 10),
      observedAt: older(before.observedAt, observedAt),
    };
  }
  return sources;
}

function older(one: string | null, other: string | undefined): string | null {
  if (one === null || other === undefined) {
    return one ?? other ?? null;
  }
  return Date.parse(other) < Date.parse(one) ? other : one;
}
