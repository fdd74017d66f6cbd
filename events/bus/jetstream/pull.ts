import { AckPolicy, type ConsumerConfig, DeliverPolicy } from '@nats-io/jetstream';
import { createInbox, type Msg, nanos } from '@nats-io/transport-node';
import { BusUnavailable } from '../port.ts';
import { requestWithinMs, type Session } from './link.ts';

/** Messages that may be on their way, or were taken and not granted anew. */
const window = 1_024;
/** Messages handed on at once. */
const slice = 256;
const expiresMs = 30_000;
const heartbeatMs = 5_000;
/** A consumer that nobody asks for so long is removed by the server; a slow reader makes it anew. */
const inactiveMs = 120_000;

/** A message of the stream. */
export interface Message {
  readonly seq: number;
  readonly subject: string;
  readonly msg: Msg;
}

/** Reads on in a stream, by a consumer that lives as long as it is read. */
export interface Pull {
  /** The sequence that the consumer begins behind. */
  readonly startsBehind: number;
  /** Messages behind the last one that came, when it was sent; at first behind the beginning. */
  readonly pending: () => number;
  /** Takes what has come, at most so much. */
  readonly take: (max: number) => readonly Message[];
  /** Lets the server send so many more in place of those that were taken. */
  readonly grant: (messages: number) => void;
  /**
   * Resolves when there is something to take, the signal aborts, or the time (ms) is over; rejects with a
   * BusUnavailable when nothing more will come.
   */
  readonly arrived: (wait: { readonly signal?: AbortSignal; readonly withinMs?: number }) => Promise<void>;
  /** Whether everything that is in the stream now has been taken. */
  readonly isDrained: () => Promise<boolean>;
  readonly close: () => void;
}

export interface PullWanted {
  readonly stream: string;
  readonly filter: string;
  /** By sequence, or by time (ms). */
  readonly from: { readonly seq: number } | { readonly time: number };
  readonly headersOnly?: boolean;
}

/**
 * Makes a consumer and pulls from it. The consumer needs no acknowledgement and is never asked for a message twice:
 * what was read is remembered by whoever reads. Messages are numbered, so that one that is missing is noticed.
 */
export async function openPull(session: Session, wanted: PullWanted): Promise<Pull> {
  const { nc, jsm, over } = session;
  const info = await jsm.consumers.add(wanted.stream, consumerOf(wanted));
  const requestSubject = `$JS.API.CONSUMER.MSG.NEXT.${wanted.stream}.${info.name}`;
  const inbox = createInbox();
  let queue: Message[] = [];
  let received = 0;
  let pending = info.num_pending;
  let credit = window;
  let isOver = false;
  let failure: Error | undefined;
  let heardAt = performance.now();
  const waiting = new Set<() => void>();

  const subscription = nc.subscribe(inbox, {
    callback: (error, msg) => {
      heardAt = performance.now();
      if (error) fail(error.message);
      else if (msg.headers && msg.headers.code >= 100) hearStatus(msg);
      else hear(msg);
    },
  });
  const watch = setInterval(() => {
    if (performance.now() - heardAt > 3 * heartbeatMs && credit < window) fail('It fell silent.');
  }, heartbeatMs);
  const lost = () => fail('The connection was lost.');
  over.addEventListener('abort', lost);
  request();

  function hear(msg: Msg): void {
    const place = placeOf(msg.reply as string);
    received += 1;
    if (place.number !== received) {
      fail(`Message ${received} of it is missing.`);
      return;
    }
    pending = place.pending;
    queue.push({ seq: place.seq, subject: msg.subject, msg });
    wake();
  }

  /** https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-37.md */
  function hearStatus({ headers }: Msg): void {
    if (headers?.code === 100) return;
    const unsent = Number(headers?.get('Nats-Pending-Messages'));
    if (headers?.code === 408 || (headers?.code === 409 && unsent > 0)) {
      credit += unsent;
      request();
    } else {
      fail(headers?.description || `Its status is ${headers?.code}.`);
    }
  }

  /** Sends for as many messages as there is room for, once that is a good part of the window. */
  function request(): void {
    if (isOver || failure || credit < window / 2) return;
    const asked = { batch: credit, expires: nanos(expiresMs), idle_heartbeat: nanos(heartbeatMs) };
    credit = 0;
    heardAt = performance.now();
    nc.publish(requestSubject, JSON.stringify(asked), { reply: inbox });
  }

  function fail(reason: string): void {
    if (isOver) return;
    failure ??= new BusUnavailable(`A consumer of ${wanted.stream} ended: ${reason}`);
    end();
  }

  function wake(): void {
    for (const one of waiting) one();
  }

  function end(): void {
    clearInterval(watch);
    over.removeEventListener('abort', lost);
    if (!nc.isClosed()) subscription.unsubscribe();
    wake();
  }

  return {
    startsBehind: info.delivered.stream_seq,
    pending: () => pending,
    take: (max) => {
      const taken = queue.slice(0, max);
      queue = queue.slice(max);
      return taken;
    },
    grant: (messages) => {
      credit += messages;
      request();
    },
    arrived: ({ signal, withinMs }) => {
      if (queue.length > 0 || signal?.aborted) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const settle = () => {
          clearTimeout(late);
          waiting.delete(settle);
          signal?.removeEventListener('abort', settle);
          if (failure && queue.length === 0) reject(failure);
          else resolve();
        };
        const late = withinMs === undefined ? undefined : setTimeout(settle, withinMs);
        if (failure) return settle();
        waiting.add(settle);
        signal?.addEventListener('abort', settle);
      });
    },
    isDrained: async () => {
      if (failure) throw failure;
      const now = await jsm.consumers.info(wanted.stream, info.name);
      return now.num_pending === 0 && now.delivered.consumer_seq === received && queue.length === 0;
    },
    close: () => {
      if (isOver) return;
      isOver = true;
      end();
      // Where this does not reach the server, it removes the consumer by itself.
      if (!over.aborted) jsm.consumers.delete(wanted.stream, info.name).catch(() => {});
    },
  };
}

/** Everything that is in the stream now, a few at a time. Rejects with a BusUnavailable where the server does not send it in time. */
export async function* untilDrained(pull: Pull): AsyncGenerator<readonly Message[]> {
  for (let heardAt = performance.now(); ; ) {
    const messages = pull.take(slice);
    if (messages.length > 0) {
      yield messages;
      pull.grant(messages.length);
      heardAt = performance.now();
    } else if (pull.pending() === 0 && (await pull.isDrained())) {
      return;
    } else {
      await pull.arrived({ withinMs: requestWithinMs });
      if (performance.now() - heardAt >= requestWithinMs) {
        throw new BusUnavailable(`No message came within ${requestWithinMs} ms.`);
      }
    }
  }
}

/** The sequence before the first message of a time (ms) or later; the last one where there is none. */
export async function sequenceBefore({ jsm }: Session, stream: string, time: number): Promise<number> {
  const info = await jsm.consumers.add(stream, consumerOf({ stream, filter: '>', from: { time } }));
  await jsm.consumers.delete(stream, info.name);
  return info.delivered.stream_seq;
}

/** How many messages of a filter lie behind a sequence. */
export async function countBehind({ jsm }: Session, wanted: PullWanted): Promise<number> {
  const info = await jsm.consumers.add(wanted.stream, consumerOf({ ...wanted, headersOnly: true }));
  await jsm.consumers.delete(wanted.stream, info.name);
  return info.num_pending;
}

function consumerOf({ filter, from, headersOnly = false }: PullWanted): Partial<ConsumerConfig> {
  const start =
    'seq' in from
      ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from.seq }
      : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(from.time).toISOString() };
  return {
    ...start,
    ack_policy: AckPolicy.None,
    inactive_threshold: nanos(Math.max(inactiveMs, requestWithinMs)),
    mem_storage: true,
    num_replicas: 1,
    headers_only: headersOnly,
    ...(filter === '>' ? {} : { filter_subject: filter }),
  };
}

/**
 * Where a message lies, by its reply subject: `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer
 * sequence>.<time>.<pending>`, with a domain and an account before the stream in longer ones (ADR-15).
 */
function placeOf(reply: string): { readonly seq: number; readonly number: number; readonly pending: number } {
  const tokens = reply.split('.');
  const skip = tokens.length === 9 ? 0 : 2;
  return {
    seq: Number(tokens[5 + skip]),
    number: Number(tokens[6 + skip]),
    pending: Number(tokens[8 + skip]),
  };
}
