import type { Logger } from 'pino';
import { openEmbeddedBus } from './embedded/embedded-bus.ts';
import { openJetstreamBus } from './jetstream/jetstream-bus.ts';
import type { Bus } from './port.ts';
import type { Retention } from './retention.ts';

export interface OpenBusOptions {
  /** `nats://…` for the servers of many processes; undefined for the log of this one. */
  readonly url: string | undefined;
  /** What streams and subjects on a server are called by. */
  readonly stream?: string | undefined;
  /** The embedded log. */
  readonly file: string;
  readonly retention: Retention;
  readonly log: Logger;
}

/**
 * Opens the bus that the settings choose. Throws an Error naming a URL that is of no bus, without what may be a
 * password in it.
 */
export async function openBus({ url, stream, file, retention, log }: OpenBusOptions): Promise<Bus> {
  if (url === undefined || url === '') return openEmbeddedBus({ file, retention, log });
  const [first = ''] = url.split(',');
  const { protocol } = URL.canParse(first) ? new URL(first) : { protocol: '' };
  if (protocol === 'nats:' || protocol === 'tls:') {
    return openJetstreamBus({ url, retention, log, ...(stream && { stream }) });
  }
  throw new Error(
    `BUS_URL begins with "${first.split('/')[0]}": write it as nats://host:4222, or leave it out for the embedded bus.`,
  );
}
