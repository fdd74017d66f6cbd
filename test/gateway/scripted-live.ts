import { toGatewayError } from '#gateway/pipeline/errors.ts';
import type {
  Ending,
  Live,
  LiveMessage,
  SessionWatcher,
  Subscription,
  SubscriptionRequest,
} from '#gateway/subscriptions/types.ts';

/** A subscription as the transport opened it, whose messages the test decides. */
export interface ScriptedSubscription {
  readonly request: SubscriptionRequest;
  /** Hands over `{"data":…,"extensions":{"cursor":…}}`. */
  readonly push: (data: unknown, cursor?: string) => void;
  readonly pushMessage: (message: LiveMessage) => void;
  readonly end: (ending: Ending) => void;
  /** What `cursor()` says; `push` moves it. */
  cursor: string | undefined;
  isLeft: boolean;
}

export interface ScriptedLive extends Live {
  /** Every subscription that was opened, in order. */
  readonly opened: ScriptedSubscription[];
  /** Called with each request in place of admitting it; what it throws refuses it. */
  admit: ((request: SubscriptionRequest) => Promise<void> | void) | undefined;
  /** Where a subscription begins that says nothing of it. */
  now: string | undefined;
}

/** Stands in for everything behind the transports. It ends subscriptions whose viewer is lost, as the real one does. */
export function scriptedLive(): ScriptedLive {
  const opened: ScriptedSubscription[] = [];
  const running = new Set<ScriptedSubscription>();
  let messages = 0;

  function open(request: SubscriptionRequest): Subscription {
    const { sink, session } = request;
    const stop = () => {
      subscription.isLeft = true;
      running.delete(subscription);
      session.watchers.delete(watcher);
    };
    const end = (ending: Ending) => {
      if (!running.has(subscription)) return;
      stop();
      sink.end(ending);
    };
    const pushMessage = (message: LiveMessage) => {
      if (!running.has(subscription)) return;
      messages += 1;
      subscription.cursor = message.cursor;
      sink.next(message);
    };
    const subscription: ScriptedSubscription = {
      request,
      cursor: request.after ?? live.now,
      isLeft: false,
      end,
      pushMessage,
      push: (data, cursor) =>
        pushMessage({
          text: JSON.stringify({ data, ...(cursor === undefined ? {} : { extensions: { cursor } }) }),
          cursor,
        }),
    };
    const watcher: SessionWatcher = {
      viewerChanged: () => {},
      viewerLost: (error) => end({ kind: 'error', error, cursor: subscription.cursor }),
    };
    session.watchers.add(watcher);
    running.add(subscription);
    opened.push(subscription);
    return { cursor: () => subscription.cursor, leave: stop };
  }

  const live: ScriptedLive = {
    opened,
    admit: undefined,
    now: 'c0',
    subscribe: async (request) => {
      await request.countViewer?.(request.session.viewer());
      try {
        await live.admit?.(request);
      } catch (error) {
        throw toGatewayError(error, request.id);
      }
      return open(request);
    },
    close: async () => {
      for (const subscription of [...running]) subscription.isLeft = true;
      running.clear();
    },
    numbers: () => ({
      subscriptions: running.size,
      groups: 0,
      catchingUp: 0,
      tails: 0,
      upstreams: 0,
      events: 0,
      executions: 0,
      messages,
      gaps: 0,
    }),
  };
  return live;
}
