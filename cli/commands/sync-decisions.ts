import { Argument, Command } from 'commander';
import type { DecisionRow } from '#chassis/vendor/pushes/tables.ts';
import { wholeNumber } from '../settings.ts';
import { dataDirOption, dispatch, jsonLine, tenantOf } from './operation-command.ts';

export function decisionsCommand(): Command {
  return dataDirOption(new Command('decisions'))
    .description('print how it was decided where a vendor and this house changed the same, latest first')
    .addArgument(new Argument('<subgraph>', 'whose').choices(['crm', 'email']))
    .option('--entity <id>', 'only of this one')
    .option('--limit <n>', 'at most so many', wholeNumber(1, 100_000), 100)
    .option('--json', 'print them whole, one a line')
    .action(decisions);
}

interface DecisionOptions {
  readonly tenant: string;
  readonly dataDir: string;
  readonly entity?: string;
  readonly limit: number;
  readonly json?: true;
}

async function decisions(
  part: 'crm' | 'email',
  { entity, limit, json, ...place }: DecisionOptions,
): Promise<void> {
  const { decisionInWords } = await import('#chassis/vendor/pushes/decisions.ts');
  const operation = {
    kind: 'decisions',
    ...tenantOf(place),
    part,
    limit,
    ...(entity && { entity }),
  } as const;
  const report = await dispatch('Listing', place, operation, (item) => {
    process.stdout.write(json ? jsonLine(item) : `${decisionInWords(item as DecisionRow)}\n`);
  });
  if (!json) process.stdout.write(`${(report as { listed: number }).listed} decisions\n`);
}
