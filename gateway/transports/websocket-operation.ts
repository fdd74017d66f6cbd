import { MessageType, type SubscribePayload } from 'graphql-ws';
import { openScope, type RequestScope } from '#gateway/fetching/request-scope.ts';
import { continueTrace, requestIdFrom } from '#gateway/fetching/trace.ts';
import { TooManyOperations } from '#gateway/pipeline/http-errors.ts';
import { bodyOf, refused } from '#gateway/pipeline/respond.ts';
import type { ResponseError } from '#gateway/plan/types.ts';
import type { LiveSession } from '#gateway/subscriptions/session.ts';
import type { Ending, LiveMessage, Sink, Subscription } from '#gateway/subscriptions/types.ts';
import { abandon, endingErrors, type Started, startOperation } from './live-operation.ts';
import { checkParameters } from './parameters.ts';
import { logRequest } from './request-log.ts';
import type { WebSocketConnection } from './websocket-connection.ts';

const nothing = Buffer.alloc(0);

/**
 * One operation of a WebSocket, and where the messages of a subscription go. As there are as many as subscribers, it is
 * one object, whose methods are shared.
 */
export class WebSocketOperation implements Sink {
  readonly id: string;
  readonly connection: WebSocketConnection;
  /** Until its first answer is there. */
  private scope: RequestScope | undefined = undefined;
  /** Undefined for a query, a mutation, and while it is being opened. */
  subscription: Subscription | undefined = undefined;
  private isLeft = false;
  private sent = 0;

  constructor(connection: WebSocketConnection, id: string) {
    this.connection = connection;
    this.id = id;
  }

  /** @param underWay operations of the connection, this one among them */
  async start(session: LiveSession, payload: SubscribePayload, underWay: number): Promise<void> {
    const { shared, forwarded } = this.connection;
    const { serving, options } = shared;
    const scope = openScope({
      id: requestIdFrom(undefined),
      trace: continueTrace(undefined, undefined),
      deadlineMs: serving.timeouts.requestMs,
      recordsFetches: false,
      forwarded: forwarded?.(),
    });
    this.scope = scope;
    let started: Started;
    try {
      if (underWay > options.operations) throw TooManyOperations(options.operations);
      const parameters = checkParameters({ ...payload });
      started = await startOperation(serving, {
        transport: 'websocket',
        scope,
        session,
        parameters,
        client: this.connection.client,
        forwarded,
        allowsMutations: true,
        sink: this,
      });
    } catch (thrown) {
      const answer = refused(thrown, scope.id, session.viewer());
      abandon(scope, undefined);
      logRequest(serving.log, scope, answer, answer.kind === 'refused' ? answer.error.status : 200);
      started = { kind: 'answered', answer };
    }
    this.scope = undefined;
    if (started.kind === 'subscribed') {
      this.subscribed(started.subscription);
    } else if (!this.isLeft) {
      const { answer } = started;
      if (answer.kind === 'refused') {
        this.sendError(answer.error.errors);
      } else {
        this.sendNext(String(bodyOf(answer)));
        this.complete();
      }
    }
  }

  /** The client wants no more of it, or is gone. */
  leave(): void {
    if (this.isLeft) return;
    this.isLeft = true;
    if (this.scope !== undefined) abandon(this.scope, undefined);
    this.subscription?.leave();
  }

  next(message: LiveMessage): void {
    if (this.isLeft) return;
    if (this.connection.stream.writableLength === 0) this.sent = 0;
    this.sent += 1;
    this.sendNext(message.text);
  }

  end(ending: Ending): void {
    if (this.isLeft) return;
    if (ending.kind === 'complete') {
      this.complete();
    } else {
      this.sendError(endingErrors(ending));
    }
  }

  waitingBytes(): number {
    return this.connection.stream.writableLength;
  }

  /** Never less than there are: what was read is known once nothing waits on the connection. */
  waitingMessages(): number {
    return this.connection.stream.writableLength === 0 ? 0 : this.sent;
  }

  whenRead(resume: () => void): void {
    const { stream } = this.connection;
    /* A write of nothing is done when everything before it is, and fails where the connection is gone. */
    stream.write(nothing, (error) => {
      if (!error) setImmediate(resume);
    });
  }

  private subscribed(subscription: Subscription): void {
    if (this.isLeft) {
      subscription.leave();
    } else {
      this.subscription = subscription;
      this.connection.subscribed();
    }
  }

  private sendNext(text: string): void {
    this.connection.send(`{"id":${JSON.stringify(this.id)},"type":"${MessageType.Next}","payload":${text}}`);
  }

  private complete(): void {
    this.finish();
    this.connection.send(JSON.stringify({ id: this.id, type: MessageType.Complete }));
    this.connection.done(this);
  }

  private sendError(errors: readonly ResponseError[]): void {
    this.finish();
    this.connection.send(JSON.stringify({ id: this.id, type: MessageType.Error, payload: errors }));
    this.connection.done(this);
  }

  private finish(): void {
    this.isLeft = true;
    this.subscription = undefined;
  }
}
