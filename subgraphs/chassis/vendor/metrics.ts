import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { VendorFailure } from './error.ts';

/** How one attempt at a call ended; `ended` is for what was given up, `broken` for what is no fault of the vendor. */
export type CallOutcome = 'answered' | VendorFailure['kind'] | 'ended' | 'broken';

/** What can be asked about an account's calls at any time. */
export interface WatchedCalls {
  readonly vendor: string;
  readonly account: string;
  /** By the limit that is waited for: a class of endpoints, or `account`. */
  readonly waiting: () => ReadonlyMap<string, number>;
  readonly breaker: () => 'closed' | 'half-open' | 'open';
}

/** Is told of the calls to vendors. */
export interface CallObserver {
  readonly attempted: (vendor: string, endpoint: string, outcome: CallOutcome, tookMs: number) => void;
  readonly repeated: (vendor: string, endpoint: string) => void;
  /** Answers what ends watching. */
  readonly watch: (calls: WatchedCalls) => () => void;
}

const durations = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const breakerStates = ['closed', 'half-open', 'open'] as const;

/** The numbers of all vendors' calls of a process: by vendor, class of endpoints and account's name, by no person. */
export function vendorMetrics(registry: Registry): CallObserver {
  const registers = [registry];
  const name = (suffix: string) => `tributary_vendor_${suffix}`;
  const watched = new Set<WatchedCalls>();
  const attempts = new Counter({
    name: name('attempts_total'),
    help: 'Attempts at calls to a vendor, by how they ended.',
    labelNames: ['vendor', 'endpoint', 'outcome'],
    registers,
  });
  const took = new Histogram({
    name: name('attempt_seconds'),
    help: 'How long attempts took, without waiting for their turn.',
    labelNames: ['vendor', 'endpoint'],
    buckets: durations,
    registers,
  });
  const repeats = new Counter({
    name: name('repeats_total'),
    help: 'Calls that failed and were made again.',
    labelNames: ['vendor', 'endpoint'],
    registers,
  });
  new Gauge({
    name: name('waiting'),
    help: 'Calls that wait for their turn within the limits of a class of endpoints, or of the whole account.',
    labelNames: ['vendor', 'account', 'endpoint'],
    registers,
    collect() {
      this.reset();
      for (const { vendor, account, waiting } of watched) {
        for (const [endpoint, count] of waiting()) this.inc({ vendor, account, endpoint }, count);
      }
    },
  });
  new Gauge({
    name: name('breaker'),
    help: 'Whether calls of an account are let through: 0 closed, they are; 1 half open, one is; 2 open, none.',
    labelNames: ['vendor', 'account'],
    registers,
    collect() {
      this.reset();
      for (const { vendor, account, breaker } of watched) {
        this.set({ vendor, account }, breakerStates.indexOf(breaker()));
      }
    },
  });
  return {
    attempted: (vendor, endpoint, outcome, tookMs) => {
      attempts.inc({ vendor, endpoint, outcome });
      took.observe({ vendor, endpoint }, tookMs / 1_000);
    },
    repeated: (vendor, endpoint) => repeats.inc({ vendor, endpoint }),
    watch: (calls) => {
      watched.add(calls);
      return () => watched.delete(calls);
    },
  };
}
