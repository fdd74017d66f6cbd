import { type Logger, pino } from 'pino';

/**
 * The structured log on standard error, so that standard output holds only what a command is asked for.
 * `LOG_LEVEL` is one of pino's levels; where a person watches, only what needs attention is shown.
 */
export function commandLog(): Logger {
  const level = process.env.LOG_LEVEL ?? (process.stderr.isTTY ? 'warn' : 'info');
  return pino({ level, base: undefined }, pino.destination({ dest: 2, sync: false }));
}
