import { readFile, writeFile } from 'node:fs/promises';
import { Command } from 'commander';

interface ComposeOptions {
  readonly config: string;
  readonly out: string;
  readonly check?: true;
}

export function composeCommand(): Command {
  return new Command('compose')
    .description('compose the subgraphs of a supergraph configuration into one supergraph file')
    .option('--config <file>', "the configuration, in rover's format", 'supergraph.yaml')
    .option('--out <file>', 'where the supergraph is written', 'supergraph.graphql')
    .option('--check', 'write nothing; fail where the file is not what would be written')
    .action(compose);
}

async function compose({ config, out, check }: ComposeOptions): Promise<void> {
  const { readSupergraphConfig } = await import('#contracts/publish/supergraph-config.ts');
  const { composeSubgraphs } = await import('#contracts/publish/compose.ts');
  const subgraphs = await readSupergraphConfig(config);
  const composition = composeSubgraphs(subgraphs);
  if (composition.kind === 'refused') {
    const count = composition.errors.length;
    throw new Error(
      `${config} does not compose (${count} ${count === 1 ? 'error' : 'errors'}): ${composition.errors.join(' | ')}`,
    );
  }
  for (const hint of composition.hints) process.stderr.write(`hint: ${hint}\n`);
  if (check) {
    const present = await readFile(out, 'utf8').catch(() => null);
    if (present !== composition.supergraph) {
      throw new Error(`${out} is not what ${config} composes to; run "npm run compose" and commit the file.`);
    }
    process.stdout.write(`${out} is current\n`);
    return;
  }
  await writeFile(out, composition.supergraph);
  process.stdout.write(`${out}: ${subgraphs.map(({ name }) => name).join(', ')}\n`);
}
