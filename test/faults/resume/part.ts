/** A gateway with its bus in a process of its own, which the run kills and starts again. */
import { pino } from 'pino';
import { openBus } from '#events/bus/open.ts';
import { startGateway } from '#gateway/main.ts';
import type { Said, Start, Told } from './world.ts';

const { bus: place, supergraph, subgraphUrls } = JSON.parse(process.argv[2] as string) as Start;
const log = pino({ level: 'fatal' }, pino.destination(2));
const say = (said: Said) => process.send?.(said);
process.on('disconnect', () => process.exit());

const bus = await openBus(place, { retention: { maxAgeMs: 86_400_000, maxBytes: 1_000_000_000 }, log });
const gateway = await startGateway({
  supergraph,
  subgraphUrls,
  bus,
  port: 0,
  logger: log,
  watchMs: 0,
  edge: { lasting: { drainMs: 200 } },
});

process.on('message', async (told: Told) => {
  switch (told.kind) {
    case 'publish':
      await bus.publish(told.events);
      say({ kind: 'published' });
      return;
    case 'reload':
      say({ kind: 'reloaded', outcome: (await gateway.reload()).kind });
      return;
    case 'numbers': {
      const { subscriptions, catchingUp } = gateway.live();
      say({ kind: 'numbers', subscriptions, catchingUp });
    }
  }
});
say({ kind: 'ready', port: gateway.port });
