import { Command } from 'commander';
import type { Verify } from '#contracts/publish/check/pacts-layer.ts';
import type { CostLimits } from '#contracts/publish/check/planned-operation.ts';
import type { KnownOperation } from '#contracts/publish/known-operations.ts';
import { defaults, wholeNumber } from '../settings.ts';

interface CheckOptions {
  readonly schema: string;
  readonly url?: string;
  readonly stateUrl?: string;
  readonly config: string;
  readonly operations: string;
  readonly settings?: string;
  readonly costLimit?: number;
  readonly acceptNarrowed?: readonly string[];
  readonly days: number;
  readonly dataDir: string;
  readonly json?: true;
}

export function checkCommand(): Command {
  return new Command('check')
    .description('say whether a subgraph may be published with another schema, and who would break')
    .argument('<subgraph>', 'a name of the configuration, or that of a new subgraph')
    .requiredOption('--schema <file>', 'the schema that would be published')
    .option(
      '--url <url>',
      'GraphQL of a running subgraph of that schema, which is verified against its pacts',
    )
    .option('--state-url <url>', 'where that subgraph is told which examples it must hold')
    .option('--config <file>', "what is published, in rover's format", 'supergraph.yaml')
    .option('--operations <folder>', 'the known operations', 'contracts/operations')
    .option(
      '--days <n>',
      'operations that gateways recorded in so many days count too',
      wholeNumber(1, 3_650),
      30,
    )
    .option(
      '--data-dir <folder>',
      'where usage is recorded, unless USAGE_DATABASE_URL is set (environment: DATA_DIR)',
      defaults.dataDir(),
    )
    .option(
      '--settings <file>',
      "the gateway's settings, whose limits hold (environment: GATEWAY_SETTINGS)",
      defaults.settings(),
    )
    .option(
      '--cost-limit <n>',
      "most that an operation may cost, in place of the settings' (limits.cost, 10000 where they have none)",
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--accept-narrowed <coordinates...>',
      'rights are narrowed there on purpose, such as Contact.phone: clients that lack them lose it',
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExit code 1 where the change would break somebody. contracts/README.md explains every finding.',
    )
    .action(check);
}

async function check(subgraph: string, options: CheckOptions): Promise<void> {
  const { schema, config, operations, url, stateUrl, json, days, dataDir } = options;
  const { checkSubgraph } = await import('#contracts/publish/check/index.ts');
  const { readCommittedOperations } = await import('#contracts/publish/known-operations.ts');
  const { jsonReport, textReport } = await import('#contracts/publish/check/report.ts');
  const { verifyAt } = await import('#contracts/publish/verify.ts');
  const verify: Verify = (name, at) => verifyAt(name, at, { stateUrl, operations });
  const result = await checkSubgraph({
    subgraph,
    schema,
    config,
    operations: [
      ...(await readCommittedOperations(operations)),
      ...(await recordedOperations(dataDir, days)),
    ],
    limits: await costLimits(options),
    acceptedNarrowing: options.acceptNarrowed,
    provider: url === undefined ? undefined : { url, verify },
  });
  process.stdout.write(json ? jsonReport(result) : textReport(result));
  process.exitCode = result.passed ? 0 : 1;
}

/** By which the gateway of these settings refuses operations. */
async function costLimits({ settings, costLimit }: CheckOptions): Promise<CostLimits> {
  const { readSettings } = await import('#gateway/settings-file.ts');
  const { limitsWithDefaults } = await import('#gateway/options.ts');
  const given = settings === undefined ? {} : await readSettings(settings);
  const { cost, assumedListSize } = limitsWithDefaults(given.limits);
  return { cost: costLimit ?? cost, assumedListSize };
}

/** What gateways recorded; nothing where none did, since a clone of the repository has no data. */
async function recordedOperations(dataDir: string, days: number): Promise<readonly KnownOperation[]> {
  const { hasUsage, usageToRead } = await import('../run/usage.ts');
  if (!(await hasUsage(dataDir))) return [];
  const { commandLog } = await import('../run/log.ts');
  const usage = await usageToRead(dataDir, commandLog());
  try {
    return await usage.readSeenOperations({ days });
  } finally {
    await usage.close();
  }
}
