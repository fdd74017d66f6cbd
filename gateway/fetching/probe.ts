import type { SubgraphTarget } from './targets.ts';

/** Whether a subgraph answers right now. */
export type SubgraphState =
  | {
      readonly kind: 'reachable';
      readonly name: string;
      readonly latencyMs: number;
      /** RFC 3339, UTC. */
      readonly checkedAt: string;
    }
  | { readonly kind: 'unreachable'; readonly name: string; readonly checkedAt: string };

/** How long a subgraph may take to say anything. */
const probeTimeoutMs = 1_000;
/** Many who look at once cost a subgraph one question in this time. */
const keptMs = 3_000;

const body = JSON.stringify({ query: '{__typename}' });
const headers = { 'content-type': 'application/json', accept: 'application/json' };
const kept = new WeakMap<SubgraphTarget, { readonly at: number; readonly state: Promise<SubgraphState> }>();

/**
 * Asks every subgraph for `{__typename}`. One that answers is reachable, even where it refuses the question; one that
 * fails inside (5xx), cannot be connected to or takes longer than a second is not. Answers are kept for three seconds.
 */
export function probeSubgraphs(
  targets: ReadonlyMap<string, SubgraphTarget>,
  now: () => number = Date.now,
): Promise<readonly SubgraphState[]> {
  const states = [...targets.values()].map((target) => {
    const known = kept.get(target);
    if (known !== undefined && now() - known.at < keptMs) {
      return known.state;
    }
    const state = probe(target, new Date(now()).toISOString());
    kept.set(target, { at: now(), state });
    return state;
  });
  return Promise.all(states);
}

async function probe({ name, path, pool }: SubgraphTarget, checkedAt: string): Promise<SubgraphState> {
  const startedAt = performance.now();
  try {
    const signal = AbortSignal.timeout(probeTimeoutMs);
    const answer = await pool.request({ method: 'POST', path, headers, body, signal });
    /* What it says is of no interest, but an unread answer would hold the connection. */
    await answer.body.dump();
    if (answer.statusCode >= 500) {
      return { kind: 'unreachable', name, checkedAt };
    }
    const latencyMs = Math.round((performance.now() - startedAt) * 10) / 10;
    return { kind: 'reachable', name, latencyMs, checkedAt };
  } catch {
    return { kind: 'unreachable', name, checkedAt };
  }
}
