import { readFile, writeFile } from 'node:fs/promises';
import { Command } from 'commander';

interface ComposeOptions {
  readonly config: string;
  readonly out: string;
  readonly check?: true;
  readonly plans?: string;
  readonly operations: string;
}

export function composeCommand(): Command {
  return new Command('compose')
    .description('compose the subgraphs of a supergraph configuration into one supergraph file')
    .option('--config <file>', "the configuration, in rover's format", 'supergraph.yaml')
    .option('--out <file>', 'where the supergraph is written', 'supergraph.graphql')
    .option('--check', 'write nothing; fail where the file is not what would be written')
    .option(
      '--plans <file>',
      'write the plans of the known operations too, for a gateway that plans nothing at its start',
    )
    .option('--operations <folder>', 'the known operations', 'contracts/operations')
    .action(compose);
}

async function compose({ config, out, check, plans, operations }: ComposeOptions): Promise<void> {
  const { readSupergraphConfig } = await import('#contracts/publish/supergraph-config.ts');
  const { composeSubgraphs } = await import('#contracts/publish/compose.ts');
  const subgraphs = await readSupergraphConfig(config);
  const composition = composeSubgraphs(subgraphs);
  if (composition.kind === 'refused') {
    const errors = composition.errors.map(({ code, message }) => (code ? `${code}: ${message}` : message));
    const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
    throw new Error(`${config} does not compose (${count}): ${errors.join(' | ')}`);
  }
  for (const { code, message } of composition.hints) process.stderr.write(`hint: [${code}]: ${message}\n`);
  const generated = subgraphs.flatMap(({ file, generated: text }) =>
    text === undefined ? [] : { file, text },
  );
  const files = [...generated, { file: out, text: composition.supergraph }];
  if (check) {
    for (const { file, text } of files) {
      const present = await readFile(file, 'utf8').catch(() => null);
      if (present !== text) {
        throw new Error(
          `${file} is not what ${config} composes to; run "npm run compose" and commit the file.`,
        );
      }
    }
    process.stdout.write(`${out} is current\n`);
    return;
  }
  for (const { file, text } of files) await writeFile(file, text);
  if (plans !== undefined) await planOperations(out, operations, plans);
  process.stdout.write(`${out}: ${subgraphs.map(({ name }) => name).join(', ')}\n`);
}

async function planOperations(supergraph: string, folder: string, file: string): Promise<void> {
  const { writePlans } = await import('#gateway/supergraph/plan-file.ts');
  const { readOperations } = await import('#gateway/supergraph/sources.ts');
  const { plans, refused } = await writePlans(supergraph, await readOperations(folder), file);
  for (const { file: operation, reason } of refused) process.stderr.write(`${operation}: ${reason}\n`);
  process.stdout.write(`${file}: plans of ${plans} operations\n`);
  if (refused.length > 0) throw new Error(`${refused.length} operations of ${folder} cannot be planned.`);
}
