import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { RequestScope } from '#gateway/fetching/request-scope.ts';
import { Draining } from '#gateway/pipeline/http-errors.ts';
import type { LiveSession } from '#gateway/subscriptions/session.ts';
import type { Ending, LiveMessage, Sink, Subscription } from '#gateway/subscriptions/types.ts';
import type { Serving } from './lifetime.ts';
import type { LiveConnection } from './live-connections.ts';
import { abandon, endingErrors, errorsWithCursor } from './live-operation.ts';

const nothing = Buffer.alloc(0);
const comment = ':\n\n';

/**
 * How long nothing may come back from a client before the kernel probes its connection, which ends it some ten seconds
 * later. It does not probe while something is on the way: that it sends again until its own limit (`tcp_retries2`).
 */
const probeAfterMs = 5_000;
/** Heartbeats in whose time the connection takes nothing at all before its client is given up. */
const unreadBeats = 4;

/** What all streams share. */
export interface StreamBounds {
  /** Bytes that may wait for the client. */
  readonly waitingBytes: number;
  /** Milliseconds between two heartbeats. */
  readonly heartbeatMs: number;
}

/**
 * One event stream, from the request to its end: where the messages of its subscription go, or the answer of its query.
 * Nothing is sent before it is known that the request is not refused.
 */
export class EventStream implements Sink, LiveConnection {
  readonly transport = 'sse';
  private readonly serving: Serving;
  private readonly reply: FastifyReply;
  private readonly raw: ServerResponse;
  private readonly scope: RequestScope;
  private readonly session: LiveSession;
  private readonly bounds: StreamBounds;
  private subscription: Subscription | undefined = undefined;
  private isOpen = false;
  private isOver = false;
  private sent = 0;

  constructor(
    serving: Serving,
    reply: FastifyReply,
    scope: RequestScope,
    session: LiveSession,
    bounds: StreamBounds,
  ) {
    this.serving = serving;
    this.reply = reply;
    this.raw = reply.raw;
    this.scope = scope;
    this.session = session;
    this.bounds = bounds;
    serving.liveConnections.open.add(this);
    this.raw.once('close', () => this.gone());
    if (this.raw.destroyed) this.gone();
  }

  subscribed(subscription: Subscription): void {
    if (this.isOver) {
      subscription.leave();
      return;
    }
    this.subscription = subscription;
    this.open();
    if (this.serving.lifetime.isDraining) this.drain();
  }

  /** The one result of a query or a mutation. */
  answer(text: string): void {
    if (this.isOver) return;
    this.write(nextEvent(text, undefined));
    this.finish(completeEvent);
  }

  next({ text, cursor }: LiveMessage): void {
    if (this.isOver) return;
    if (this.raw.writableLength === 0) this.sent = 0;
    this.sent += 1;
    this.write(nextEvent(text, cursor));
  }

  end(ending: Ending): void {
    if (this.isOver) return;
    if (ending.kind === 'error') {
      this.write(nextEvent(JSON.stringify({ errors: endingErrors(ending) }), ending.cursor));
    }
    this.finish(completeEvent);
  }

  waitingBytes(): number {
    return this.raw.writableLength;
  }

  waitingMessages(): number {
    return this.raw.writableLength === 0 ? 0 : this.sent;
  }

  whenRead(resume: () => void): void {
    /* A write of nothing is done when everything before it is, and fails where the connection is gone. */
    this.raw.socket?.write(nothing, (error) => {
      if (!error) setImmediate(resume);
    });
  }

  /** Keeps whatever stands between from ending a quiet stream. */
  beat(): void {
    if (this.isOpen && !this.isOver && this.raw.writableLength === 0) this.raw.write(comment);
  }

  drain(): void {
    const { subscription } = this;
    if (this.isOver || subscription === undefined) return;
    const cursor = subscription.cursor();
    this.write(nextEvent(JSON.stringify({ errors: errorsWithCursor(Draining(), cursor) }), cursor));
    subscription.leave();
    /* Without `complete`: there is more, elsewhere. */
    this.finish('');
  }

  /** Nothing is streamed; says whether the client still waits for an answer. */
  withdraw(): boolean {
    const isWaiting = !this.isOver;
    this.isOver = true;
    this.release();
    return isWaiting;
  }

  gone(): void {
    if (!this.isOver) {
      this.isOver = true;
      abandon(this.scope, this.subscription);
    }
    this.release();
  }

  private open(): void {
    const { raw, reply } = this;
    this.isOpen = true;
    reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('x-request-id', this.scope.id)
      /* nginx would collect what is sent otherwise. */
      .header('x-accel-buffering', 'no');
    reply.hijack();
    raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders);
    raw.socket?.setKeepAlive(true, probeAfterMs);
    /* Every heartbeat that is taken begins it anew, and so does each part of a long message. */
    raw.setTimeout(unreadBeats * this.bounds.heartbeatMs, () => raw.destroy());
    /* Some browsers open a stream only with its first bytes. */
    raw.write(comment);
  }

  private write(text: string): void {
    if (!this.isOpen) this.open();
    if (this.raw.writableLength > this.bounds.waitingBytes) {
      this.raw.destroy();
      return;
    }
    this.raw.write(text);
  }

  private finish(last: string): void {
    this.isOver = true;
    if (!this.isOpen) this.open();
    this.raw.end(last);
    this.release();
  }

  private release(): void {
    this.subscription = undefined;
    this.session.close();
    this.serving.liveConnections.open.delete(this);
  }
}

const completeEvent = 'event: complete\ndata:\n\n';

function nextEvent(text: string, cursor: string | undefined): string {
  /* A line break between two tokens of JSON would end the event's line. */
  const data = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]+/g, ' ') : text;
  return `event: next\ndata: ${data}\n${cursor === undefined ? '' : `id: ${cursor}\n`}\n`;
}
