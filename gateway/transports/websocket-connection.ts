import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, type Message, MessageType, parseMessage, type SubscribePayload } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import type { WebSocketOptions } from '#gateway/edge/options.ts';
import { type Forwarded, forwardedNow } from '#gateway/fetching/forwarded-headers.ts';
import { toGatewayError } from '#gateway/pipeline/errors.ts';
import { NothingToRenew, RenewalUnderWay } from '#gateway/pipeline/identity-errors.ts';
import type { LiveSession, SessionOwner } from '#gateway/subscriptions/session.ts';
import { type ClientIdentity, clientOf, unknownClient } from '#gateway/usage/client.ts';
import type { Serving } from './lifetime.ts';
import type { LiveConnection } from './live-connections.ts';
import { WebSocketOperation } from './websocket-operation.ts';

/** Why connections are closed, beside the codes of the protocol. Numbers below 4000 are those of RFC 6455. */
export const closeCodes = {
  restarting: 1012,
  tryLater: 1013,
  tooSlow: 4429,
} as const;

/** What all connections share. */
export interface WebSocketServing {
  readonly serving: Serving;
  readonly options: WebSocketOptions;
}

const longestReasonBytes = 123;

/**
 * One connection of the protocol `graphql-transport-ws`,
 * https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 *
 * There are many, and most of them are idle: a connection is one object whose handlers are shared, and holds no promise
 * or closure while nothing happens.
 */
export class WebSocketConnection implements LiveConnection, SessionOwner {
  readonly transport = 'websocket';
  readonly shared: WebSocketServing;
  readonly socket: WebSocket;
  /** What lies below the WebSocket. */
  readonly stream: Duplex;
  /** The `authorization` of the request that opened it, until `connection_init`. */
  private authorization: string | undefined;
  /** Undefined where nothing is. */
  readonly forwarded: Forwarded | undefined;
  private session: LiveSession | undefined = undefined;
  /** The program at the other end, as `connection_init` named it. */
  client: ClientIdentity = unknownClient;
  private initTimer: NodeJS.Timeout | undefined;
  private isInitialised = false;
  private isRenewing = false;
  private isDraining = false;
  private readonly operations = new Map<string, WebSocketOperation>();
  /** Whether the client has been heard of since the last look. */
  private isHeard = true;
  private bytesTaken = 0;

  constructor(shared: WebSocketServing, socket: WebSocket, stream: Duplex, headers: IncomingHttpHeaders) {
    this.shared = shared;
    this.socket = socket;
    this.stream = stream;
    this.authorization = headers.authorization;
    this.forwarded = forwardedNow(headers, shared.serving.forwardHeaders, () =>
      this.session?.authorization(),
    );
    this.initTimer = setTimeout(closeLate, shared.options.initMs, socket);
    shared.serving.liveConnections.open.add(this);
    (socket as Owned)[owner] = this;
    socket.on('message', takeMessage);
    socket.on('pong', hear);
    socket.on('error', noteError);
    socket.on('close', forget);
  }

  /**
   * Looks whether the client is still there: ends the connection where nothing was heard of it since the last look,
   * and asks again. One that is slow to read what waits for it is there.
   */
  look(): void {
    const taken = (this.stream as { bytesWritten?: number }).bytesWritten ?? 0;
    const read = taken - this.stream.writableLength;
    const isReading = this.stream.writableLength > 0 && read > this.bytesTaken;
    this.bytesTaken = read;
    if (!this.isHeard && !isReading) {
      this.socket.terminate();
      return;
    }
    this.isHeard = false;
    if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
  }

  drain(): void {
    this.isDraining = true;
    const cursors: Record<string, string> = {};
    for (const [id, operation] of this.operations) {
      const { subscription } = operation;
      if (subscription === undefined) continue;
      const cursor = subscription.cursor();
      if (cursor !== undefined) cursors[id] = cursor;
      this.operations.delete(id);
      subscription.leave();
    }
    this.send(JSON.stringify({ type: MessageType.Ping, payload: { cursors, code: 'GATEWAY_DRAINING' } }));
    this.closeWhenAnswered();
  }

  tokenRunsOut(expiresAt: number): void {
    const payload = { expiresAt: new Date(expiresAt).toISOString() };
    this.send(JSON.stringify({ type: MessageType.Ping, payload }));
  }

  /** An operation turned out to be a subscription, and runs. */
  subscribed(): void {
    if (this.isDraining) this.drain();
  }

  /** An operation has ended, and its id is free again. */
  done(operation: WebSocketOperation): void {
    if (this.operations.get(operation.id) === operation) this.operations.delete(operation.id);
    if (this.isDraining) this.closeWhenAnswered();
  }

  /** Sends where the client reads; one that lets too much wait is ended, since it would fill the memory of all. */
  send(text: string): void {
    const { socket, shared } = this;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > shared.options.waitingBytes) {
      socket.close(closeCodes.tooSlow, 'CLIENT_TOO_SLOW');
      socket.terminate();
      return;
    }
    socket.send(text);
  }

  take(data: RawData): void {
    this.isHeard = true;
    let message: Message;
    try {
      message = parseMessage(String(data));
    } catch {
      this.socket.close(CloseCode.BadRequest, 'Invalid message received');
      return;
    }
    switch (message.type) {
      case MessageType.ConnectionInit:
        void this.initialise(message.payload);
        break;
      case MessageType.Ping:
        this.answerPing(message.payload);
        break;
      case MessageType.Pong:
        break;
      case MessageType.Subscribe:
        this.subscribe(message.id, message.payload);
        break;
      case MessageType.Complete: {
        const operation = this.operations.get(message.id);
        this.operations.delete(message.id);
        operation?.leave();
        break;
      }
      default:
        this.socket.close(CloseCode.BadRequest, 'Invalid message received');
    }
  }

  hear(): void {
    this.isHeard = true;
  }

  gone(): void {
    clearTimeout(this.initTimer);
    this.shared.serving.liveConnections.open.delete(this);
    for (const operation of this.operations.values()) operation.leave();
    this.operations.clear();
    this.session?.close();
  }

  private async initialise(payload: Readonly<Record<string, unknown>> | undefined): Promise<void> {
    const { socket } = this;
    if (this.isInitialised) {
      socket.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
      return;
    }
    this.isInitialised = true;
    clearTimeout(this.initTimer);
    this.initTimer = undefined;
    this.client = clientOf(payload?.clientName, payload?.clientVersion);
    const given = payload?.authorization ?? payload?.Authorization;
    const authorization = typeof given === 'string' ? given : this.authorization;
    this.authorization = undefined;
    try {
      const opening = this.shared.serving.sessions.open(authorization, this);
      const session = opening instanceof Promise ? await opening : opening;
      if (socket.readyState !== socket.OPEN) {
        session.close();
        return;
      }
      this.session = session;
      this.send(ack);
    } catch (error) {
      const { code, status } = toGatewayError(error, 'connection_init');
      socket.close(status >= 500 ? closeCodes.tryLater : CloseCode.Forbidden, code);
    }
  }

  private answerPing(payload: Readonly<Record<string, unknown>> | undefined): void {
    const fresh = payload?.authorization;
    if (typeof fresh === 'string') {
      void this.renew(fresh);
    } else {
      this.send(JSON.stringify({ type: MessageType.Pong, ...(payload && { payload }) }));
    }
  }

  /** Takes a fresh token; a refusal changes nothing. */
  private async renew(authorization: string): Promise<void> {
    const { session, shared } = this;
    let payload: Readonly<Record<string, string>>;
    try {
      if (session === undefined) throw NothingToRenew();
      if (this.isRenewing) throw RenewalUnderWay();
      this.isRenewing = true;
      try {
        await shared.serving.countViewer(session.viewer(), undefined);
        await session.renew(authorization);
      } finally {
        this.isRenewing = false;
      }
      payload = { authorization: 'accepted' };
    } catch (error) {
      const refusal = toGatewayError(error, 'ping');
      if (refusal.kind === 'internal') {
        shared.serving.log.error({ err: error }, 'a fresh token could not be looked at');
      }
      payload = { authorization: 'refused', code: refusal.code };
    }
    this.send(JSON.stringify({ type: MessageType.Pong, payload }));
  }

  private subscribe(id: string, payload: SubscribePayload): void {
    const { socket, session, operations } = this;
    if (session === undefined) {
      socket.close(CloseCode.Unauthorized, 'Unauthorized');
    } else if (operations.has(id)) {
      socket.close(CloseCode.SubscriberAlreadyExists, cut(`Subscriber for ${id} already exists`));
    } else {
      const operation = new WebSocketOperation(this, id);
      operations.set(id, operation);
      void operation.start(session, payload, operations.size);
    }
  }

  private closeWhenAnswered(): void {
    if (this.operations.size === 0) this.socket.close(closeCodes.restarting, 'GATEWAY_DRAINING');
  }
}

const ack = JSON.stringify({ type: MessageType.ConnectionAck });

/* Handlers that all sockets share find their connection on the socket. */
const owner = Symbol('connection');
type Owned = WebSocket & { [owner]?: WebSocketConnection };

function takeMessage(this: WebSocket, data: RawData): void {
  (this as Owned)[owner]?.take(data);
}

function hear(this: WebSocket): void {
  (this as Owned)[owner]?.hear();
}

function forget(this: WebSocket): void {
  (this as Owned)[owner]?.gone();
}

/** What is wrong with a frame has closed it; the client learns it by the code. */
function noteError(this: WebSocket, error: Error): void {
  (this as Owned)[owner]?.shared.serving.log.info({ cause: error.message }, 'a WebSocket broke');
}

function closeLate(socket: WebSocket): void {
  socket.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout');
}

/** A reason for closing has to fit into one frame. */
function cut(reason: string): string {
  return Buffer.byteLength(reason) <= longestReasonBytes ? reason : 'Subscriber already exists';
}
