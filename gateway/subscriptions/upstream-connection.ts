import type { SubscribePayload } from 'graphql-ws';
import type { Logger } from 'pino';
import { answerOf, isSubgraphError } from '#gateway/fetching/answer.ts';
import type { GatewayError } from '#gateway/pipeline/errors.ts';
import { SubscriptionRefused, SubscriptionUnavailable } from '#gateway/pipeline/upstream-errors.ts';
import type { SubgraphAnswer } from '#gateway/plan/types.ts';
import { type Attempt, type AttemptEnd, type AttemptSettings, openAttempt } from './upstream-attempt.ts';

/** Whom the events of a subgraph are for. Nothing is told before `subscribe` has returned, or after leaving. */
export interface UpstreamListener {
  /** One event. The same object may be given to others: then it is marked as shared. */
  readonly next: (answer: SubgraphAnswer) => void;
  /** The connection was lost and is back: what happened meanwhile is not told. */
  readonly reconnected: () => void;
  /** The subgraph has no more events. Nothing follows. */
  readonly ended: () => void;
  /** The subgraph does not serve the subscription, or ended it with errors. Nothing follows. */
  readonly failed: (error: GatewayError) => void;
}

export interface ConnectionSettings {
  readonly subgraph: string;
  readonly url: string;
  readonly log: Logger;
  /** Made anew for each attempt: what vouches for a viewer lasts a minute. */
  readonly attemptSettings: () => AttemptSettings;
  /** Nobody listens any more. */
  readonly onUnused: () => void;
}

export interface Connection {
  /** Joins an operation that is under way under the same key, or begins one. Gives what leaves it. */
  readonly join: (key: string, payload: SubscribePayload, listener: UpstreamListener) => () => void;
  readonly operations: () => number;
  /** Ends it without a word to whoever listens. */
  readonly end: () => void;
}

interface Operation {
  readonly payload: SubscribePayload;
  readonly listeners: Set<UpstreamListener>;
  /** Those who may have missed something, until the connection is back. */
  readonly behind: Set<UpstreamListener>;
  stop: (() => void) | undefined;
}

/**
 * Keeps a connection to a subgraph for as long as somebody listens, and asks for every operation again on each new
 * one. It tries endlessly, with waits that grow and are spread; only where the very first attempt is refused it tells
 * so and stops.
 */
export function keepConnection(settings: ConnectionSettings): Connection {
  const { subgraph, url, log } = settings;
  const operations = new Map<string, Operation>();
  let attempt: Attempt | undefined;
  let retry: NodeJS.Timeout | undefined;
  let wasConnected = false;
  let failures = 0;
  /** By `performance.now()`; undefined while there is none. */
  let connectedAt: number | undefined;
  let isEnded = false;

  const end = () => {
    isEnded = true;
    clearTimeout(retry);
    for (const operation of operations.values()) operation.stop?.();
    operations.clear();
    attempt?.end();
    attempt = undefined;
  };
  const remove = (key: string, operation: Operation) => {
    if (operations.get(key) !== operation) return;
    operations.delete(key);
    operation.stop?.();
    operation.listeners.clear();
    if (operations.size > 0 || isEnded) return;
    end();
    settings.onUnused();
  };
  /** Whoever is told may leave, or fail on its own: neither is the connection's business. */
  const tell = (listeners: Iterable<UpstreamListener>, say: (listener: UpstreamListener) => void) => {
    for (const listener of [...listeners]) {
      try {
        say(listener);
      } catch (error) {
        log.error({ subgraph, err: error }, 'an event of a subgraph could not be taken');
      }
    }
  };
  const finish = (key: string, operation: Operation, say: (listener: UpstreamListener) => void) => {
    const listeners = [...operation.listeners];
    operation.stop = undefined;
    remove(key, operation);
    tell(listeners, say);
  };
  const start = (key: string, operation: Operation) => {
    operation.stop = attempt?.subscribe(operation.payload, {
      next(value) {
        const answer = readEvent(subgraph, value, log);
        const isShared = operation.listeners.size > 1 && answer.kind === 'answer';
        const told = isShared ? { ...answer, shared: true } : answer;
        tell(operation.listeners, (listener) => {
          if (operation.listeners.has(listener)) listener.next(told);
        });
      },
      error(errors) {
        const readable = Array.isArray(errors) ? errors.filter(isSubgraphError) : [];
        finish(key, operation, (listener) => listener.failed(SubscriptionRefused(subgraph, readable)));
      },
      complete() {
        finish(key, operation, (listener) => listener.ended());
      },
    });
  };

  const connected = () => {
    if (failures > 0) log.info({ subgraph, url, failures }, 'subscriptions of a subgraph are back');
    wasConnected = true;
    connectedAt = performance.now();
    for (const operation of [...operations.values()]) {
      const behind = [...operation.behind];
      operation.behind.clear();
      tell(behind, (listener) => {
        if (operation.listeners.has(listener)) listener.reconnected();
      });
    }
  };
  const over = ({ cause, isRefusal }: AttemptEnd) => {
    attempt = undefined;
    if (isRefusal && !wasConnected) {
      log.error({ subgraph, url, cause }, 'a subgraph refuses subscriptions');
      const refused = [...operations.values()].flatMap(({ listeners }) => [...listeners]);
      /* All before anybody is told: whoever asks again at once begins anew. */
      for (const [key, operation] of [...operations]) remove(key, operation);
      tell(refused, (listener) => listener.failed(SubscriptionUnavailable(subgraph)));
      return;
    }
    const { options } = settings.attemptSettings();
    const stoodMs = connectedAt === undefined ? 0 : performance.now() - connectedAt;
    /* A subgraph that takes connections and drops them at once is not asked any faster for it. */
    if (stoodMs > options.longestRetryMs) failures = 0;
    if (connectedAt !== undefined) {
      for (const { listeners, behind } of operations.values()) for (const each of listeners) behind.add(each);
    }
    connectedAt = undefined;
    const longest = Math.min(options.longestRetryMs, options.retryMs * 2 ** Math.min(failures, 30));
    const waitMs = Math.ceil(longest * (0.5 + Math.random() / 2));
    const level = failures === 0 ? 'warn' : 'debug';
    failures += 1;
    log[level](
      { subgraph, url, cause, failures, waitMs },
      'subscriptions of a subgraph are lost, trying again',
    );
    retry = setTimeout(open, waitMs);
  };
  const open = () => {
    attempt = openAttempt(settings.attemptSettings(), { connected, over });
    for (const [key, operation] of operations) start(key, operation);
  };

  return {
    join(key, payload, listener) {
      let operation = operations.get(key);
      if (operation === undefined) {
        operation = { payload, listeners: new Set(), behind: new Set(), stop: undefined };
        operations.set(key, operation);
        if (attempt !== undefined) start(key, operation);
        else if (operations.size === 1) open();
      }
      const joined = operation;
      joined.listeners.add(listener);
      return () => {
        joined.behind.delete(listener);
        if (joined.listeners.delete(listener) && joined.listeners.size === 0) remove(key, joined);
      };
    },
    operations: () => operations.size,
    end,
  };
}

function readEvent(subgraph: string, value: unknown, log: Logger): SubgraphAnswer {
  const answer = answerOf(value);
  if (typeof answer !== 'string') {
    return answer;
  }
  log.error({ subgraph, cause: answer }, 'an event of a subgraph cannot be read');
  const message = `Subgraph "${subgraph}" gave an answer that cannot be read.`;
  return { kind: 'failure', code: 'SUBGRAPH_INVALID_ANSWER', message };
}
