import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhen,
  handleWhenResult,
  type IRetryBackoffContext,
  retry,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
} from 'cockatiel';
import type { Logger } from 'pino';
import type { VendorError } from './error.ts';

const firstPauseMs = 200;
const longestPauseMs = 5_000;

export interface Breaker<End> {
  readonly state: () => 'closed' | 'half-open' | 'open';
  /** Whether it would refuse a call now; half open it has let one through and waits for its end. */
  readonly isOpen: () => boolean;
  readonly through: (call: () => Promise<End>) => Promise<End>;
}

export interface BreakerOptions<End> {
  readonly failures: number;
  readonly openMs: number;
  readonly isFailure: (end: End) => boolean;
  readonly log: Logger;
}

/** Opens after so many failures in a row, and lets one call try after `openMs`. What a call throws is neither. */
export function openBreaker<End>({ failures, openMs, isFailure, log }: BreakerOptions<End>): Breaker<End> {
  let triesAt = 0;
  const policy: CircuitBreakerPolicy = circuitBreaker(
    // A call that alone tries and is given up has shown nothing, and so does not close it.
    handleWhen(() => policy.state === CircuitState.HalfOpen).orWhenResult((end) => isFailure(end as End)),
    { breaker: new ConsecutiveBreaker(failures), halfOpenAfter: openMs },
  );
  policy.onBreak(() => {
    triesAt = Date.now() + openMs;
    log.warn({ failures, openMs }, 'the vendor does not answer and is left alone for a while');
  });
  policy.onReset(() => log.info('the vendor answers again'));
  return {
    state: () => {
      if (policy.state === CircuitState.Closed) return 'closed';
      return policy.state === CircuitState.HalfOpen ? 'half-open' : 'open';
    },
    isOpen: () =>
      policy.state === CircuitState.HalfOpen || (policy.state === CircuitState.Open && Date.now() < triesAt),
    through: (call) => policy.execute(call),
  };
}

export interface RepeatOptions<End> {
  readonly repetitions: number;
  readonly signal: AbortSignal;
  readonly failureOf: (end: End) => VendorError | null;
  readonly repeatable: boolean;
}

/**
 * Makes a call until it ends otherwise than in a failure that is worth another, with exponential pauses of random
 * length between. Answers the last end; what a call throws ends it at once.
 */
export async function repeating<End>(
  { repetitions, signal, failureOf, repeatable }: RepeatOptions<End>,
  call: () => Promise<End>,
  repeated: (failure: VendorError) => void,
): Promise<End> {
  const isWorthAnother = (end: unknown) => {
    const failure = failureOf(end as End);
    return failure !== null && mayRepeat(failure, repeatable);
  };
  const failed = (reason: { readonly value?: unknown }) => failureOf(reason.value as End) as VendorError;
  const policy = retry(handleWhenResult(isWorthAnother), {
    maxAttempts: repetitions,
    backoff: new DelegateBackoff<IRetryBackoffContext<unknown>>(({ attempt, result }) =>
      // How long to wait after a 429 is known to the limits, for all processes.
      failed(result as { value?: unknown }).failure.kind === 'limited'
        ? 0
        : Math.random() * Math.min(firstPauseMs * 2 ** attempt, longestPauseMs),
    ),
  });
  policy.onRetry((reason) => repeated(failed(reason as { value?: unknown })));
  return policy.execute(async () => {
    signal.throwIfAborted();
    return call();
  }, signal);
}

function mayRepeat(error: VendorError, repeatable: boolean): boolean {
  if (error.failure.kind === 'limited') return true;
  return error.failure.kind === 'unavailable' && (repeatable || hasNotArrived(error));
}

/** What systems and undici say where there was no connection to send anything over. */
const notConnected: ReadonlySet<unknown> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function hasNotArrived(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && notConnected.has(at.code)) return true;
  }
  return false;
}

export interface WithinOptions {
  readonly signal: AbortSignal;
  readonly late: () => Error;
}

/** Rejects when `ms` have passed, whatever the work makes of its signal, and with the signal's reason before that. */
export async function within<Answer>(
  ms: number,
  work: (signal: AbortSignal) => Promise<Answer>,
  { signal, late }: WithinOptions,
): Promise<Answer> {
  const policy = timeout(ms, { strategy: TimeoutStrategy.Aggressive, abortOnReturn: true });
  let isLate = false;
  policy.onTimeout(() => {
    isLate = !signal.aborted;
  });
  try {
    return await policy.execute(({ signal: ofWork }) => work(ofWork), signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw isLate || error instanceof TaskCancelledError ? late() : error;
  }
}
