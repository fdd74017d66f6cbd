import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { factsOf } from './facts.ts';
import { type Contender, onDuckdb, onPostgres } from './places.ts';
import { importTasks, liveTasks, readTasks, writeConversions } from './tasks.ts';
import { type TaskRow, takeTurns } from './turns.ts';

/**
 * Both warehouses are told the same and asked the same, taking turns: the year's facts as an import writes them, then
 * batches as the consumer does, then reads, one at a time. Written to `warehouse.json`.
 */
export async function warehouse(given: {
  /** Touches of the year, with half as many visits. */
  readonly touches: number;
  readonly accounts: number;
  readonly rounds: number;
  /** A server that gives it a database of its own; where none answers, DuckDB is measured alone. */
  readonly postgresUrl: string;
  readonly folder: string;
}): Promise<readonly TaskRow[]> {
  const interrupted = new AbortController();
  /* The database on the server would stay behind a process that ends at once. */
  const interrupt = () => interrupted.abort(new Error('It was interrupted.'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const contenders: Contender[] = [];
  try {
    contenders.push(await onDuckdb());
    const postgres = await onPostgres(given.postgresUrl);
    if (postgres) contenders.push(postgres);
    const rows = await measure(contenders, given, interrupted.signal);
    await mkdir(given.folder, { recursive: true });
    const { touches, accounts, rounds } = given;
    const machine = { cores: cpus().length, model: cpus()[0]?.model, node: process.version };
    const result = { machine, touches, accounts, rounds, rows };
    await writeFile(`${given.folder}/warehouse.json`, `${JSON.stringify(result, null, 2)}\n`);
    return rows;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await Promise.all(contenders.map(({ remove }) => remove()));
  }
}

async function measure(
  contenders: readonly Contender[],
  {
    touches,
    accounts,
    rounds,
  }: { readonly touches: number; readonly accounts: number; readonly rounds: number },
  signal: AbortSignal,
): Promise<readonly TaskRow[]> {
  const facts = factsOf({ touches, accounts });
  for (const { warehouse } of contenders) await writeConversions(facts, warehouse);
  const imported = await takeTurns(contenders, importTasks(facts, touches, rounds), {
    rounds,
    warmUp: false,
    signal,
  });
  await Promise.all(contenders.map(({ settle }) => settle()));
  const lived = await takeTurns(contenders, liveTasks(facts, touches), { rounds, warmUp: true, signal });
  const read = await takeTurns(contenders, readTasks(accounts), { rounds, warmUp: true, signal });
  return [...imported, ...lived, ...read];
}
