import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';

/** A logger that keeps every line it is given, as text. */
export function collectLog(): { readonly logger: Logger; readonly text: () => string } {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { logger: pino({ level: 'trace' }, sink), text: () => lines.join('') };
}
