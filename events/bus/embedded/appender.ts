import type { EventEnvelope } from '../../envelope.ts';
import { cancellable } from '../cancellable.ts';
import type { Cursors } from '../cursors.ts';
import { BusUnavailable, maxEventBytes, type Published } from '../port.ts';
import type { NewEvent } from './protocol.ts';

/** One transaction has at most so many events, and so much text: a few milliseconds of both threads. */
const batchEvents = 1_000;
const batchBytes = 1_048_576;
/** Events that may wait to be appended; while there are so many, publishing is refused. */
const maxWaiting = 50_000;

/** Collects what is published at the same time into one transaction after another. */
export interface Appender {
  readonly publish: (events: readonly EventEnvelope[], signal?: AbortSignal) => Promise<readonly Published[]>;
  /** Rejects what waits, and resolves once the transaction at hand has ended. */
  readonly close: () => Promise<void>;
}

export interface AppenderSettings {
  readonly cursors: Cursors;
  /** One transaction; positions as in the protocol. */
  readonly append: (events: readonly NewEvent[]) => Promise<readonly number[]>;
  readonly onAppended: (tenant: string, position: number) => void;
}

/** One call of `publish`. */
interface Call {
  readonly events: readonly EventEnvelope[];
  /** How many are in a transaction, or have been. */
  taken: number;
  readonly published: Published[];
  readonly resolve: (published: readonly Published[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Taken {
  readonly call: Call;
  readonly text: NewEvent;
}

export function openAppender({ cursors, append, onAppended }: AppenderSettings): Appender {
  const calls = new Set<Call>();
  let waiting = 0;
  let running: Promise<void> | undefined;
  let isClosed = false;

  function publish(events: readonly EventEnvelope[], signal?: AbortSignal): Promise<readonly Published[]> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (isClosed) return Promise.reject(closed());
    if (events.length === 0) return Promise.resolve([]);
    if (waiting >= maxWaiting) {
      return Promise.reject(
        new BusUnavailable(`${waiting} events wait to be appended already; publish later.`),
      );
    }
    const { promise, resolve, reject } = cancellable<readonly Published[]>(signal, () =>
      fail(call, signal?.reason),
    );
    const call: Call = { events, taken: 0, published: [], resolve, reject };
    calls.add(call);
    waiting += events.length;
    running ??= run();
    return promise;
  }

  function fail(call: Call, error: unknown): void {
    if (calls.delete(call)) waiting -= call.events.length - call.taken;
    call.reject(error);
  }

  async function run(): Promise<void> {
    // Whatever is published in this turn of the event loop shares the first transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (calls.size > 0) {
      const batch = takeBatch();
      try {
        note(batch, await append(batch.map(({ text }) => text)));
      } catch (error) {
        // Whatever waits behind a failure fails with it: it would overtake what has to be published again.
        for (const call of calls) fail(call, error);
      }
    }
    running = undefined;
  }

  /** Written out only now, so that one long list of events does not hold up the event loop. */
  function takeBatch(): readonly Taken[] {
    const batch: Taken[] = [];
    let bytes = 0;
    for (const call of calls) {
      for (const event of call.events.slice(call.taken, call.taken + batchEvents - batch.length)) {
        const json = JSON.stringify(event);
        if (Buffer.byteLength(json) > maxEventBytes) {
          fail(call, new RangeError(`Event ${event.id} has more than ${maxEventBytes} bytes.`));
          break;
        }
        batch.push({ call, text: { tenant: event.tenant, id: event.id, type: event.type, json } });
        call.taken += 1;
        waiting -= 1;
        bytes += json.length;
        if (bytes >= batchBytes) return batch;
      }
      if (batch.length === batchEvents) break;
    }
    return batch;
  }

  function note(batch: readonly Taken[], positions: readonly number[]): void {
    for (const [index, { call, text }] of batch.entries()) {
      const position = positions[index] as number;
      const place = Math.abs(position);
      call.published.push({
        id: text.id,
        cursor: cursors.write(text.tenant, place),
        duplicate: position < 0,
      });
      if (position > 0) onAppended(text.tenant, position);
      if (call.published.length === call.events.length) {
        calls.delete(call);
        call.resolve(call.published);
      }
    }
  }

  return {
    publish,
    close: async () => {
      isClosed = true;
      for (const call of calls) if (call.taken < call.events.length) fail(call, closed());
      await running;
    },
  };
}

const closed = () => new BusUnavailable('The bus is closed.');
