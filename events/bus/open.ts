import { join } from 'node:path';
import type { Logger } from 'pino';
import { openEmbeddedBus } from './embedded/embedded-bus.ts';
import { openJetstreamBus } from './jetstream/jetstream-bus.ts';
import type { Bus } from './port.ts';
import type { Retention } from './retention.ts';

/** Where events lie. */
export type BusLocation =
  | { readonly kind: 'embedded'; readonly file: string }
  | { readonly kind: 'jetstream'; readonly url: string; readonly stream?: string };

/**
 * The bus by its setting: NATS JetStream where `BUS_URL` is set (`nats://host:4222`, several servers separated by
 * commas), else a log in the data folder. Throws an Error that names any other value.
 */
export function busLocation(dataDir: string, env: NodeJS.ProcessEnv = process.env): BusLocation {
  const url = env.BUS_URL;
  if (!url) return { kind: 'embedded', file: join(dataDir, 'events.sqlite') };
  if (url.split(',').every((one) => URL.parse(one.trim())?.protocol === 'nats:')) {
    return { kind: 'jetstream', url };
  }
  throw new Error(
    `BUS_URL is "${withoutCredentials(url)}". It takes nats://host:4222, several separated by commas; leave it out for the log in the data folder.`,
  );
}

/** Opens the bus at a place; how each adapter fails is said there. */
export function openBus(
  location: BusLocation,
  options: { readonly retention: Retention; readonly log?: Logger },
): Promise<Bus> {
  switch (location.kind) {
    case 'embedded':
      return openEmbeddedBus({ file: location.file, ...options });
    case 'jetstream':
      return openJetstreamBus({ url: location.url, stream: location.stream, ...options });
  }
}

function withoutCredentials(url: string): string {
  return url.replaceAll(/\/\/[^/@]*@/g, '//…@');
}
