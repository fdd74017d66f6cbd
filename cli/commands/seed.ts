import { Command } from 'commander';
import { defaults, defaultTenant, tenantOption, wholeNumber } from '../settings.ts';

interface SeedCommandOptions {
  readonly accounts: number;
  readonly seed: number;
  readonly touches?: number;
  readonly now?: string;
  readonly events: boolean;
  readonly tenant: string;
  readonly dataDir: string;
}

export function seedCommand(): Command {
  return new Command('seed')
    .description('write demo data: the same for the same numbers, and never doubled')
    .option('--accounts <n>', 'how many accounts; all else follows from it', wholeNumber(1, 1_000_000), 1_000)
    .option('--seed <n>', 'which of the possible worlds', wholeNumber(0, 4_294_967_295), 1)
    .option('--touches <n>', 'how many touches (default: 100 for each account)', wholeNumber(0, 100_000_000))
    .option('--now <date>', 'the day that the world ends on, such as 2026-03-01 (default: today)')
    .option('--no-events', 'write the rows alone: nobody who follows events hears of them')
    .option('--tenant <name>', 'whose data it is', tenantOption, defaultTenant)
    .option('--data-dir <folder>', 'where the stores are (environment: DATA_DIR)', defaults.dataDir())
    .action(seed);
}

async function seed({ dataDir, ...options }: SeedCommandOptions): Promise<void> {
  const { dispatchJob } = await import('../run/dispatch.ts');
  const report = await dispatchJob('Seeding', dataDir, { kind: 'seed', ...options });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}
