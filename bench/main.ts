import { Command } from 'commander';
import { wholeNumber } from '#cli/settings.ts';
import { events } from './events/index.ts';
import { memory } from './memory/index.ts';
import { overhead } from './overhead/index.ts';
import { sharing } from './sharing/index.ts';

await new Command('bench')
  .description('measures the gateway on this machine, on loopback alone')
  .addCommand(
    new Command('overhead')
      .description('CPU time a request beside stock @apollo/gateway and a hand-written handler')
      .option('--rounds <n>', 'interleaved rounds', wholeNumber(1, 100), 5)
      .option('--out <folder>', 'where overhead.json and overhead.svg are written', 'bench/results')
      .action(async ({ rounds, out }: { rounds: number; out: string }) => {
        const rows = await overhead({ rounds, folder: out });
        console.table(
          rows.map((row) => ({
            operation: row.operation,
            contender: row.contender,
            'CPU µs': Math.round(row.cpuMicrosPerRequest),
            'stock ÷ this': row.cpuOfStock.toFixed(2),
            'hand-written ÷ this': row.cpuOfHandwritten.toFixed(2),
            'requests/s': Math.round(row.requestsPerSecond),
            'p50 ms': row.p50,
            'p99 ms': row.p99,
            MB: Math.round(row.megabytes),
            'answer kB': row.kilobytesPerAnswer.toFixed(1),
          })),
        );
      }),
  )
  .addCommand(
    new Command('sharing')
      .description('subgraph calls a client request, while 64 clients ask at once')
      .option('--out <folder>', 'where sharing.json is written', 'bench/results')
      .action(async ({ out }: { out: string }) => {
        const rows = await sharing(out);
        console.table(
          rows.map((row) => ({
            operation: row.operation,
            'delay ms': row.delayMs,
            'calls alone': row.callsAlone,
            'calls a request': row.callsPerRequest.toFixed(2),
            'CPU µs': Math.round(row.cpuMicrosPerRequest),
            'requests/s': Math.round(row.requestsPerSecond),
            'p50 ms': row.p50,
            'p99 ms': row.p99,
          })),
        );
      }),
  )
  .addCommand(
    new Command('memory')
      .description('what the gateway holds after each quarter of many requests of 64 clients')
      .option('--requests <n>', 'requests of all quarters', wholeNumber(1_000, 1_000_000), 200_000)
      .option('--out <folder>', 'where memory.json is written', 'bench/results')
      .action(async ({ requests, out }: { requests: number; out: string }) => {
        const rows = await memory({ requests, folder: out });
        console.table(
          rows.map((row) => ({
            requests: row.requests,
            'heap MB': row.heapMegabytes.toFixed(1),
            'external MB': row.externalMegabytes.toFixed(1),
            'RSS MB': row.megabytes.toFixed(1),
          })),
        );
      }),
  )
  .addCommand(
    new Command('events')
      .description('events a second through each bus in one process, and how long one takes')
      .option('--count <n>', 'events of each measurement', wholeNumber(1_000, 10_000_000), 200_000)
      .option('--nats <url>', 'a server with JetStream', 'nats://127.0.0.1:4222')
      .option('--out <folder>', 'where events.json is written', 'bench/results')
      .action(async ({ count, nats, out }: { count: number; nats: string; out: string }) => {
        const { bus } = await events({ count, natsUrl: nats, folder: out });
        console.table(
          bus.map((row) => ({
            bus: row.bus,
            'appended/s': Math.round(row.appended),
            'consumed/s': Math.round(row.consumed),
            'CPU µs': row.cpuMicros.toFixed(1),
            'p50 ms': row.p50.toFixed(1),
            'p99 ms': row.p99.toFixed(1),
            'longest stall ms': Math.round(row.longestStall),
          })),
        );
      }),
  )
  .parseAsync();
