import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { BusUnavailable } from '../port.ts';
import type { Answer, CallName, Calls, Request } from './protocol.ts';

/** The main thread's side of the thread that owns the log. */
export interface LogClient {
  readonly logId: string;
  /** Rejects with a BusUnavailable where the thread fails, ends, is started again, or has too much to do. */
  readonly ask: <Name extends CallName>(
    call: Name,
    asks: Calls[Name]['asks'],
  ) => Promise<Calls[Name]['gets']>;
  readonly close: () => Promise<void>;
}

export interface LogClientSettings {
  readonly file: string;
  readonly log: Logger;
  /** Called when the thread answers again after it was lost. */
  readonly onRestart: () => void;
  /** Another thread's file, for tests. */
  readonly worker?: URL;
}

/** Requests that may wait for an answer. */
const maxWaiting = 10_000;
/** A thread that does not answer for so long hangs, and is ended. */
const answerWithinMs = 30_000;
const openWithinMs = 30_000;
/** A thread that was lost is started again so many times; one that lived for `healthyMs` begins the count anew. */
const maxRestarts = 5;
const restartAfterMs = 100;
const healthyMs = 60_000;

const workerFile = new URL(`./log-worker${extname(import.meta.url)}`, import.meta.url);

interface Waiting {
  readonly resolve: (gets: never) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly logId: string;
  readonly waiting: Map<number, Waiting>;
  readonly startedAt: number;
}

/** Starts the thread. Rejects with an Error that says why where the file cannot be opened, or belongs to another process. */
export async function openLogClient(settings: LogClientSettings): Promise<LogClient> {
  const { file, log, onRestart } = settings;
  let thread: Thread | undefined = await startThread(settings);
  const { logId } = thread;
  let lastId = 0;
  let restarts = 0;
  let restartTimer: NodeJS.Timeout | undefined;
  let restarting: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  let unavailable = 'The thread of the event log is being started again.';
  watch(thread);

  function watch(watched: Thread): void {
    let cause: Error | undefined;
    watched.worker.on('error', (error: unknown) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    watched.worker.once('exit', (code) => lose(watched, cause ?? new Error(`It exited with code ${code}.`)));
  }

  function lose(lost: Thread, cause: Error): void {
    if (thread === lost) thread = undefined;
    rejectAll(lost, new BusUnavailable('The thread of the event log was lost.', { cause }));
    if (closing) return;
    log.error({ err: cause, file }, 'the thread of the event log was lost');
    if (performance.now() - lost.startedAt > healthyMs) restarts = 0;
    restartLater();
  }

  function restartLater(): void {
    if (restarts === maxRestarts) {
      unavailable = `The thread of the event log was lost and could not be started again, ${maxRestarts} times.`;
      log.fatal({ file }, 'the event log is out of service until the process is started again');
      return;
    }
    restartTimer = setTimeout(
      () => {
        restarting = restart();
      },
      restartAfterMs * 2 ** restarts,
    );
    restarts += 1;
  }

  async function restart(): Promise<void> {
    try {
      const started = await startThread(settings);
      thread = started;
      watch(started);
      if (!closing) onRestart();
    } catch (error) {
      log.error({ err: error, file }, 'the thread of the event log could not be started again');
      if (!closing) restartLater();
    }
  }

  function ask<Name extends CallName>(call: Name, asks: Calls[Name]['asks']): Promise<Calls[Name]['gets']> {
    if (closing) return Promise.reject(new BusUnavailable('The event log is closed.'));
    if (thread === undefined) return Promise.reject(new BusUnavailable(unavailable));
    if (thread.waiting.size >= maxWaiting) {
      return Promise.reject(new BusUnavailable(`${maxWaiting} requests wait for the event log already.`));
    }
    return send(thread, call, asks);
  }

  function send<Name extends CallName>(to: Thread, call: Name, asks: Calls[Name]['asks']) {
    const id = ++lastId;
    return new Promise<Calls[Name]['gets']>((resolve, reject) => {
      const overdue = setTimeout(() => void to.worker.terminate(), answerWithinMs);
      const end = <Value>(settle: (value: Value) => void) => {
        return (value: Value) => {
          clearTimeout(overdue);
          settle(value);
        };
      };
      to.waiting.set(id, { resolve: end(resolve), reject: end(reject) });
      to.worker.postMessage({ id, call, asks } as Request);
    });
  }

  async function close(): Promise<void> {
    clearTimeout(restartTimer);
    await restarting;
    if (thread === undefined) return;
    const { worker } = thread;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    await send(thread, 'close', null).catch((error: unknown) => {
      log.error({ err: error, file }, 'the event log could not be closed in order');
      return worker.terminate();
    });
    await exited;
  }

  return {
    logId,
    ask,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function startThread({ file, worker: entry = workerFile }: LogClientSettings): Promise<Thread> {
  // Flags of the process are about its own entry; some of them no worker file could start with.
  const worker = new Worker(entry, { workerData: { file }, execArgv: [] });
  const waiting = new Map<number, Waiting>();
  try {
    const logId = await new Promise<string>((resolve, reject) => {
      const overdue = setTimeout(
        reject,
        openWithinMs,
        new Error(`${file} was not open in ${openWithinMs} ms.`),
      );
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`The thread of ${file} exited with code ${code}.`)));
      worker.on('message', (answer: Answer) => {
        clearTimeout(overdue);
        if (answer.kind === 'opened') resolve(answer.logId);
        else if (answer.kind === 'unopened') reject(unopened(file, answer));
        else hear(waiting, answer);
      });
    });
    worker.removeAllListeners('error').removeAllListeners('exit');
    return { worker, logId, waiting, startedAt: performance.now() };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

function hear(waiting: Map<number, Waiting>, answer: Extract<Answer, { readonly id: number }>): void {
  const asked = waiting.get(answer.id);
  waiting.delete(answer.id);
  if (answer.kind === 'answer') asked?.resolve(answer.gets as never);
  else asked?.reject(new BusUnavailable(`The event log failed: ${answer.message}`));
}

function rejectAll({ waiting }: Thread, error: Error): void {
  for (const { reject } of waiting.values()) reject(error);
  waiting.clear();
}

function unopened(file: string, { message, isLocked }: Extract<Answer, { kind: 'unopened' }>): Error {
  return new Error(
    isLocked
      ? `The event log ${file} is open in another process, and only one may own it. End that one, or give this one a data folder of its own or a BUS_URL.`
      : `The event log ${file} cannot be opened: ${message}`,
  );
}
