import type { FetchRecord } from '#gateway/fetching/request-scope.ts';

/**
 * What a subgraph contributed to an answer. `STALE`: it answered, with something older than it should be. `ERROR`: it
 * answered, with errors among the answer. `NOT_ASKED`: there was nothing to ask it for.
 */
export type SourceStatus = 'OK' | 'STALE' | 'ERROR' | 'UNAVAILABLE' | 'TIMEOUT' | 'NOT_ASKED';

export interface Source {
  readonly status: SourceStatus;
  /** Of its slowest fetch; null where there was none. */
  readonly latencyMs: number | null;
  /** The oldest of everything it contributed; null where it said no such thing. */
  readonly observedAt: string | null;
  /** How old the oldest is of what is older than it should be; null where nothing is. */
  readonly ageMs: number | null;
}

const notAsked: Source = { status: 'NOT_ASKED', latencyMs: null, observedAt: null, ageMs: null };

/* From what may be ignored to what must not be. */
const severity: readonly SourceStatus[] = ['NOT_ASKED', 'OK', 'STALE', 'ERROR', 'TIMEOUT', 'UNAVAILABLE'];

/** Sums up the fetches of a request by subgraph: the worst outcome, the longest latency, the oldest observation. */
export function sourcesOf(
  subgraphs: readonly string[],
  records: readonly FetchRecord[],
  now: number = Date.now(),
): Readonly<Record<string, Source>> {
  const sources: Record<string, Source> = {};
  for (const subgraph of subgraphs) {
    sources[subgraph] = notAsked;
  }
  for (const { subgraph, outcome, latencyMs, observedAt, staleSince } of records) {
    const before = sources[subgraph] ?? notAsked;
    sources[subgraph] = {
      status: severity.indexOf(outcome) > severity.indexOf(before.status) ? outcome : before.status,
      latencyMs: Math.max(before.latencyMs ?? 0, Math.round(latencyMs * 10) / 10),
      observedAt: older(older(before.observedAt, observedAt), staleSince),
      ageMs: staleSince === undefined ? before.ageMs : Math.max(before.ageMs ?? 0, ageOf(staleSince, now)),
    };
  }
  return sources;
}

/** Clocks differ: nothing is younger than now. */
function ageOf(observedAt: string, now: number): number {
  return Math.max(0, now - Date.parse(observedAt));
}

function older(one: string | null, other: string | undefined): string | null {
  if (one === null || other === undefined) {
    return one ?? other ?? null;
  }
  return Date.parse(other) < Date.parse(one) ? other : one;
}
