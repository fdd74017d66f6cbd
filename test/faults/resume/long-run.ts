import { parseArgs } from 'node:util';
import { resumeRun } from './run.ts';

/** Clients that live through everything, at length: `npm run resume -- --events 10000 --bus embedded --seed 1`. */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    clients: { type: 'string', default: '100' },
    reloads: { type: 'string', default: '50' },
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    bus: { type: 'string' },
  },
});

function whole(name: 'events' | 'clients' | 'reloads' | 'kills' | 'seed', least: number): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name} ${values[name]} is no whole number from ${least} on.`);
}

const counts = {
  events: whole('events', 1),
  clients: whole('clients', 1),
  reloads: whole('reloads', 0),
  kills: whole('kills', 0),
  seed: whole('seed', 0),
};
const buses = (['embedded', 'jetstream'] as const).filter(
  (bus) => values.bus === undefined || values.bus === bus,
);
if (buses.length === 0) throw new Error(`--bus ${values.bus} is neither embedded nor jetstream.`);

for (const bus of buses) {
  const onProgress = (published: number) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${bus}: ${published} of ${counts.events} events`);
  };
  const { deliveries, kills, reloads, broken, restarts, seconds } = await resumeRun({
    ...counts,
    bus,
    onProgress,
  });
  console.log(
    [
      `${bus}, seed ${counts.seed}: ${counts.clients} clients have what their filters admit, in order, after ${seconds} s`,
      `  ${counts.events} events, ${deliveries} deliveries; ${kills} gateways killed, ${reloads} reloads,`,
      `  ${broken} connections broken, ${restarts} clients started again over another transport`,
    ].join('\n'),
  );
}
