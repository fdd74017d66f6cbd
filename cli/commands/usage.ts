import { Command } from 'commander';
import type { CoordinateUse } from '#contracts/usage/index.ts';
import type { MostUsed } from '#gateway/usage/types.ts';
import { defaults, wholeNumber } from '../settings.ts';

interface UsageCommandOptions {
  readonly days: number;
  readonly limit: number;
  readonly json?: true;
  readonly dataDir: string;
}

type Use = Pick<CoordinateUse, 'client' | 'requests'>;

const coordinateForm = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*(\([A-Za-z_]\w*:\))?)?$/;

export function usageCommand(): Command {
  return new Command('usage')
    .description(
      'who uses a part of the schema, as gateways have recorded it; without one, what is asked most',
    )
    .argument(
      '[coordinate]',
      'such as Contact, Contact.title, Query.contact(id:), LeadInput.email or Stage.WON',
    )
    .option('--days <n>', 'today and the days before it, in UTC', wholeNumber(1, 3_650), 30)
    .option('--limit <n>', 'at most so many of what is asked most', wholeNumber(1, 10_000), 20)
    .option('--json', 'print it as JSON')
    .option(
      '--data-dir <folder>',
      'where usage is recorded, unless USAGE_DATABASE_URL is set (environment: DATA_DIR)',
      defaults.dataDir(),
    )
    .addHelpText(
      'after',
      `
What only the values of variables name is not seen: input fields and enum values count where a document has them, and
the type alone where a variable brings them. Counts are at most a few seconds old.`,
    )
    .action(usage);
}

async function usage(coordinate: string | undefined, options: UsageCommandOptions): Promise<void> {
  const { days, limit, json, dataDir } = options;
  if (coordinate !== undefined && !coordinateForm.test(coordinate)) {
    throw new Error(
      `"${coordinate}" is no coordinate of a schema: name a type, or a part of it as in Contact.title or Query.contact(id:).`,
    );
  }
  const { usageToRead } = await import('../run/usage.ts');
  const { commandLog } = await import('../run/log.ts');
  const store = await usageToRead(dataDir, commandLog());
  try {
    const recordedSince = (await store.recordedSince()) ?? null;
    const report = (uses: readonly Use[], lines: readonly string[]) => {
      const text = json
        ? JSON.stringify({ coordinate, days, recordedSince, uses }, null, 2)
        : [...lines, summary(coordinate, uses, days, recordedSince)].join('\n');
      process.stdout.write(`${text}\n`);
    };
    if (coordinate === undefined) {
      const most = await store.mostUsed({ days, limit });
      report(most, most.map(mostLine));
    } else {
      const uses = await store.usageOf(coordinate, { days });
      report(uses, uses.map(useLine));
    }
  } finally {
    await store.close();
  }
}

function useLine({ client, clientVersion, operation, requests, errors, since, last }: CoordinateUse): string {
  return `${client} ${clientVersion}: ${operation}, ${times(requests, errors)}, since ${since}, last ${last}`;
}

function mostLine({ client, kind, name, hash, requests, errors }: MostUsed): string {
  return `${client}: ${kind} ${name ?? `unnamed ${hash.slice(0, 8)}`}, ${times(requests, errors)}`;
}

function times(requests: number, errors: number): string {
  return `${requests} ${requests === 1 ? 'request' : 'requests'}${errors > 0 ? ` (${errors} with errors)` : ''}`;
}

function summary(
  coordinate: string | undefined,
  uses: readonly Use[],
  days: number,
  recordedSince: string | null,
): string {
  const period = `in the last ${days} days`;
  const recorded = recordedSince === null ? 'nothing was recorded yet' : `recorded since ${recordedSince}`;
  if (uses.length === 0) return `Nobody asked for ${coordinate ?? 'anything'} ${period}; ${recorded}.`;
  const clients = new Set(uses.map(({ client }) => client)).size;
  const requests = uses.reduce((sum, use) => sum + use.requests, 0);
  return `${clients} ${clients === 1 ? 'client' : 'clients'}, ${times(requests, 0)} ${period}; ${recorded}.`;
}
