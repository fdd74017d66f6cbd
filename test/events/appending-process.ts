/* Publishes events one after another, and prints the id of each once it is published, until it is killed. */
import { openEmbeddedBus } from '#events/bus/embedded/embedded-bus.ts';
import { testEvent } from '#test/harness/buses.ts';

const file = process.argv[2] as string;
const bus = await openEmbeddedBus({ file, retention: { maxAgeMs: 86_400_000, maxBytes: 1_000_000_000 } });
for (;;) {
  const [published] = await bus.publish([testEvent()]);
  process.stdout.write(`${published?.id}\n`);
}
