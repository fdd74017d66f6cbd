import { Command } from 'commander';
import { wholeNumber } from '#cli/settings.ts';
import { events } from './events/index.ts';
import { live } from './live/index.ts';
import { memory } from './memory/index.ts';
import { overhead } from './overhead/index.ts';
import { sharing } from './sharing/index.ts';
import { usage } from './usage/index.ts';
import { warehouse } from './warehouse/index.ts';
import type { Figures } from './warehouse/turns.ts';
import { webhooks } from './webhooks/index.ts';

interface EventsOptions {
  readonly count: number;
  readonly mutations: number;
  readonly nats: string;
  readonly out: string;
}

interface WebhooksOptions {
  readonly deliveries: number;
  readonly notices: number;
  readonly rate: number;
  readonly postgres?: string;
  readonly out: string;
}

interface LiveOptions {
  readonly subscribers: number;
  readonly rates: string;
  readonly seconds: number;
  readonly out: string;
}

interface WarehouseOptions {
  readonly touches: number;
  readonly accounts: number;
  readonly rounds: number;
  readonly postgres: string;
  readonly out: string;
}

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
    new Command('usage')
      .description('CPU time a request with usage recorded and without')
      .option('--rounds <n>', 'turns of both', wholeNumber(1, 1_000), 41)
      .option('--out <folder>', 'where usage.json is written', 'bench/results')
      .action(async ({ rounds, out }: { rounds: number; out: string }) => {
        const rows = await usage({ rounds, folder: out });
        console.table(
          rows.map((row) => ({
            operation: row.operation,
            'CPU µs without': row.without.toFixed(1),
            'CPU µs recording': row.recording.toFixed(1),
            'more %': row.percent.toFixed(2),
          })),
        );
      }),
  )
  .addCommand(
    new Command('events')
      .description('events a second through each bus in one process, and how long one takes')
      .option('--count <n>', 'events of each measurement', wholeNumber(1_000, 10_000_000), 200_000)
      .option(
        '--mutations <n>',
        'mutations, after a quarter as many to warm up',
        wholeNumber(1_000, 10_000_000),
        20_000,
      )
      .option('--nats <url>', 'a server with JetStream', 'nats://127.0.0.1:4222')
      .option('--out <folder>', 'where events.json is written', 'bench/results')
      .action(async ({ nats, out, ...counts }: EventsOptions) => {
        const { bus, mutations } = await events({ ...counts, natsUrl: nats, folder: out });
        console.table(
          mutations.map((row) => ({
            place: row.place,
            'committed/s': Math.round(row.committed),
            'consumed/s': Math.round(row.consumed),
            'CPU µs': row.cpuMicros.toFixed(1),
            'p50 ms': row.p50.toFixed(1),
            'p99 ms': row.p99.toFixed(1),
            'longest stall ms': Math.round(row.longestStall),
          })),
        );
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
  .addCommand(
    new Command('live')
      .description(
        'subscribers of one gateway: what an idle one costs, and how long events take to all of them',
      )
      .option(
        '--subscribers <n>',
        'connections, each with one subscription',
        wholeNumber(100, 15_000),
        10_000,
      )
      .option('--rates <list>', 'deliveries a second, one after the other', '20000,50000')
      .option('--seconds <n>', 'of each rate', wholeNumber(1, 600), 10)
      .option('--out <folder>', 'where live.json is written', 'bench/results')
      .action(async ({ subscribers, rates, seconds, out }: LiveOptions) => {
        const result = await live({ subscribers, rates: rates.split(',').map(Number), seconds, folder: out });
        console.table(
          result.idle.map((row) => ({
            what: row.what,
            connections: row.connections,
            'connected/s': Math.round(row.perSecond),
            'RSS kB each': row.rssKilobytes.toFixed(1),
            'heap kB each': row.heapKilobytes.toFixed(1),
          })),
        );
        console.table(
          result.deliveries.map((row) => ({
            subscribers: row.subscribers,
            'events/s': row.eventsPerSecond,
            deliveries: `${row.deliveries} of ${row.expected}`,
            'deliveries/s': Math.round(row.deliveriesPerSecond),
            'p50 ms': row.p50,
            'p99 ms': row.p99,
            'max ms': row.max,
            'executions/event': row.executionsPerEvent.toFixed(2),
            'CPU µs each': row.cpuMicrosPerDelivery.toFixed(1),
          })),
        );
      }),
  )
  .addCommand(
    new Command('webhooks')
      .description('how long a vendor waits for its answer, while what it sends is kept and worked')
      .option('--deliveries <n>', 'of each measurement', wholeNumber(100, 1_000_000), 1_000)
      .option('--notices <n>', 'in each delivery', wholeNumber(1, 1_000), 10)
      .option('--rate <n>', 'deliveries a second', wholeNumber(1, 1_000), 50)
      .option('--postgres <url>', 'a database to measure as well; its schema bench_webhooks is left there')
      .option('--out <folder>', 'where webhooks.json is written', 'bench/results')
      .action(async ({ postgres: postgresUrl, out, ...counts }: WebhooksOptions) => {
        const rows = await webhooks({ ...counts, postgresUrl, folder: out });
        console.table(
          rows.map((row) => ({
            engine: row.engine,
            'deliveries/s': row.rate,
            notices: row.notices,
            kB: row.kilobytes.toFixed(1),
            'p50 ms': row.p50.toFixed(1),
            'p99 ms': row.p99.toFixed(1),
            'max ms': row.max.toFixed(1),
          })),
        );
      }),
  )
  .addCommand(
    new Command('warehouse')
      .description('what both warehouses take in a second, and how long their reads take')
      .option(
        '--touches <n>',
        'of the year, with half as many visits',
        wholeNumber(1_000, 5_000_000),
        200_000,
      )
      .option('--accounts <n>', 'that they are of', wholeNumber(100, 1_000_000), 2_000)
      .option('--rounds <n>', 'turns of both', wholeNumber(1, 100), 7)
      .option(
        '--postgres <url>',
        'a server whose role may create a database',
        'postgres://postgres@127.0.0.1:5432/postgres',
      )
      .option('--out <folder>', 'where warehouse.json is written', 'bench/results')
      .action(async ({ postgres: postgresUrl, out, ...counts }: WarehouseOptions) => {
        const rows = await warehouse({ ...counts, postgresUrl, folder: out });
        const shown = (what: string, engine: string, figures: Figures, ratio?: number) => ({
          what,
          engine,
          'p50 ms': figures.p50.toFixed(1),
          'p99 ms': figures.p99.toFixed(1),
          'CPU ms here': (figures.cpuMicros / 1_000).toFixed(1),
          'rows/s': figures.rowsPerSecond === undefined ? '' : Math.round(figures.rowsPerSecond),
          '÷ DuckDB': ratio === undefined ? '' : ratio.toFixed(2),
        });
        console.table(
          rows.flatMap(({ what, duckdb, postgres, postgresOfDuckdb }) => [
            shown(what, 'duckdb', duckdb),
            ...(postgres ? [shown(what, 'postgres', postgres, postgresOfDuckdb)] : []),
          ]),
        );
      }),
  )
  .parseAsync();
