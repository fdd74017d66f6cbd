import { type Logger, pino } from 'pino';

/** Characters of log that wait to be written together. */
const batchCharacters = 16_384;
/** Longest wait of a line whose batch does not fill, in milliseconds. */
const flushMs = 100;

/**
 * The structured log on standard error, so that standard output holds only what a command is asked for.
 * `LOG_LEVEL` is one of pino's levels; where a person watches, only what needs attention is shown.
 */
export function commandLog(): Logger {
  const level = process.env.LOG_LEVEL ?? (process.stderr.isTTY ? 'warn' : 'info');
  return batchedLog(level, 2);
}

/**
 * A log whose lines are written in batches: each write is a hand-over to another thread, which costs a small request
 * a quarter of its CPU time where every line is written for itself. What waits when the process exits is written then.
 */
export function batchedLog(level: string, destination: number | string): Logger {
  const batches = {
    dest: destination,
    sync: false,
    minLength: batchCharacters,
    maxWrite: 4 * batchCharacters,
    periodicFlush: flushMs,
  };
  return pino({ level, base: undefined }, pino.destination(batches));
}
