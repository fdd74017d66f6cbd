import { Command } from 'commander';
import type { OutboxStatus } from '#events/outbox.ts';
import { defaults } from '../settings.ts';
import { dispatch } from './operation-command.ts';

export function outboxCommand(): Command {
  return new Command('outbox')
    .description('events that were committed and are not on the bus yet')
    .addCommand(
      new Command('status')
        .description('print how many wait in each store, and since when')
        .option('--json', 'print it as JSON')
        .option('--data-dir <folder>', 'where the stores are (environment: DATA_DIR)', defaults.dataDir())
        .action(status),
    );
}

async function status({ json, dataDir }: { readonly json?: true; readonly dataDir: string }): Promise<void> {
  const stores = (await dispatch('Looking', { dataDir }, { kind: 'outbox' })) as Record<string, OutboxStatus>;
  if (json) {
    process.stdout.write(`${JSON.stringify(stores, null, 2)}\n`);
    return;
  }
  for (const [name, { depth, oldestAppendedAt }] of Object.entries(stores)) {
    process.stdout.write(
      `${name}: ${depth === 0 ? 'nothing waits' : `${depth} since ${oldestAppendedAt}`}\n`,
    );
  }
}
