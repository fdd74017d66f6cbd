import { getCompileCacheDir } from 'node:module';
import { dirname, extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { QueryPlan } from '@apollo/query-planner';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import {
  QueryPlanOutOfMemory,
  QueryPlanQueueFull,
  QueryPlanTimeout,
} from '#gateway/pipeline/operation-errors.ts';
import type { SupergraphDescription } from './description.ts';
import type { PlanRequest, WorkerInput, WorkerMessage } from './planning-messages.ts';

/** Bounds of planning. */
export interface PlanningLimits {
  /** Milliseconds for one operation. */
  readonly deadlineMs: number;
  /** Operations that may wait for a worker. */
  readonly waiting: number;
  /** Megabytes of one worker's heap. */
  readonly memoryMb: number;
  /** Paths that the planner may hold open for one field. */
  readonly paths: number;
  /** Workers that had nothing to do for so many milliseconds are ended. */
  readonly idleMs: number;
}

/** Plans operations of one supergraph outside of the main thread. */
export interface Planning {
  /**
   * Starts the first worker. Without it that happens when there is something to plan.
   * @throws Error with the reason why this supergraph cannot be planned with.
   */
  readonly start: () => Promise<SupergraphDescription>;
  /**
   * Plans one operation of a valid document.
   * @throws GatewayError `QUERY_PLAN_TIMEOUT`, `QUERY_PLAN_QUEUE_FULL`, `QUERY_PLAN_OUT_OF_MEMORY`; GraphQLError with
   * the code of the planner, which refuses the operation; Error when a worker crashed or planning was closed.
   */
  readonly plan: (request: PlanRequest) => Promise<QueryPlan>;
  /** Threads that live at the moment. */
  readonly workers: () => number;
  /** Ends every worker, and with them what is being planned or waits for it. Calling it again does nothing. */
  readonly close: () => Promise<void>;
}

export interface PlanningSettings {
  readonly supergraphSdl: string;
  readonly limits: PlanningLimits;
  readonly log: Logger;
  /** Another worker's file, for tests. */
  readonly worker?: URL;
}

/**
 * One operation is planned at a time, so that misses leave a core to the requests. One that takes longer than this
 * is set aside, and the next is given to another worker, the spare. That is when the spare is started: it costs as
 * much memory as the first worker, most gateways never need it, and it stands ready long before the deadline.
 */
const slowMs = 400;
/** So many operations can be slow together before the others have to wait, plus one. */
const mostWorkers = 3;
/** Megabytes of the heap's young part: planning is no slower than with the 16 that are usual, and a worker smaller. */
const youngMb = 8;
/** For reading a supergraph and building its query graph. */
const buildMs = 120_000;

const workerFile = new URL(`./planning-worker${extname(import.meta.url)}`, import.meta.url);

interface Job {
  readonly request: PlanRequest;
  readonly resolve: (plan: QueryPlan) => void;
  readonly reject: (error: Error) => void;
}

interface Seat {
  readonly thread: Worker;
  state: 'building' | 'idle' | 'planning' | 'slow';
  job: Job | undefined;
  timers: readonly NodeJS.Timeout[];
  /** By `performance.now()`. */
  readonly startedAt: number;
}

/** The process's own, and its compile cache where it has one, which a thread does not inherit. */
function workerEnvironment(): NodeJS.ProcessEnv {
  const cache = getCompileCacheDir();
  return cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) };
}

/** Opens planning for a supergraph. No thread is started yet. */
export function openPlanning(settings: PlanningSettings): Planning {
  const { limits, log, supergraphSdl } = settings;
  const input: WorkerInput = { supergraphSdl, options: { pathsLimit: limits.paths } };
  const seats = new Set<Seat>();
  const ending = new Set<Promise<unknown>>();
  const waiting: Job[] = [];
  const firstWord = Promise.withResolvers<SupergraphDescription>();
  /* Whoever did not call `start` has no use for it. */
  firstWord.promise.catch(() => {});
  let idleTimer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function addSeat(): void {
    const thread = new Worker(settings.worker ?? workerFile, {
      workerData: input,
      env: workerEnvironment(),
      resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb, maxYoungGenerationSizeMb: youngMb },
    });
    const startedAt = performance.now();
    const seat: Seat = { thread, state: 'building', job: undefined, timers: [], startedAt };
    seats.add(seat);
    log.debug({ workers: seats.size }, 'planning worker started');
    seat.timers = [setTimeout(lose, buildMs, seat, new Error(`It took more than ${buildMs} ms to build.`))];
    let cause: Error | undefined;
    thread.on('message', (message: WorkerMessage) => hear(seat, message));
    thread.on('error', (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    thread.on('exit', (code) => lose(seat, cause ?? new Error(`It exited with code ${code}.`)));
  }

  function hear(seat: Seat, message: WorkerMessage): void {
    if (!seats.has(seat)) {
      return;
    }
    if (message.kind === 'broken') {
      lose(seat, new Error(message.reason));
      return;
    }
    const { job } = seat;
    seat.timers.forEach(clearTimeout);
    seat.state = 'idle';
    seat.job = undefined;
    if (message.kind === 'ready') {
      log.debug({ ms: Math.round(performance.now() - seat.startedAt) }, 'planning worker ready');
      firstWord.resolve(message.description);
    } else if (message.kind === 'planned') {
      job?.resolve(JSON.parse(message.plan));
    } else {
      job?.reject(new GraphQLError(message.message, { extensions: { code: message.code } }));
    }
    if (countOf('idle', 'planning', 'building') > 2) {
      remove(seat);
    }
    dispatch();
  }

  function dispatch(): void {
    clearTimeout(idleTimer);
    while (waiting.length > 0 && countOf('planning') === 0) {
      const seat = [...seats].find((one) => one.state === 'idle');
      if (seat === undefined) {
        if (countOf('building') === 0 && seats.size < mostWorkers) {
          addSeat();
        }
        return;
      }
      give(seat, waiting.shift() as Job);
    }
    if (waiting.length === 0 && countOf('idle') === seats.size) {
      idleTimer = setTimeout(endIdle, limits.idleMs).unref();
    }
  }

  function give(seat: Seat, job: Job): void {
    seat.job = job;
    seat.state = 'planning';
    seat.timers = [
      setTimeout(setAside, Math.min(slowMs, limits.deadlineMs / 2), seat),
      setTimeout(timeOut, limits.deadlineMs, seat, job),
    ];
    seat.thread.postMessage(job.request);
  }

  function setAside(seat: Seat): void {
    seat.state = 'slow';
    dispatch();
    addSpare();
  }

  /** Takes care that there are two workers that nothing keeps, one of them to spare. */
  function addSpare(): void {
    if (countOf('idle', 'planning', 'building') < 2 && seats.size < mostWorkers) {
      addSeat();
    }
  }

  function timeOut(seat: Seat, job: Job): void {
    log.warn(
      { operation: job.request.operationName, deadlineMs: limits.deadlineMs },
      'planning took too long: its worker is ended',
    );
    remove(seat);
    job.reject(QueryPlanTimeout(job.request.operationName, limits.deadlineMs));
    dispatch();
    addSpare();
  }

  /** A worker ended, or must, for a reason that nobody planned. */
  function lose(seat: Seat, cause: Error): void {
    if (!seats.has(seat)) {
      return;
    }
    const { job, state } = seat;
    remove(seat);
    const isMemory = (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
    if (state === 'building') {
      log.error({ err: cause }, 'a planning worker could not be started');
      firstWord.reject(cause);
      /* The next would fare no better. Whoever misses next starts another one. */
      if (countOf('idle', 'planning', 'slow') === 0) {
        rejectWaiting(new Error('No planning worker can be started.', { cause }));
      }
    } else {
      log.error({ err: cause, operation: job?.request.operationName }, 'a planning worker crashed');
      const name = job?.request.operationName;
      job?.reject(
        isMemory
          ? QueryPlanOutOfMemory(name, limits.memoryMb)
          : new Error('The planning worker crashed.', { cause }),
      );
    }
    dispatch();
  }

  function remove(seat: Seat): void {
    seats.delete(seat);
    seat.timers.forEach(clearTimeout);
    const ended = seat.thread.terminate().finally(() => ending.delete(ended));
    ending.add(ended);
  }

  function rejectWaiting(error: Error): void {
    for (const job of waiting.splice(0)) {
      job.reject(error);
    }
  }

  function endIdle(): void {
    [...seats].filter((seat) => seat.state === 'idle').forEach(remove);
  }

  function countOf(...states: readonly Seat['state'][]): number {
    return [...seats].filter(({ state }) => states.includes(state)).length;
  }

  return {
    start: () => {
      if (!isClosed && seats.size === 0) {
        addSeat();
      }
      return firstWord.promise;
    },
    plan: (request) => {
      if (isClosed) {
        return Promise.reject(new Error('Planning is closed.'));
      }
      return new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject });
        dispatch();
        if (waiting.length > limits.waiting) {
          waiting.pop();
          reject(QueryPlanQueueFull(limits.waiting));
        }
      });
    },
    workers: () => seats.size,
    close: async () => {
      isClosed = true;
      clearTimeout(idleTimer);
      const closed = new Error('Planning is closed.');
      firstWord.reject(closed);
      rejectWaiting(closed);
      for (const seat of seats) {
        seat.job?.reject(closed);
        remove(seat);
      }
      await Promise.all(ending);
    },
  };
}
