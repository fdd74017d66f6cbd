/** At most `limit` requests in `windowMs` milliseconds. */
export interface RateWindow {
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
}

/** What a request found in its tightest window; times in milliseconds. */
export interface Taken {
  readonly allowed: boolean;
  readonly window: RateWindow;
  readonly remaining: number;
  readonly resetsInMs: number;
}

/**
 * Counts requests in fixed windows, which begin with a key's first request, as both vendors do it. A refused
 * request counts in no window.
 */
export function rateCounter(
  now: () => number,
): (key: string, windows: readonly RateWindow[]) => Taken | undefined {
  const counts = new Map<string, { readonly since: number; count: number }>();
  const current = (key: string, window: RateWindow) => {
    const name = `${key} ${window.name}`;
    const found = counts.get(name);
    if (found !== undefined && now() - found.since < window.windowMs) return found;
    const fresh = { since: now(), count: 0 };
    counts.set(name, fresh);
    return fresh;
  };
  return (key, windows) => {
    const states = windows.map((window) => ({ window, state: current(key, window) }));
    const full = states.find(({ window, state }) => state.count >= window.limit);
    if (full === undefined) for (const { state } of states) state.count += 1;
    const views = states.map(({ window, state }) => ({
      allowed: full === undefined,
      window,
      remaining: window.limit - state.count,
      resetsInMs: state.since + window.windowMs - now(),
    }));
    const refusing = views.find(({ window }) => window === full?.window);
    return refusing ?? views.toSorted((a, b) => a.remaining - b.remaining)[0];
  };
}
