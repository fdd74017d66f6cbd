import type { Clock } from './clock.ts';
import { Refusal } from './errors.ts';

/** How many calls are allowed; what is absent is not limited. */
export interface LimitSettings {
  /** In any ten seconds, searches apart: 190 for a private app of a professional or enterprise portal. */
  readonly tenSecondly?: number;
  /** Searches in any second: 4. */
  readonly searchesPerSecond?: number;
  /** All calls of a day in UTC. */
  readonly daily?: number;
}

export const hubspotLimits: LimitSettings = { tenSecondly: 190, searchesPerSecond: 4, daily: 650_000 };

export interface Limits {
  readonly set: (settings: LimitSettings) => void;
  /** Counts a call, or throws 429. A call that is refused is not counted. @returns headers of the answer */
  readonly admit: (isSearch: boolean) => Readonly<Record<string, string>>;
  /** What a refused call's answer carries. */
  readonly headers: () => Readonly<Record<string, string>>;
}

const day = 86_400_000;

function tooMany(policyName: 'TEN_SECONDLY_ROLLING' | 'SECONDLY' | 'DAILY'): Refusal {
  return new Refusal(429, `You have reached your ${policyName.toLowerCase()} limit.`, {
    category: 'RATE_LIMITS',
    errorType: 'RATE_LIMIT',
    policyName,
  });
}

export function createLimits(clock: Clock, initial: LimitSettings): Limits {
  let settings = initial;
  let calls: number[] = [];
  let searches: number[] = [];
  let today = { since: 0, used: 0 };

  function turn(): void {
    const now = clock.now();
    calls = calls.filter((at) => at > now - 10_000);
    searches = searches.filter((at) => at > now - 1_000);
    const since = now - (now % day);
    if (today.since !== since) today = { since, used: 0 };
  }

  /* Answers of searches carry no headers about limits; HubSpot's manual says so, and it is so. */
  function headers(): Record<string, string> {
    turn();
    const { tenSecondly, daily } = settings;
    return {
      ...(daily !== undefined && {
        'X-HubSpot-RateLimit-Daily': String(daily),
        'X-HubSpot-RateLimit-Daily-Remaining': String(Math.max(0, daily - today.used)),
      }),
      ...(tenSecondly !== undefined && {
        'X-HubSpot-RateLimit-Interval-Milliseconds': '10000',
        'X-HubSpot-RateLimit-Max': String(tenSecondly),
        'X-HubSpot-RateLimit-Remaining': String(Math.max(0, tenSecondly - calls.length)),
      }),
    };
  }

  return {
    set: (changed) => {
      settings = changed;
    },
    headers,
    admit: (isSearch) => {
      turn();
      const { tenSecondly, searchesPerSecond, daily } = settings;
      if (daily !== undefined && today.used >= daily) throw tooMany('DAILY');
      if (isSearch && searchesPerSecond !== undefined && searches.length >= searchesPerSecond) {
        throw tooMany('SECONDLY');
      }
      if (!isSearch && tenSecondly !== undefined && calls.length >= tenSecondly) {
        throw tooMany('TEN_SECONDLY_ROLLING');
      }
      today.used += 1;
      (isSearch ? searches : calls).push(clock.now());
      return isSearch ? {} : headers();
    },
  };
}
