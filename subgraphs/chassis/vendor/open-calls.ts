import type { Logger } from 'pino';
import type { Store } from '../store/store.ts';
import { orAborted } from './abort.ts';
import { type CallClass, type CallLimits, callClass, checkLimits } from './call-limits.ts';
import type { Attempt, CallOptions, LimitOf, SeenLimit, Urgency, VendorCalls } from './calls.ts';
import { VendorError } from './error.ts';
import { type CallLimitTables, openLimitStore } from './limit-store.ts';
import { isNews } from './limits.ts';
import type { CallObserver, CallOutcome } from './metrics.ts';
import { openBreaker, repeating, within } from './resilience.ts';
import { openTurns, type Turn, type Turns } from './turns.ts';

export interface VendorCallsOptions<Tables extends CallLimitTables> {
  /** In lower case, such as stands in metrics. */
  readonly vendor: string;
  /** Our name of the account whose limits these are; it stands in metrics and in the log, so it is no person's. */
  readonly account: string;
  readonly tenant: string;
  /** Has the table of `createCallLimits`. Processes that share it share the limits. */
  readonly store: Pick<Store<Tables>, 'engine' | 'briefly'>;
  readonly log: Logger;
  readonly limits: CallLimits;
  readonly observer?: CallObserver;
  /** Calls of one class under way in this process. Default 10. */
  readonly concurrency?: number;
  /** Calls of one class that wait in this process; more are refused as limited. Default 1,000. */
  readonly queue?: number;
  /**
   * How long a call waits for its turn before it is refused as limited; one that is known to have to wait longer is so
   * at once. Default: 5,000 for reads, 30,000 for pushes, 60,000 for syncs.
   */
  readonly longestWaitMs?: Partial<Readonly<Record<Urgency, number>>>;
  /** Of one attempt, without its wait. Default 10,000. */
  readonly attemptMs?: number;
  /** How often a call is made again at most. Default 2. */
  readonly repetitions?: number;
  /** Failures in a row after which the vendor is left alone, and for how long. Default 5 and 15,000. */
  readonly breaker?: { readonly failures: number; readonly openMs: number };
  /** Milliseconds since 1970, by which limits count. Default: PostgreSQL's clock where that is the store, else the machine's. */
  readonly now?: () => number;
}

const defaultWaits: Readonly<Record<Urgency, number>> = { read: 5_000, push: 30_000, sync: 60_000 };

/** How one attempt ended that is a matter between the vendor and us; whatever else it threw is rejected with. */
type Ended<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly error: VendorError };

/**
 * Opens the calls to one account. An attempt tells of a failure by throwing a `VendorError`; a call is made again where
 * the failure is temporary and either the call is `repeatable` or it is known not to have arrived: a 429, or no connection.
 * @throws RangeError for limits that are none.
 */
export function openVendorCalls<Tables extends CallLimitTables>(
  options: VendorCallsOptions<Tables>,
): VendorCalls {
  const { vendor, account, tenant, store, limits, observer, now } = options;
  const { concurrency = 10, queue = 1_000, attemptMs = 10_000, repetitions = 2 } = options;
  checkLimits(vendor, limits);
  const log = options.log.child({ vendor, account });
  const longestWaitMs = { ...defaultWaits, ...options.longestWaitMs };
  const kept = openLimitStore({ store, tenant, vendor, account, now });
  const breaker = openBreaker<Ended<unknown>>({
    ...(options.breaker ?? { failures: 5, openMs: 15_000 }),
    isFailure: (end) => end.kind === 'failed' && end.error.failure.kind === 'unavailable',
    log,
  });
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  const classes = new Map<string, CallClass & { readonly turns: Turns }>();

  /** Endpoints without limits of their own count, wait and are counted together. */
  const classOf = (endpoint: string) => {
    const found = callClass(limits, endpoint);
    const known = classes.get(found.name);
    if (known !== undefined) return known;
    const { name, own, account } = found;
    const take = async (urgency: Urgency) => {
      const answer = await kept.take(own.name, own.limits, urgency, account?.limits);
      return answer.kind === 'wait' ? { of: own.name, ...answer } : answer;
    };
    const turns = openTurns({ vendor, endpoint: name, concurrency, queue, longestWaitMs, take });
    const opened = { ...found, turns };
    classes.set(name, opened);
    return opened;
  };
  type Class = ReturnType<typeof classOf>;
  /** What the vendor says is the account's is the class's where we know of no limit of the account. */
  const limitOf = ({ own, account }: Class, of: LimitOf = 'class') => (of === 'account' && account) || own;

  const unavailable = (message: string, cause?: unknown) =>
    new VendorError(vendor, { kind: 'unavailable' }, message, { cause });
  const leftAlone = () => unavailable('it is left alone for a while, since it did not answer several times');
  const untilClosed = (work: Promise<unknown>): void => {
    const settled = work.catch(() => {}).finally(() => running.delete(settled));
    running.add(settled);
  };
  const keepInMind = (what: Promise<void>): Promise<void> => {
    const done = what.catch((err: unknown) =>
      log.warn({ err }, 'what the vendor said of its limit could not be kept'),
    );
    untilClosed(done);
    return done;
  };

  const heard = (called: Class, { remaining }: Turn, seen: SeenLimit): void => {
    const { name, limits: known } = limitOf(called, seen.of);
    const left = name === called.own.name ? remaining : (remaining.account ?? remaining);
    if (isNews(seen, known, left)) void keepInMind(kept.narrow(name, known, seen));
  };

  const attemptOnce = async <Answer>(
    turn: Turn,
    called: Class,
    signal: AbortSignal,
    attempt: (attempt: Attempt) => Promise<Answer>,
  ): Promise<Ended<Answer>> => {
    const late = () => unavailable(`no answer of "${called.name}" within ${attemptMs} ms`);
    try {
      const saw = (seen: SeenLimit) => heard(called, turn, seen);
      const answer = await within(attemptMs, (ofAttempt) => attempt({ signal: ofAttempt, saw }), {
        signal,
        late,
      });
      return { kind: 'answered', answer };
    } catch (error) {
      if (error instanceof VendorError && !signal.aborted) return { kind: 'failed', error };
      throw error;
    }
  };

  const counted = async <Answer>(
    called: Class,
    signal: AbortSignal,
    once: () => Promise<Ended<Answer>>,
  ): Promise<Ended<Answer>> => {
    const begun = performance.now();
    let outcome: CallOutcome = 'broken';
    try {
      const ended = (await breaker.through(once)) as Ended<Answer>;
      outcome = ended.kind === 'failed' ? ended.error.failure.kind : 'answered';
      return ended;
    } catch (error) {
      if (signal.aborted) outcome = 'ended';
      throw error;
    } finally {
      observer?.attempted(vendor, called.name, outcome, performance.now() - begun);
    }
  };

  const call = async <Answer>(
    { endpoint, urgency, repeatable, signal }: CallOptions,
    attempt: (attempt: Attempt) => Promise<Answer>,
  ): Promise<Answer> => {
    const called = classOf(endpoint);
    const ended = await repeating<Ended<Answer>>(
      { repetitions, signal, failureOf: (end) => (end.kind === 'failed' ? end.error : null), repeatable },
      async () => {
        if (breaker.isOpen()) throw leftAlone();
        const turn = await called.turns.wait(urgency, signal);
        try {
          if (breaker.isOpen()) throw leftAlone();
          const ended = await counted(called, signal, () => attemptOnce(turn, called, signal, attempt));
          if (ended.kind === 'failed' && ended.error.failure.kind === 'limited') {
            const { retryAfterMs, reached } = ended.error.failure;
            const { name, limits: known } = limitOf(called, reached?.of);
            await keepInMind(kept.pause(name, known, retryAfterMs, reached?.per));
          }
          return ended;
        } finally {
          turn.end();
        }
      },
      (error) => {
        observer?.repeated(vendor, called.name);
        log.debug({ err: error, endpoint: called.name }, 'a call is made again');
      },
    );
    if (ended.kind === 'failed') throw ended.error;
    return ended.answer;
  };

  const unwatch = observer?.watch({
    vendor,
    account,
    waiting: () => {
      const counts = new Map([...classes.keys()].map((name) => [name, 0]));
      for (const { turns } of classes.values()) {
        const { limit, count } = turns.waiting();
        counts.set(limit, (counts.get(limit) ?? 0) + count);
      }
      return counts;
    },
    breaker: breaker.state,
  });
  return {
    run: async (given, attempt) => {
      const signal = AbortSignal.any([given.signal, closing.signal]);
      signal.throwIfAborted();
      const called = orAborted(call({ ...given, signal }, attempt), signal);
      untilClosed(called);
      return called;
    },
    close: async () => {
      closing.abort(unavailable('calls to it are being closed'));
      unwatch?.();
      await Promise.all(running);
    },
  };
}
