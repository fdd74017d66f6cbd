import type { Logger } from 'pino';
import type { EventEnvelope } from '../../envelope.ts';
import { type Consumption, type Deliver, type Delivered, type GroupOptions, maxBatch } from '../port.ts';

/** Events held in memory for one group; of further ones only the place is kept, and they are read again. */
const maxLoaded = 4_096;
/** Of these, events of one key. */
const maxLoadedOfKey = 5 * maxBatch;
/** Events that were taken up and are not done; while there are so many, nothing more is taken up. */
const maxOpen = 20_000;
/** After a delivery that rejected, or left events without saying when to bring them again. */
const rejectedMs = 1_000;
/** How long deliveries whose signal was aborted may take to end; then nobody waits for them any more. */
const abortedMs = 5_000;
/** For deliveries at hand where `stop` is not told otherwise. */
const usualGraceMs = 10_000;
/** Deliveries are started one after another for so long before something else has its turn. */
const turnMs = 5;
const longestTimerMs = 2 ** 31 - 1;

/** One ordered part of the log, with the group's progress in it. */
export interface Source {
  /** Reads events again that were let go of meanwhile. One that is no longer kept is left out. */
  readonly load: (positions: readonly number[]) => Promise<ReadonlyMap<number, EventEnvelope>>;
  /** Takes note that these are done. */
  readonly settle: (positions: readonly number[]) => void;
}

/** Gives the events of one group to its members: those of a key one after another, different keys side by side. */
export interface Lanes {
  /** Takes up an event. Positions of one source come in ascending order. */
  readonly add: (source: Source, position: number, event: EventEnvelope) => void;
  /** Resolves at once while there is room for more events, and otherwise when there is, or the signal aborts. */
  readonly room: (signal: AbortSignal) => Promise<void>;
  /** A member of the group from now on. */
  readonly join: (options: GroupOptions, deliver: Deliver) => Consumption;
  /** Forgets the events of a source and aborts their deliveries, whose outcome no longer counts. */
  readonly drop: (source: Source) => void;
  /** The same after its deliveries at hand; those that outlast the usual grace are aborted. */
  readonly retire: (source: Source) => Promise<void>;
  /** Forgets everything. */
  readonly clear: () => void;
}

interface Held {
  readonly position: number;
  event: EventEnvelope | undefined;
}

/** The events of one key. `waiting` is for its time to be retried. */
interface Lane {
  readonly key: string;
  readonly source: Source;
  queue: Held[];
  loaded: number;
  state: 'ready' | 'running' | 'waiting';
  timer?: NodeJS.Timeout;
  delivery?: AbortController;
}

interface Member {
  readonly deliver: Deliver;
  readonly concurrency: number;
  readonly deliveries: Set<AbortController>;
  isStopped: boolean;
  onLeave: () => void;
}

export function openLanes(group: string, log: Logger): Lanes {
  const lanes = new Map<string, Lane>();
  const ready = new Set<Lane>();
  const members = new Set<Member>();
  const waitingForRoom = new Set<() => void>();
  /** Sources that only end what is being delivered, and whom to tell when something of it has. */
  const retiring = new Map<Source, () => void>();
  let loaded = 0;
  let open = 0;
  let isScheduled = false;
  let turnEndsAt = 0;

  function add(source: Source, position: number, event: EventEnvelope): void {
    if (retiring.has(source)) return;
    const key = `${event.tenant}\0${event.partitionkey}`;
    let lane = lanes.get(key);
    if (lane === undefined) {
      lane = { key, source, queue: [], loaded: 0, state: 'ready' };
      lanes.set(key, lane);
      ready.add(lane);
      schedule();
    }
    // Events of a key are read again in order, so that none may be held behind one that is not.
    const isLast = lane.loaded === lane.queue.length;
    const isHeld = lane.state !== 'waiting' && isLast && lane.loaded < maxLoadedOfKey;
    lane.queue.push({ position, event: isHeld ? event : undefined });
    open += 1;
    count(lane, isHeld ? 1 : 0);
  }

  /** Whether its source was not dropped meanwhile. */
  const isKept = (lane: Lane) => lanes.get(lane.key) === lane;

  function count(lane: Lane, change: number): void {
    lane.loaded += change;
    loaded += change;
  }

  /** Deliveries that end at once follow each other, but leave the event loop to everything else every few milliseconds. */
  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    if (performance.now() < turnEndsAt) {
      queueMicrotask(start);
      return;
    }
    setImmediate(() => {
      turnEndsAt = performance.now() + turnMs;
      start();
    });
  }

  /** Starts as many deliveries as there are members free for. */
  function start(): void {
    isScheduled = false;
    for (const lane of ready) {
      const member = freeMember();
      if (member === undefined) return;
      ready.delete(lane);
      void run(lane, member);
    }
  }

  function freeMember(): Member | undefined {
    let best: Member | undefined;
    for (const member of members) {
      if (member.isStopped || member.deliveries.size >= member.concurrency) continue;
      if (best === undefined || member.deliveries.size < best.deliveries.size) best = member;
    }
    return best;
  }

  async function run(lane: Lane, member: Member): Promise<void> {
    const delivery = new AbortController();
    lane.state = 'running';
    lane.delivery = delivery;
    member.deliveries.add(delivery);
    let retryInMs: number | undefined;
    try {
      await reload(lane);
      const events = lane.queue.slice(0, maxBatch).flatMap(({ event }) => event ?? []);
      const outcome = events.length === 0 ? { done: 0 } : await member.deliver(events, delivery.signal);
      // Where the wait for it was given up, the lane has long gone on.
      if (lane.delivery !== delivery) return;
      settle(lane, checked(outcome, events.length));
      if (outcome.done < events.length) retryInMs = outcome.retryInMs ?? rejectedMs;
    } catch (error) {
      if (lane.delivery !== delivery) return;
      if (isKept(lane)) log.warn({ err: error, group }, 'a delivery failed; it comes again');
      retryInMs = rejectedMs;
    } finally {
      leave(member, delivery);
    }
    release(lane, retryInMs);
  }

  /** Brings back the first events of a lane that are not in memory. */
  async function reload(lane: Lane): Promise<void> {
    const missing = lane.queue.slice(0, maxBatch).filter(({ event }) => event === undefined);
    if (missing.length === 0) return;
    const events = await lane.source.load(missing.map(({ position }) => position));
    if (!isKept(lane)) return;
    for (const held of missing) held.event = events.get(held.position);
    const lost = new Set(missing.filter(({ event }) => event === undefined));
    count(lane, missing.length - lost.size);
    if (lost.size === 0) return;
    log.error({ group, events: lost.size }, 'events were no longer kept when their turn came');
    lane.queue = lane.queue.filter((held) => !lost.has(held));
    open -= lost.size;
    lane.source.settle([...lost].map(({ position }) => position));
  }

  function settle(lane: Lane, done: number): void {
    if (!isKept(lane) || done === 0) return;
    const settled = lane.queue.splice(0, done);
    open -= done;
    count(lane, -done);
    lane.source.settle(settled.map(({ position }) => position));
  }

  /** What follows a delivery. */
  function release(lane: Lane, retryInMs: number | undefined): void {
    delete lane.delivery;
    if (isKept(lane)) {
      if (retiring.has(lane.source)) {
        forget(lane);
      } else if (retryInMs !== undefined) {
        park(lane, retryInMs);
      } else if (lane.queue.length > 0) {
        makeReady(lane);
      } else {
        lanes.delete(lane.key);
      }
    }
    tellRoom();
    retiring.get(lane.source)?.();
    schedule();
  }

  function park(lane: Lane, retryInMs: number): void {
    lane.state = 'waiting';
    // What waits holds no memory but its place.
    for (const held of lane.queue) held.event = undefined;
    count(lane, -lane.loaded);
    lane.timer = setTimeout(makeReady, Math.min(Math.max(retryInMs, 0), longestTimerMs), lane);
  }

  function makeReady(lane: Lane): void {
    lane.state = 'ready';
    ready.add(lane);
    schedule();
  }

  function leave(member: Member, delivery: AbortController): void {
    member.deliveries.delete(delivery);
    member.onLeave();
  }

  const hasRoom = () => loaded < maxLoaded && open < maxOpen;

  function tellRoom(): void {
    if (!hasRoom()) return;
    for (const tell of waitingForRoom) tell();
  }

  function room(signal: AbortSignal): Promise<void> {
    if (hasRoom() || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const tell = () => {
        waitingForRoom.delete(tell);
        signal.removeEventListener('abort', tell);
        resolve();
      };
      waitingForRoom.add(tell);
      signal.addEventListener('abort', tell);
    });
  }

  function forget(lane: Lane): void {
    clearTimeout(lane.timer);
    open -= lane.queue.length;
    count(lane, -lane.loaded);
    lane.queue = [];
    ready.delete(lane);
    lanes.delete(lane.key);
    lane.delivery?.abort(new Error('This part of the log is read elsewhere now.'));
  }

  function drop(source: Source): void {
    for (const lane of [...lanes.values()]) if (lane.source === source) forget(lane);
    tellRoom();
  }

  async function retire(source: Source): Promise<void> {
    const running = () => [...lanes.values()].filter((lane) => lane.source === source);
    const hasEnded = (ms: number) =>
      isTrueWithin(
        () => running().length === 0,
        (look) => retiring.set(source, look),
        ms,
      );
    retiring.set(source, () => {});
    for (const lane of running()) if (lane.state !== 'running') forget(lane);
    if (!(await hasEnded(usualGraceMs))) {
      for (const { delivery } of running()) delivery?.abort(new Error('Another process takes over.'));
      await hasEnded(abortedMs);
    }
    drop(source);
    retiring.delete(source);
  }

  function join({ concurrency }: GroupOptions, deliver: Deliver): Consumption {
    const member: Member = {
      deliver,
      concurrency,
      deliveries: new Set(),
      isStopped: false,
      onLeave: () => {},
    };
    members.add(member);
    schedule();
    let stopping: Promise<void> | undefined;
    return {
      stop: (graceMs = usualGraceMs) => {
        stopping ??= stopMember(member, graceMs).finally(() => members.delete(member));
        return stopping;
      },
    };
  }

  async function stopMember(member: Member, graceMs: number): Promise<void> {
    member.isStopped = true;
    const isIdleWithin = (ms: number) =>
      isTrueWithin(
        () => member.deliveries.size === 0,
        (look) => {
          member.onLeave = look;
        },
        ms,
      );
    if (await isIdleWithin(graceMs)) return;
    const reason = new Error(`The delivery did not end within ${graceMs} ms.`);
    for (const delivery of member.deliveries) delivery.abort(reason);
    if (await isIdleWithin(abortedMs)) return;
    log.error({ group, deliveries: member.deliveries.size }, 'deliveries did not end when they were aborted');
    for (const lane of [...lanes.values()]) {
      if (lane.delivery && member.deliveries.has(lane.delivery)) release(lane, rejectedMs);
    }
  }

  return {
    add,
    room,
    join,
    drop,
    retire,
    clear: () => {
      for (const lane of [...lanes.values()]) forget(lane);
    },
  };
}

function checked({ done }: Delivered, given: number): number {
  if (Number.isInteger(done) && done >= 0 && done <= given) return done;
  throw new RangeError(`A delivery of ${given} events said that ${done} of them are done.`);
}

/** Waits for a condition, which is looked at whenever it may have come true. */
function isTrueWithin(
  isTrue: () => boolean,
  onChange: (look: () => void) => void,
  ms: number,
): Promise<boolean> {
  if (isTrue()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const overdue = setTimeout(resolve, ms, false);
    onChange(() => {
      if (!isTrue()) return;
      clearTimeout(overdue);
      resolve(true);
    });
  });
}
