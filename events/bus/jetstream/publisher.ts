import type { EventEnvelope } from '../../envelope.ts';
import { cancellable } from '../cancellable.ts';
import { BusUnavailable, maxEventBytes, type Published } from '../port.ts';
import { type Link, type Session, unavailable } from './link.ts';
import type { LookBack } from './look-back.ts';
import { messageId, type Names } from './names.ts';
import { openWire, type Wire } from './wire.ts';

/** Events written out at once. */
const slice = 256;
/** Events that were sent and not acknowledged, with those that wait for one of their key. */
const maxTaken = 2_048;
/** Events that may wait beyond these; while there are so many, publishing is refused. */
const maxWaiting = 50_000;

export interface Publisher {
  readonly publish: (events: readonly EventEnvelope[], signal?: AbortSignal) => Promise<readonly Published[]>;
  /** Rejects what was not sent, and resolves once what was is acknowledged or lost. */
  readonly close: () => Promise<void>;
}

interface Call {
  readonly events: readonly EventEnvelope[];
  readonly published: Published[];
  taken: number;
  left: number;
  readonly resolve: (published: readonly Published[]) => void;
  readonly reject: (error: unknown) => void;
}

/** An event that was taken. `behind` is sent when this one is acknowledged. */
interface Sending {
  readonly call: Call;
  readonly index: number;
  readonly key: string;
  readonly json: string;
  behind: Sending | undefined;
}

/**
 * Publishes events side by side, and those of one key one after another: an event is sent when the one before it on
 * its key was acknowledged, so that none is stored where an earlier one was not. When something fails, whatever was
 * not sent yet fails with it, since it would overtake what has to be published again.
 */
export function openPublisher(link: Link, names: Names, lookBack: LookBack): Publisher {
  /** With events that were not taken. */
  const calls = new Set<Call>();
  const sent = new Set<Sending>();
  /** The last one of each key that was taken. */
  const tails = new Map<string, Sending>();
  let waiting = 0;
  let taken = 0;
  let wire: Wire | undefined;
  let feeding: Promise<void> | undefined;
  let isClosed = false;
  let tellRoom = () => {};
  let tellIdle = () => {};

  function publish(events: readonly EventEnvelope[], signal?: AbortSignal): Promise<readonly Published[]> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (isClosed) return Promise.reject(closed());
    if (events.length === 0) return Promise.resolve([]);
    if (waiting >= maxWaiting) {
      return Promise.reject(
        new BusUnavailable(`${waiting} events wait to be published already; publish later.`),
      );
    }
    const { promise, resolve, reject } = cancellable<readonly Published[]>(signal, () =>
      fail(call, signal?.reason),
    );
    const call: Call = {
      events,
      published: new Array(events.length),
      taken: 0,
      left: events.length,
      resolve,
      reject,
    };
    calls.add(call);
    waiting += events.length;
    feeding ??= feed();
    return promise;
  }

  /** Takes events from the calls, in their order, as far as there is room. */
  async function feed(): Promise<void> {
    for (;;) {
      // In a turn of its own, so that many small calls do not keep the event loop from anything else.
      await new Promise((resolve) => setImmediate(resolve));
      if (calls.size === 0) break;
      try {
        const session = link.session();
        if (wire?.session !== session) wire = openWire(session);
        await takeSlice(session, wire);
      } catch (error) {
        failUnsent(unavailable(error));
      }
      if (taken >= maxTaken)
        await new Promise<void>((resolve) => {
          tellRoom = resolve;
        });
    }
    feeding = undefined;
    if (taken === 0) tellIdle();
  }

  async function takeSlice(session: Session, on: Wire): Promise<void> {
    let room = slice;
    for (const call of calls) {
      const events = call.events.slice(call.taken, call.taken + room);
      const known = lookBack(session, events);
      const found = known instanceof Map ? known : await known;
      for (const event of events) {
        if (!calls.has(call)) break;
        take(call, event, found.get(messageId(event)), on);
      }
      room -= events.length;
      if (room === 0) return;
    }
  }

  function take(call: Call, event: EventEnvelope, known: number | undefined, on: Wire): void {
    const json = JSON.stringify(event);
    if (Buffer.byteLength(json) > maxEventBytes) {
      fail(call, new RangeError(`Event ${event.id} has more than ${maxEventBytes} bytes.`));
      return;
    }
    const index = call.taken;
    call.taken += 1;
    waiting -= 1;
    if (call.taken === call.events.length) calls.delete(call);
    if (known !== undefined) {
      settle(call, index, { seq: known, duplicate: true }, on.session);
      return;
    }
    const key = `${event.tenant}\0${event.partitionkey}`;
    const sending: Sending = { call, index, key, json, behind: undefined };
    const ahead = tails.get(key);
    tails.set(key, sending);
    taken += 1;
    if (ahead) ahead.behind = sending;
    else send(sending, on);
  }

  function send(sending: Sending, on: Wire): void {
    const event = sending.call.events[sending.index] as EventEnvelope;
    sent.add(sending);
    on.send({ subject: names.event(event), id: messageId(event), json: sending.json }, (outcome) => {
      sent.delete(sending);
      leave(sending);
      if (outcome instanceof BusUnavailable) {
        fail(sending.call, outcome);
        failBehind(sending, outcome);
        failUnsent(outcome);
        return;
      }
      settle(sending.call, sending.index, outcome, on.session);
      if (sending.behind) send(sending.behind, on);
    });
  }

  function leave(sending: Sending): void {
    taken -= 1;
    if (tails.get(sending.key) === sending) tails.delete(sending.key);
    if (taken < maxTaken) tellRoom();
    if (taken === 0 && feeding === undefined) tellIdle();
  }

  function settle(
    call: Call,
    index: number,
    { seq, duplicate }: { readonly seq: number; readonly duplicate: boolean },
    { cursors }: Session,
  ): void {
    const { id, tenant } = call.events[index] as EventEnvelope;
    call.published[index] = { id, cursor: cursors.write(tenant, seq), duplicate };
    call.left -= 1;
    if (call.left === 0) call.resolve(call.published);
  }

  function fail(call: Call, error: unknown): void {
    if (calls.delete(call)) waiting -= call.events.length - call.taken;
    call.reject(error);
  }

  function failUnsent(error: unknown): void {
    for (const call of calls) fail(call, error);
    for (const ahead of sent) {
      failBehind(ahead, error);
      tails.set(ahead.key, ahead);
    }
  }

  function failBehind(ahead: Sending, error: unknown): void {
    for (let one = ahead.behind; one; one = one.behind) {
      fail(one.call, error);
      leave(one);
    }
    ahead.behind = undefined;
  }

  return {
    publish,
    close: async () => {
      isClosed = true;
      failUnsent(closed());
      await feeding;
      if (taken === 0) return;
      await new Promise<void>((resolve) => {
        tellIdle = resolve;
      });
    },
  };
}

const closed = () => new BusUnavailable('The bus is closed.');
