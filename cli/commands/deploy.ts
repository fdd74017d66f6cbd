import { Command } from 'commander';

interface DeployOptions {
  readonly to: string;
  readonly pacts: string;
  readonly verifications: string;
  readonly environments: string;
  readonly json?: true;
}

/** Options that both commands take. */
function deployment(command: Command): Command {
  return command
    .argument('<name>', 'a subgraph, or gateway')
    .requiredOption('--to <environment>', 'such as production')
    .option('--pacts <folder>', 'the pacts', 'contracts/pacts')
    .option('--environments <folder>', 'what runs where', 'contracts/environments');
}

export function canIDeployCommand(): Command {
  return deployment(new Command('can-i-deploy'))
    .description(
      'whether what runs in an environment and what would go there keep what they promised each other',
    )
    .option('--verifications <folder>', 'results of verifications', 'contracts/verifications')
    .option('--json', 'for programs')
    .action(canIDeploy);
}

export function deployedCommand(): Command {
  return deployment(new Command('deployed'))
    .description('record that an application, as it stands here, runs in an environment')
    .action(deployed);
}

async function canIDeploy(application: string, { to, json, ...folders }: DeployOptions): Promise<void> {
  const { versionOf } = await import('#contracts/publish/application.ts');
  const { brokerOf } = await import('#contracts/publish/broker.ts');
  const version = await versionOf(application);
  const broker = brokerOf();
  if (broker) {
    const { isDeployable, reason } = await broker.canIDeploy(application, version, to);
    say(json, { application, version, to, isDeployable, reason }, [reason]);
    process.exitCode = isDeployable ? 0 : 1;
    return;
  }
  const { blocksOf } = await import('#contracts/publish/can-i-deploy.ts');
  const { readEnvironment } = await import('#contracts/publish/environments.ts');
  const { readPacts } = await import('#contracts/publish/pact-file.ts');
  const [pacts, environment] = await Promise.all([
    readPacts(folders.pacts),
    readEnvironment(folders.environments, to),
  ]);
  const blocks = await blocksOf({ application, version, pacts, to, environment }, folders.verifications);
  const isDeployable = blocks.length === 0;
  const lines = isDeployable
    ? [`${application} ${version} may go to ${to}.`]
    : blocks.flatMap(({ message, remedy }) => [message, `  ${remedy}`]);
  say(json, { application, version, to, isDeployable, blocks }, lines);
  process.exitCode = isDeployable ? 0 : 1;
}

function say(json: true | undefined, answer: object, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(answer)}\n` : `${lines.join('\n')}\n`);
}

async function deployed(application: string, { to, pacts, environments }: DeployOptions): Promise<void> {
  const { versionOf } = await import('#contracts/publish/application.ts');
  const { brokerOf } = await import('#contracts/publish/broker.ts');
  const { recordDeployed } = await import('#contracts/publish/environments.ts');
  const { readPacts } = await import('#contracts/publish/pact-file.ts');
  const version = await versionOf(application);
  const broker = brokerOf();
  if (broker) await broker.recordDeployed(application, version, to);
  else await recordDeployed(environments, to, application, version, await readPacts(pacts));
  process.stdout.write(`${application} ${version} is in ${to}\n`);
}
