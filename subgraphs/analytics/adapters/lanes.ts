import type { FailureReason } from './failure.ts';

/** What runs one piece of work at a time, and can be told to give it up. */
export interface Interruptible {
  readonly interrupt: () => void;
}

/** Work on one connection, and how it ends. */
export interface Job<Connection, Result> {
  readonly id: number;
  /** Counts from when the job was handed in, waiting included. */
  readonly timeoutMs: number;
  readonly run: (connection: Connection) => Promise<Result>;
  /** Leaves the connection fit for the next job after `run` rejected; never interrupted. */
  readonly recover?: (connection: Connection) => Promise<void>;
  readonly done: (result: Result) => void;
  /** `cause` is what `run` rejected with, or why it did not begin. */
  readonly failed: (reason: FailureReason, cause: Error) => void;
}

export interface Lanes<Connection, Result> {
  /** Runs the job on the next free connection; refuses it as busy where too many wait. */
  readonly add: (job: Job<Connection, Result>) => void;
  /** Gives up the job of this id, waiting or running. Says whether there is one. */
  readonly cancel: (id: number) => boolean;
  /** Gives up all jobs, takes no more, and resolves when every connection is idle. */
  readonly end: () => Promise<void>;
}

/** An interrupt that arrives before the statement began is lost, so it is repeated until the job ends. */
const interruptEveryMs = 25;

interface Entry<Connection, Result> {
  readonly job: Job<Connection, Result>;
  readonly deadline: NodeJS.Timeout;
  /** Set while the job has a connection. */
  connection?: Connection;
  given?: FailureReason;
  /** `run` has ended; there is nothing to interrupt. */
  settled?: boolean;
  interrupts?: NodeJS.Timeout;
}

/**
 * Connections that share one queue. A connection runs one job at a time, so a lane takes the
 * next job when its last has ended; a job that is given up while running is interrupted and its connection
 * serves the next one.
 */
export function openLanes<Connection extends Interruptible, Result>(
  connections: readonly Connection[],
  maxWaiting: number,
): Lanes<Connection, Result> {
  const free = [...connections];
  const waiting: Entry<Connection, Result>[] = [];
  const running = new Map<number, Entry<Connection, Result>>();
  let ended: (() => void) | undefined;
  let closed = false;

  const next = () => {
    while (free.length > 0 && waiting.length > 0) void start(waiting.shift() as Entry<Connection, Result>);
    if (closed && running.size === 0) ended?.();
  };

  const start = async (entry: Entry<Connection, Result>) => {
    const { job } = entry;
    const connection = free.pop() as Connection;
    entry.connection = connection;
    running.set(job.id, entry);
    let finish: () => void;
    try {
      const result = await job.run(connection);
      finish = () => job.done(result);
      settle(entry);
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      finish = () => job.failed(entry.given ?? 'error', cause);
      settle(entry);
      await job.recover?.(connection);
    }
    running.delete(job.id);
    free.push(connection);
    finish();
    next();
  };

  const settle = (entry: Entry<Connection, Result>) => {
    clearTimeout(entry.deadline);
    clearInterval(entry.interrupts);
    entry.settled = true;
  };

  const giveUp = (entry: Entry<Connection, Result>, reason: FailureReason) => {
    if (entry.connection) {
      if (entry.given || entry.settled) return;
      entry.given = reason;
      const { connection } = entry;
      connection.interrupt();
      entry.interrupts = setInterval(() => connection.interrupt(), interruptEveryMs);
      return;
    }
    clearTimeout(entry.deadline);
    waiting.splice(waiting.indexOf(entry), 1);
    entry.job.failed(reason, new Error('It was given up while it waited for a connection.'));
  };

  return {
    add: (job) => {
      if (closed) return job.failed('closed', new Error('The warehouse is closed.'));
      if (free.length === 0 && waiting.length >= maxWaiting) {
        return job.failed('busy', new Error(`${waiting.length} queries wait already.`));
      }
      const deadline = setTimeout(() => giveUp(entry, 'timeout'), job.timeoutMs);
      const entry: Entry<Connection, Result> = { job, deadline };
      waiting.push(entry);
      next();
    },
    cancel: (id) => {
      const entry = running.get(id) ?? waiting.find(({ job }) => job.id === id);
      if (entry) giveUp(entry, 'cancelled');
      return entry !== undefined;
    },
    end: () =>
      new Promise((resolve) => {
        closed = true;
        ended = resolve;
        for (const entry of [...waiting, ...running.values()]) giveUp(entry, 'closed');
        next();
      }),
  };
}
