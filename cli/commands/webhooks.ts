import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { Command } from 'commander';
import type { ShownWebhook } from '#chassis/vendor/webhooks/inspect.ts';
import { wholeNumber } from '../settings.ts';
import { dataDirOption, dispatch, jsonLine, list, tenantOf } from './operation-command.ts';

interface Chosen {
  readonly vendor: string;
  readonly tenant: string;
  readonly dataDir: string;
}

export function webhooksCommand(): Command {
  const ofVendor = (command: Command) =>
    dataDirOption(command).requiredOption('--vendor <name>', 'who sent it, as in the path it was sent to');
  return new Command('webhooks')
    .description('what vendors sent by themselves')
    .addCommand(
      dataDirOption(new Command('list'))
        .description('print deliveries that cannot be read and notices that were given up, oldest first')
        .option('--vendor <name>', 'only of this one')
        .option('--discarded', 'those that were discarded, as long as they are kept')
        .option('--limit <n>', 'at most so many of each subgraph', wholeNumber(1, 100_000), 100)
        .option('--json', 'print them whole, one a line')
        .action(listWebhooks),
    )
    .addCommand(
      ofVendor(new Command('show'))
        .description('print what became of one, and nothing of what it says')
        .argument('<id>', "a notice's id, which is the vendor's, or a delivery's")
        .action(show),
    )
    .addCommand(
      ofVendor(new Command('retry'))
        .description('have them worked once more')
        .argument('[ids...]', 'of notices and deliveries')
        .option('--all', 'all of the vendor')
        .action(retry),
    )
    .addCommand(
      ofVendor(new Command('discard'))
        .description('have what is parked never take effect; it stays as long as what is done')
        .argument('<ids...>', 'of notices and deliveries')
        .action(discard),
    )
    .addCommand(
      ofVendor(new Command('erase'))
        .description('take away all that deliveries so far said of somebody; that they came stays')
        .option(
          '--address <file>',
          'with one address a line, or - for standard input: no command line shows it',
        )
        .option('--contact <ids>', "ids that the vendor's deliveries have for them, with commas", list)
        .action(erase),
    );
}

interface ListOptions extends Omit<Chosen, 'vendor'> {
  readonly vendor?: string;
  readonly discarded?: true;
  readonly limit: number;
  readonly json?: true;
}

async function listWebhooks({ vendor, discarded, limit, json, ...place }: ListOptions): Promise<void> {
  const which = discarded ? ('discarded' as const) : ('parked' as const);
  const operation = {
    kind: 'webhooks' as const,
    ...{ ...tenantOf(place), which, limit },
    ...(vendor && { vendor }),
  };
  const report = await dispatch('Listing', place, operation, (item) => {
    process.stdout.write(json ? jsonLine(item) : `${webhookLine(item as ShownWebhook)}\n`);
  });
  if (!json) process.stdout.write(`${(report as { listed: number }).listed} ${which}\n`);
}

function webhookLine(shown: ShownWebhook): string {
  const { vendor, id, state, reason, erasedAt } = shown;
  const why = `${state === 'discarded' ? ', discarded' : ''}: ${erasedAt === null ? reason : 'erased'}`;
  return shown.kind === 'receipt'
    ? `${shown.receivedAt} ${vendor} delivery ${id} cannot be read${why}`
    : `${shown.arrivedAt} ${vendor} notice ${id} of ${shown.type} ${shown.recordId} after ${shown.attempts} attempts${why}`;
}

async function show(id: string, { vendor, ...place }: Chosen): Promise<void> {
  const report = await dispatch(
    'Looking',
    place,
    { kind: 'webhook', ...tenantOf(place), vendor, id },
    (item) => {
      process.stdout.write(`${JSON.stringify(item, null, 2)}\n`);
    },
  );
  if ((report as { found: number }).found > 0) return;
  throw new Error(
    `${vendor} has sent no notice and no delivery "${id}" to the tenant "${tenantOf(place).tenant}".`,
  );
}

async function retry(
  ids: readonly string[],
  { all, vendor, ...place }: Chosen & { readonly all?: true },
): Promise<void> {
  if ((ids.length === 0) === (all === undefined)) throw new Error('Name them by their ids, or say --all.');
  const operation = {
    kind: 'webhook-retry' as const,
    ...tenantOf(place),
    vendor,
    ...(all ? {} : { ids: [...ids] }),
  };
  process.stdout.write(jsonLine(await dispatch('Retrying', place, operation)));
}

async function discard(ids: readonly string[], { vendor, ...place }: Chosen): Promise<void> {
  const operation = { kind: 'webhook-discard' as const, ...tenantOf(place), vendor, ids: [...ids] };
  const { discarded } = (await dispatch('Discarding', place, operation)) as { discarded: number };
  // Each subgraph is asked, and knows only its own.
  process.stdout.write(jsonLine({ discarded, unknown: ids.length - discarded }));
}

interface EraseOptions extends Chosen {
  readonly address?: string;
  readonly contact?: readonly string[];
}

async function erase({ address, contact = [], vendor, ...place }: EraseOptions): Promise<void> {
  const persons = [...(address === undefined ? [] : await addressesIn(address)), ...contact];
  if (persons.length === 0) {
    throw new Error('Say who it is: --address with a file of addresses, --contact with ids, or both.');
  }
  const operation = { kind: 'webhook-erase' as const, ...tenantOf(place), vendor, persons };
  process.stdout.write(jsonLine(await dispatch('Erasing', place, operation)));
}

async function addressesIn(file: string): Promise<readonly string[]> {
  // An address in the file's place would be quoted by the error.
  if (file.includes('@')) throw new Error('--address takes a file with addresses, or - for standard input.');
  const text = file === '-' ? await textOf(process.stdin) : await readFile(file, 'utf8');
  return text
    .split('\n')
    .map((line) => line.trim().toLowerCase())
    .filter(Boolean);
}
