import type { Warehouse } from '../../subgraphs/analytics/adapters/warehouse.ts';
import { quantile } from '../events/quantile.ts';
import type { Contender } from './places.ts';

/** A piece of work that every warehouse is given, so many times a round. */
export interface Task {
  readonly what: string;
  readonly runs: number;
  /** Rows that a run takes in; none where it reads. */
  readonly rows?: number;
  /** `n` counts the runs of all rounds, so that two have other rows or ids. */
  readonly run: (warehouse: Warehouse, n: number) => Promise<unknown>;
}

export interface Figures {
  /** Of one run, in ms. */
  readonly p50: number;
  readonly p99: number;
  /** Of this process, a run: DuckDB works in it, PostgreSQL beside it. Median of the rounds. */
  readonly cpuMicros: number;
  readonly rowsPerSecond?: number;
}

export interface TaskRow {
  readonly what: string;
  readonly duckdb: Figures;
  readonly postgres?: Figures;
  /** How many times as long PostgreSQL takes as DuckDB: the median of each round's own ratio. */
  readonly postgresOfDuckdb?: number;
}

/** The runs of one contender in one round. */
interface Turn {
  readonly took: readonly number[];
  readonly cpuMicros: number;
}

/**
 * All tasks in every round, each by all contenders, another one of which begins from round to round.
 * @param warmUp whether a first round is not counted
 */
export async function takeTurns(
  contenders: readonly Contender[],
  tasks: readonly Task[],
  {
    rounds,
    warmUp,
    signal,
  }: { readonly rounds: number; readonly warmUp: boolean; readonly signal: AbortSignal },
): Promise<readonly TaskRow[]> {
  const all = rounds + (warmUp ? 1 : 0);
  const turns = tasks.map(() => new Map(contenders.map(({ engine }) => [engine, [] as Turn[]])));
  for (let round = 0; round < all; round += 1) {
    process.stderr.write(`round ${round + 1} of ${all}: ${tasks.map(({ what }) => what).join(', ')}\n`);
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const [place, task] of tasks.entries()) {
      for (const { engine, warehouse } of order) {
        signal.throwIfAborted();
        const turn = await take(warehouse, task, round);
        if (!warmUp || round > 0) turns[place]?.get(engine)?.push(turn);
      }
    }
  }
  return tasks.map((task, place) =>
    rowOf(task, turns[place]?.get('duckdb') ?? [], turns[place]?.get('postgres')),
  );
}

async function take(warehouse: Warehouse, { runs, run }: Task, round: number): Promise<Turn> {
  const took: number[] = [];
  const cpu = process.cpuUsage();
  for (let each = 0; each < runs; each += 1) {
    const started = performance.now();
    await run(warehouse, round * runs + each);
    took.push(performance.now() - started);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { took, cpuMicros: (user + system) / runs };
}

function rowOf(task: Task, duckdb: readonly Turn[], postgres: readonly Turn[] | undefined): TaskRow {
  const row = { what: task.what, duckdb: figuresOf(task, duckdb) };
  if (!postgres) return row;
  const ratios = postgres.map(({ took }, round) => sum(took) / sum(duckdb[round]?.took ?? []));
  return { ...row, postgres: figuresOf(task, postgres), postgresOfDuckdb: quantile(ratios, 0.5) };
}

function figuresOf({ rows }: Task, turns: readonly Turn[]): Figures {
  const took = turns.flatMap((turn) => turn.took);
  const perSecond = (turn: Turn) => ((rows ?? 0) * turn.took.length * 1_000) / sum(turn.took);
  return {
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    cpuMicros: quantile(
      turns.map(({ cpuMicros }) => cpuMicros),
      0.5,
    ),
    ...(rows === undefined ? {} : { rowsPerSecond: quantile(turns.map(perSecond), 0.5) }),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
