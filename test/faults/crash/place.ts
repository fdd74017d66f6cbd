import type { Logger } from 'pino';
import { openEmbeddedBus } from '#events/bus/embedded/embedded-bus.ts';
import { openJetstreamBus } from '#events/bus/jetstream/jetstream-bus.ts';
import type { Bus } from '#events/bus/port.ts';
import type { BusPlace } from './world.ts';

/** Opens the bus of a crash run. */
export function openPlace(place: BusPlace, log: Logger): Promise<Bus> {
  switch (place.kind) {
    case 'embedded':
      return openEmbeddedBus({
        file: place.file,
        retention: { maxAgeMs: 86_400_000, maxBytes: 10_000_000_000 },
        log,
      });
    case 'jetstream':
      return openJetstreamBus({
        url: place.url,
        retention: { maxAgeMs: 86_400_000, maxBytes: 10_000_000_000 },
        leaseMs: 1_500,
        log,
      });
  }
}
