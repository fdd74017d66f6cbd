import { Command } from 'commander';
import type { Pact } from '#contracts/publish/pact-file.ts';

interface VerifyOptions {
  readonly pacts: string;
  readonly verifications: string;
  readonly check?: true;
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description('verify providers against their pacts, and write down what came of it')
    .argument('[names...]', 'subgraphs, or gateway (default: all of them)')
    .option('--pacts <folder>', 'the pacts', 'contracts/pacts')
    .option('--verifications <folder>', 'where results stand', 'contracts/verifications')
    .option('--check', 'verify nothing, and fail where the results that stand there are of something else')
    .action((names: readonly string[], options: VerifyOptions) =>
      options.check ? checkResults(names, options) : verifyAll(names, options),
    );
}

async function checkResults(names: readonly string[], options: VerifyOptions): Promise<void> {
  const { readPacts } = await import('#contracts/publish/pact-file.ts');
  const { versionOf } = await import('#contracts/publish/application.ts');
  const { unverifiedPacts } = await import('#contracts/publish/verification-results.ts');
  const pacts = await readPacts(options.pacts);
  const stale: string[] = [];
  for (const provider of providersOf(pacts, names)) {
    const version = await versionOf(provider);
    const lacking = await unverifiedPacts(options.verifications, provider, version, pacts);
    if (lacking.length === 0) continue;
    stale.push(provider);
    const consumers = lacking.map(({ consumer }) => consumer).join(', ');
    process.stderr.write(
      `${options.verifications}/${provider}.json: no result says that ${provider} ${version} keeps the pacts of ${consumers}\n`,
    );
  }
  if (stale.length === 0) return;
  process.stderr.write(`Run "npm run verify -- ${stale.join(' ')}" and commit what it writes.\n`);
  process.exitCode = 1;
}

function providersOf(pacts: readonly Pact[], names: readonly string[]): readonly string[] {
  return names.length > 0 ? names : [...new Set(pacts.map(({ provider }) => provider))].sort();
}

async function verifyAll(names: readonly string[], options: VerifyOptions): Promise<void> {
  const { readPacts } = await import('#contracts/publish/pact-file.ts');
  const { verify } = await import('#contracts/publish/verification.ts');
  const { applicationOf, versionOf } = await import('#contracts/publish/application.ts');
  const { recordResults, resultsOf } = await import('#contracts/publish/verification-results.ts');
  const { brokerOf, brokerPacts } = await import('#contracts/publish/broker.ts');
  const broker = brokerOf();
  const all = await readPacts(options.pacts);
  let broken = 0;
  for (const provider of providersOf(all, names)) {
    const version = await versionOf(provider);
    const pacts = all.filter((pact) => pact.provider === provider);
    const verification = await verify(provider, { kind: 'own' }, pacts);
    const results = resultsOf(verification, version);
    await recordResults(options.verifications, provider, results);
    for (const pact of broker ? brokerPacts(pacts) : []) {
      const kept = pact.parts.every(({ hash }) => results.some((one) => one.pact === hash && one.kept));
      const consumerVersion = await versionOf(applicationOf(pact.consumer));
      await broker?.publishResult(pact, consumerVersion, { version, kept });
    }
    const { failures, interactions } = verification;
    broken += failures.length > 0 ? 1 : 0;
    process.stdout.write(
      `${provider} ${version}: ${failures.length > 0 ? 'broken' : 'kept'}, ${interactions} interactions\n`,
    );
    for (const { interaction, message } of failures) {
      process.stdout.write(`  ${interaction ? `${interaction.description}: ` : ''}${message}\n`);
    }
  }
  if (broken > 0) process.exitCode = 1;
}
