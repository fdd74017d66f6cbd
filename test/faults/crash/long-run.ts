import { parseArgs } from 'node:util';
import { crashRun } from './run.ts';
import { type Broken, brokenWays } from './world.ts';

/**
 * Crashes at length: `npm run crash -- --kills 200 --bus embedded --seed 1`. `--broken inbox` or
 * `--broken publish-first` take out what the run is there to watch, and it must fail then.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    bus: { type: 'string' },
    broken: { type: 'string', default: 'nothing' },
  },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
const buses = (['embedded', 'jetstream'] as const).filter(
  (bus) => values.bus === undefined || values.bus === bus,
);
if (!Number.isSafeInteger(kills) || kills < 1)
  throw new Error(`--kills ${values.kills} is no positive number.`);
if (!Number.isSafeInteger(seed)) throw new Error(`--seed ${values.seed} is no number.`);
if (buses.length === 0) throw new Error(`--bus ${values.bus} is neither embedded nor jetstream.`);
if (!brokenWays.includes(values.broken as Broken)) {
  throw new Error(`--broken ${values.broken} is none of ${brokenWays.join(', ')}.`);
}

for (const bus of buses) {
  const onKill = (count: number) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${bus}: ${count} of ${kills} kills`);
  };
  const held = await crashRun({ kills, seed, bus, broken: values.broken as Broken, onKill });
  const { postings, eventsOnBus, effects, killed, pauses, replayed, dropped, seconds } = held;
  const victims = Object.entries(killed).map(([name, count]) => `${name} ${count}`);
  console.log(
    [
      `${bus}, seed ${seed}: all holds after ${kills} kills (${victims.join(', ')}) and ${pauses} pauses in ${seconds} s`,
      `  ${postings} mutations, each with one event; ${eventsOnBus} events on the bus, ${effects} effects, in order`,
      `  ${replayed} mutations repeated under their key, ${dropped} events delivered again and dropped`,
      '  outboxes empty, lag 0, no dead letters',
    ].join('\n'),
  );
}
