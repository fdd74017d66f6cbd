import { createInbox, headers, type Msg } from '@nats-io/transport-node';
import { BusUnavailable } from '../port.ts';
import { requestWithinMs, type Session } from './link.ts';

/** What the server says of a message once it is stored. */
export interface Stored {
  readonly seq: number;
  readonly duplicate: boolean;
}

/** Sends messages on one connection without waiting for each other's acknowledgement. */
export interface Wire {
  readonly session: Session;
  /** Calls back once, with a BusUnavailable where the message may not be stored. */
  readonly send: (
    message: { readonly subject: string; readonly id: string; readonly json: string },
    acknowledged: (outcome: Stored | BusUnavailable) => void,
  ) => void;
}

interface Waiting {
  readonly sentAt: number;
  readonly acknowledged: (outcome: Stored | BusUnavailable) => void;
}

const lookEveryMs = 1_000;

/**
 * The client's own `publish` makes a request with a timer of every message; here they share one subscription and one
 * look at the oldest. A message that is not acknowledged in time costs the connection: nothing sent on it is known.
 */
export function openWire(session: Session): Wire {
  const { nc, over, fail } = session;
  const inbox = createInbox();
  const waiting = new Map<number, Waiting>();
  let lastToken = 0;

  nc.subscribe(`${inbox}.*`, {
    callback: (_, msg) => {
      const token = Number(msg.subject.slice(inbox.length + 1));
      const sent = waiting.get(token);
      waiting.delete(token);
      sent?.acknowledged(outcomeOf(msg));
      // Nobody takes messages of the subject: the stream is gone, and is made again with the next connection.
      if (msg.headers?.code === 503) fail('The stream of events is gone.');
    },
  });
  const watch = setInterval(() => {
    const [oldest] = waiting.values();
    if (oldest && performance.now() - oldest.sentAt > requestWithinMs) {
      fail(`A message was not acknowledged within ${requestWithinMs} ms.`);
    }
  }, lookEveryMs);
  over.addEventListener('abort', () => {
    clearInterval(watch);
    const lost = over.reason as BusUnavailable;
    for (const { acknowledged } of waiting.values()) acknowledged(lost);
    waiting.clear();
  });

  return {
    session,
    send: ({ subject, id, json }, acknowledged) => {
      if (over.aborted) {
        acknowledged(over.reason as BusUnavailable);
        return;
      }
      const head = headers();
      head.set('Nats-Msg-Id', id);
      lastToken += 1;
      waiting.set(lastToken, { sentAt: performance.now(), acknowledged });
      try {
        nc.publish(subject, json, { headers: head, reply: `${inbox}.${lastToken}` });
      } catch (error) {
        waiting.delete(lastToken);
        acknowledged(new BusUnavailable('The connection to the bus was lost.', { cause: error }));
      }
    },
  };
}

function outcomeOf(msg: Msg): Stored | BusUnavailable {
  if (msg.data.length === 0) {
    return new BusUnavailable(`The server stored nothing: status ${msg.headers?.code ?? 'unknown'}.`);
  }
  const { seq, duplicate = false, error } = msg.json<Partial<Stored> & { error?: { description: string } }>();
  if (seq !== undefined && error === undefined) return { seq, duplicate };
  return new BusUnavailable(`The server stored nothing: ${error?.description}`);
}
