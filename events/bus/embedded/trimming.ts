import type { Logger } from 'pino';
import type { Retention } from '../retention.ts';
import type { LogClient } from './log-client.ts';

const sweepEveryMs = 1_000;

/** Forgets events in the background, a few at a time, so that whatever else the log is asked comes in between. */
export function openTrimming({ maxAgeMs, maxBytes }: Retention, client: LogClient, log: Logger) {
  let isClosed = false;
  let sweeping = Promise.resolve(0);

  async function forget(
    wanted: () => { readonly before: number; readonly maxBytes: number },
  ): Promise<number> {
    for (let forgotten = 0; ; ) {
      const { events, isMore } = await client.ask('trim', wanted());
      forgotten += events;
      if (!isMore || isClosed) return forgotten;
    }
  }

  const timer = setInterval(() => {
    sweeping = sweeping
      .then(() => forget(() => ({ before: Date.now() - maxAgeMs, maxBytes })))
      .catch((error: unknown) => {
        log.warn({ err: error }, 'the event log could not be trimmed; it is tried again');
        return 0;
      });
  }, sweepEveryMs).unref();

  return {
    /** @param before in milliseconds since 1970 */
    trim: (before: number) => forget(() => ({ before, maxBytes: Number.MAX_SAFE_INTEGER })),
    close: async () => {
      isClosed = true;
      clearInterval(timer);
      await sweeping;
    },
  };
}
