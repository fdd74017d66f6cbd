import type { FastifyReply } from 'fastify';
import type { PollOptions } from '#gateway/edge/options.ts';
import type { LiveSession } from '#gateway/subscriptions/session.ts';
import type { Ending, LiveMessage, Sink, Subscription } from '#gateway/subscriptions/types.ts';
import type { LiveConnection, LiveConnections } from './live-connections.ts';
import { endingErrors } from './live-operation.ts';

/** How long a first result waits for others, so that a client that is behind catches up in few requests. */
const gatherMs = 20;
/** How long a poll that does not want to wait is looked for results. */
const shortestWaitMs = 50;

/** One poll: collects the results of its subscription until it is answered. */
export class Poll implements Sink, LiveConnection {
  readonly transport = 'poll';
  /** True from the moment on at which nothing more is taken. */
  isDone = false;
  private readonly connections: LiveConnections;
  private readonly session: LiveSession;
  private readonly options: PollOptions;
  private readonly results: string[] = [];
  private bytes = 0;
  private cursor: string | undefined = undefined;
  private isComplete = false;
  private isGone = false;
  private subscription: Subscription | undefined = undefined;
  private timer: NodeJS.Timeout | undefined = undefined;
  private answer: ((body: string | undefined) => void) | undefined = undefined;

  constructor(
    connections: LiveConnections,
    { raw }: FastifyReply,
    session: LiveSession,
    options: PollOptions,
  ) {
    this.connections = connections;
    this.session = session;
    this.options = options;
    connections.open.add(this);
    raw.once('close', () => {
      if (!raw.writableFinished) this.leave();
    });
    if (raw.destroyed) this.leave();
  }

  /** The body of the answer; undefined where the client is gone. */
  collect(subscription: Subscription, waitMs: number): Promise<string | undefined> {
    this.subscription = subscription;
    return new Promise((resolve) => {
      this.answer = resolve;
      if (this.isDone) {
        this.settle();
      } else {
        this.waitFor(this.results.length > 0 ? gatherMs : Math.max(waitMs, shortestWaitMs));
      }
    });
  }

  next({ text, cursor }: LiveMessage): void {
    if (this.isDone) return;
    this.results.push(text);
    this.bytes += text.length;
    this.cursor = cursor ?? this.cursor;
    if (this.results.length >= this.options.results || this.bytes >= this.options.bytes) {
      this.settle();
    } else if (this.results.length === 1 && this.answer !== undefined) {
      this.waitFor(gatherMs);
    }
  }

  end(ending: Ending): void {
    if (this.isDone) return;
    this.isComplete = true;
    if (ending.kind === 'error') {
      this.results.push(JSON.stringify({ errors: endingErrors(ending) }));
      this.cursor = ending.cursor ?? this.cursor;
    }
    this.settle();
  }

  waitingBytes(): number {
    return this.bytes;
  }

  waitingMessages(): number {
    return this.results.length;
  }

  /** Never: a poll that is full is over. */
  whenRead(): void {}

  drain(): void {
    this.settle();
  }

  /** The client is gone, or is answered otherwise. */
  leave(): void {
    this.isGone = true;
    this.settle();
  }

  private waitFor(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), ms);
  }

  /** Ends the subscription; what came is the answer as soon as somebody waits for it. */
  private settle(): void {
    if (!this.isDone) {
      this.isDone = true;
      clearTimeout(this.timer);
      this.session.close();
      this.connections.open.delete(this);
    }
    const { subscription, answer } = this;
    if (subscription === undefined || answer === undefined) return;
    this.subscription = undefined;
    /* Without results it is where the subscription has looked: quiet polls come forward as well. */
    const cursor = this.cursor ?? subscription.cursor();
    subscription.leave();
    answer(
      this.isGone
        ? undefined
        : `{"results":[${this.results.join(',')}],"cursor":${JSON.stringify(cursor ?? null)},"complete":${this.isComplete}}`,
    );
  }
}
