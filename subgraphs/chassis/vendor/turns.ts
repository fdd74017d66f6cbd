import type { CallTake } from './call-limits.ts';
import type { Urgency } from './calls.ts';
import { VendorError } from './error.ts';
import type { Remaining } from './limits.ts';

export interface TurnOptions {
  readonly vendor: string;
  readonly endpoint: string;
  /** Turns that are held at a time. */
  readonly concurrency: number;
  /** Those who wait; more are refused. */
  readonly queue: number;
  /** How long one may wait for its turn. */
  readonly longestWaitMs: Readonly<Record<Urgency, number>>;
  readonly take: (urgency: Urgency) => Promise<CallTake>;
}

type Taken = Extract<CallTake, { kind: 'taken' }>;

export interface Turn {
  /** In the class, and in the account where that has limits beside. */
  readonly remaining: Remaining & { readonly account?: Remaining };
  /** Must be called once the call has ended. */
  readonly end: () => void;
}

/** Whose turn it is to call, the most urgent first and of those whoever came first. */
export interface Turns {
  /** Rejects with the signal's reason, and with a `VendorError` where it cannot be had in time. */
  readonly wait: (urgency: Urgency, signal: AbortSignal) => Promise<Turn>;
  /** How many wait, and for which limit: that of the class, unless it is the account's. */
  readonly waiting: () => { readonly limit: string; readonly count: number };
  readonly close: (reason: unknown) => void;
}

interface Waiter {
  readonly urgency: Urgency;
  readonly until: number;
  readonly resolve: (turn: Turn) => void;
  readonly reject: (reason: unknown) => void;
}

const order: readonly Urgency[] = ['read', 'push', 'sync'];
const rank = (urgency: Urgency) => order.indexOf(urgency);

/**
 * Asks for the limit on behalf of whoever is first alone: where that one has to wait the others have to as well, since
 * they are allowed less.
 */
export function openTurns({ vendor, endpoint, concurrency, queue, longestWaitMs, take }: TurnOptions): Turns {
  const waiters = new Set<Waiter>();
  let held = 0;
  let isAsking = false;
  let askAgain = false;
  let timer: NodeJS.Timeout | undefined;
  let waitsFor = endpoint;

  const first = (atLeast: Urgency = 'sync'): Waiter | undefined => {
    let found: Waiter | undefined;
    for (const waiter of waiters) {
      const isNext = found === undefined || rank(waiter.urgency) < rank(found.urgency);
      if (isNext && rank(waiter.urgency) <= rank(atLeast)) found = waiter;
    }
    return found;
  };

  const hand = (waiter: Waiter, remaining: Taken): void => {
    held += 1;
    let isEnded = false;
    waiter.resolve({
      remaining,
      end: () => {
        if (isEnded) return;
        isEnded = true;
        held -= 1;
        ask();
      },
    });
  };

  const limited = (retryAfterMs: number | null, message: string) =>
    new VendorError(vendor, { kind: 'limited', retryAfterMs }, message);

  const askFor = async (head: Waiter): Promise<'next' | 'wait'> => {
    const answer = await take(head.urgency).catch((cause: unknown) => {
      const message = `the limits of "${endpoint}" cannot be asked for`;
      return {
        kind: 'failed' as const,
        error: new VendorError(vendor, { kind: 'unavailable' }, message, { cause }),
      };
    });
    if (answer.kind === 'failed') {
      head.reject(answer.error);
      return 'next';
    }
    if (answer.kind === 'taken') {
      waitsFor = endpoint;
      // Whoever asked may be gone, or somebody more urgent may have come.
      const next = first(head.urgency);
      if (next !== undefined) hand(next, answer);
      return 'next';
    }
    const limit = answer.of ?? endpoint;
    if (Date.now() + answer.ms > head.until) {
      head.reject(limited(answer.ms, `the limit of "${limit}" is reached for ${answer.ms} ms`));
      return 'next';
    }
    waitsFor = limit;
    clearTimeout(timer);
    timer = setTimeout(ask, answer.ms);
    return 'wait';
  };

  const run = async (): Promise<void> => {
    do {
      askAgain = false;
      for (let head = first(); head !== undefined && held < concurrency; head = first()) {
        if ((await askFor(head)) === 'wait') break;
      }
    } while (askAgain);
    isAsking = false;
  };

  function ask(): void {
    clearTimeout(timer);
    timer = undefined;
    if (isAsking) {
      askAgain = true;
      return;
    }
    isAsking = true;
    void run();
  }

  return {
    wait: (urgency, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        if (waiters.size >= queue) {
          return reject(limited(null, `${waiters.size} calls of "${endpoint}" wait already, as many as may`));
        }
        const patience = longestWaitMs[urgency];
        const leave = () => {
          waiters.delete(waiter);
          clearTimeout(deadline);
          signal.removeEventListener('abort', abort);
        };
        const waiter: Waiter = {
          urgency,
          until: Date.now() + patience,
          resolve: (turn) => {
            leave();
            resolve(turn);
          },
          reject: (reason) => {
            leave();
            reject(reason);
          },
        };
        const abort = () => waiter.reject(signal.reason);
        const deadline = setTimeout(
          () => waiter.reject(limited(null, `a call of "${endpoint}" had no turn within ${patience} ms`)),
          patience,
        );
        signal.addEventListener('abort', abort, { once: true });
        const isFirst = rank(urgency) < rank(first()?.urgency ?? 'sync') || waiters.size === 0;
        waiters.add(waiter);
        if (isFirst) ask();
      }),
    waiting: () => ({ limit: waitsFor, count: waiters.size }),
    close: (reason) => {
      clearTimeout(timer);
      for (const waiter of [...waiters]) waiter.reject(reason);
    },
  };
}
