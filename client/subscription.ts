import { attempt, resumes } from './attempt.ts';
import { openInbox } from './inbox.ts';
import { openRoute } from './route.ts';
import { reasonOf, type Transport, type WireResult } from './transport.ts';
import type {
  CursorStorage,
  GraphQLProblem,
  LiveFailure,
  LiveState,
  LiveTiming,
  SubscribeOptions,
} from './types.ts';
import { failureOf, verdictOf } from './verdict.ts';
import { retryDelay, wait } from './waiting.ts';

/** What the subscriptions of a client share. */
export interface Shared {
  readonly transports: readonly Transport[];
  /** Transports that were open once. */
  readonly known: Set<Transport>;
  readonly storage: CursorStorage;
  readonly timing: LiveTiming;
  readonly findStart: FindStart;
}

/** Asks for the position to begin at, so that a connection that is lost before the first event loses none. */
export type FindStart = (
  order: Pick<Order, 'query' | 'variables'>,
  signal: AbortSignal,
) => Promise<
  | {
      readonly kind: 'position';
      readonly cursor: string | undefined;
      /** What came while it was asked, and lies before the cursor. */
      readonly results: readonly WireResult[];
    }
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLProblem[] }
>;

export interface Order {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly options: SubscribeOptions<unknown>;
}

/** A connection that lasted so long was a good one: the next failure is the first one. */
const steadyMs = 10_000;

/**
 * Lives as long as a subscription: connects, waits, connects again.
 *
 * @returns undefined where it was stopped or its source has no more, else why it has ended
 */
export async function runSubscription(
  shared: Shared,
  order: Order,
  signal: AbortSignal,
): Promise<LiveFailure | undefined> {
  const { storage, timing, findStart } = shared;
  const { query, variables, options } = order;
  const broken = new AbortController();
  const running = AbortSignal.any([signal, broken.signal]);
  let failure: LiveFailure | undefined;
  const fail = (found: LiveFailure) => {
    failure ??= found;
    broken.abort();
  };
  const tell = (state: LiveState) => {
    if (!running.aborted) options.onState?.(state);
  };
  let kept: string | null | undefined;
  try {
    kept = await storage.get(options.key);
  } catch (cause) {
    return { code: 'STORAGE_FAILED', message: reasonOf(cause), errors: [], cause };
  }
  const inbox = openInbox(options, storage, kept ?? undefined, running, fail);
  const route = openRoute(shared.transports, shared.known);
  /* The entity as it is comes first where that is asked for, so that nothing lies before it. */
  const beginsWithEntity = variables.initial === true;
  let isBehind = inbox.cursor() !== undefined;
  let failures = 0;
  let wasRefused = false;

  const pause = async (reason: string) => {
    const retryInMs = retryDelay(failures, timing);
    failures += 1;
    tell({ phase: 'waiting', retryInMs, reason });
    await wait(retryInMs, running);
  };

  const once = async () => {
    if (resumes(query) && !beginsWithEntity && inbox.cursor() === undefined) {
      const found = await findStart(order, running);
      if (found.kind === 'refused') return { ending: found, isOpen: false };
      if (found.cursor !== undefined && !running.aborted) {
        for (const result of found.results) inbox.take(result);
        inbox.note(found.cursor);
      }
    }
    let isOpen = false;
    const mayHaveMissed = isBehind && !beginsWithEntity && inbox.cursor() === undefined;
    const onOpen = () => {
      isOpen = true;
      isBehind = true;
      route.opened();
      if (mayHaveMissed) options.onGap?.(unknownGap);
    };
    const startedAt = performance.now();
    const ending = await attempt({ ...order, inbox, route, timing, isBehind, tell, onOpen, signal: running });
    if (isOpen && performance.now() - startedAt > steadyMs) {
      failures = 0;
      wasRefused = false;
    }
    return { ending, isOpen };
  };

  while (!running.aborted) {
    const { ending, isOpen } = await once();
    await inbox.drained();
    if (running.aborted) break;
    switch (ending.kind) {
      case 'complete':
        return undefined;
      case 'lost':
        if (isOpen || !route.failed()) await pause(ending.reason);
        break;
      case 'refused': {
        const found = failureOf(ending.errors);
        const verdict = verdictOf(ending.errors);
        if (verdict === 'again') await pause(found.message);
        else if (verdict === 'authorize' && (isOpen || !wasRefused)) {
          if (wasRefused) await pause(found.message);
          wasRefused = true;
        } else if (verdict === 'forget-cursor' && inbox.cursor() !== undefined) {
          options.onGap?.({ code: found.code, message: found.message });
          await inbox.forget();
          isBehind = false;
        } else return found;
      }
    }
  }
  return failure;
}

const unknownGap = {
  code: 'EVENTS_MAY_BE_MISSED',
  message: 'The connection was lost, and the events of this subscription cannot be asked for again.',
};
