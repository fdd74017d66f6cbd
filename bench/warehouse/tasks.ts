import type { Warehouse } from '../../subgraphs/analytics/adapters/warehouse.ts';
import { type Facts, visitsBeside } from './facts.ts';
import type { Task } from './turns.ts';

const tenant = 'bench';

/** The largest batch of the consumer, and one while little happens. */
const batch = 1_000;
const smallBatch = 10;

const runs = 5;
const reads = 20;

/** The year in as many parts as there are rounds, each declared complete before the next one comes. */
export function importTasks(facts: Facts, touches: number, rounds: number): readonly Task[] {
  const part = Math.floor(touches / rounds);
  const visitPart = Math.floor(visitsBeside(touches) / rounds);
  return [
    {
      what: 'import of touches',
      runs: 1,
      rows: part,
      run: (warehouse, n) => warehouse.writeTouches(tenant, facts.touches(n * part, part), facts.timeAt(1)),
    },
    {
      what: 'import of visits',
      runs: 1,
      rows: visitPart,
      run: (warehouse, n) =>
        warehouse.writeVisits(tenant, facts.visits(n * visitPart, visitPart), facts.timeAt(1)),
    },
    {
      what: 'watermark of both',
      runs: 1,
      rows: part + visitPart,
      run: (warehouse, n) => warehouse.setWatermark(tenant, facts.timeAt((n + 1) / rounds), facts.timeAt(1)),
    },
  ];
}

/** Before all others: what the paths end at. */
export function writeConversions(facts: Facts, warehouse: Warehouse): Promise<unknown> {
  return warehouse.writeConversions(tenant, facts.conversions, facts.timeAt(1));
}

/** What happens now, as the consumer writes it: a batch, and the watermark up to its last fact. */
export function liveTasks(facts: Facts, touches: number): readonly Task[] {
  const visits = visitsBeside(touches);
  const many = runs * batch;
  /* Facts have a second each: those of a round lie behind the round before, and those of a task behind another. */
  const task = (
    what: string,
    rows: number,
    behind: number,
    write: (warehouse: Warehouse, from: number) => Promise<unknown>,
  ): Task => ({
    what,
    runs,
    rows,
    run: async (warehouse, n) => {
      const from = Math.floor(n / runs) * 3 * many + behind + (n % runs) * rows;
      await write(warehouse, from);
      const at = facts.touches(touches + from + rows - 1, 1)[0]?.at as string;
      await warehouse.setWatermark(tenant, at, at);
    },
  });
  const writeTouches = (rows: number) => (warehouse: Warehouse, from: number) =>
    warehouse.writeTouches(tenant, facts.touches(touches + from, rows), facts.timeAt(1));
  return [
    task(`${batch} touches`, batch, 0, writeTouches(batch)),
    task(`${batch} visits`, batch, many, (warehouse, from) =>
      warehouse.writeVisits(tenant, facts.visits(visits + from, batch), facts.timeAt(1)),
    ),
    task(`${smallBatch} touches`, smallBatch, 2 * many, writeTouches(smallBatch)),
  ];
}

/** The reads of the port that pages of accounts and boards ask for. */
export function readTasks(accounts: number): readonly Task[] {
  const ids = (n: number, count: number) =>
    Array.from({ length: count }, (_, place) => `acc_${(n * 131 + place * 17) % accounts}`);
  const page = { channels: null, first: 20, withTotal: false } as const;
  const task = (what: string, run: Task['run']): Task => ({ what, runs: reads, run });
  return [
    task('usage of 1', (warehouse, n) => warehouse.usage(tenant, ids(n, 1), 'LAST_30_DAYS')),
    task('usage of 100', (warehouse, n) => warehouse.usage(tenant, ids(n, 100), 'LAST_30_DAYS')),
    task('touches of 1', (warehouse, n) => warehouse.touches(tenant, ids(n, 1), page)),
    task('touches of 50', (warehouse, n) => warehouse.touches(tenant, ids(n, 50), page)),
    task('paths of 50', (warehouse, n) => warehouse.paths(tenant, ids(n, 50))),
    task('channelPerformance', (warehouse) => warehouse.channelPerformance(tenant, 'LAST_90_DAYS')),
    task('mostActive', (warehouse) => warehouse.mostActiveAccounts(tenant, 'LAST_30_DAYS', 20)),
  ];
}
