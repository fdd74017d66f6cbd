import { Command } from 'commander';

interface PactsOptions {
  readonly config: string;
  readonly supergraph: string;
  readonly operations: string;
  readonly pacts: string;
}

export function pactsCommand(): Command {
  return new Command('pacts')
    .description(
      'record what the gateway asks of each subgraph for every known operation, and what consumers read of events',
    )
    .option('--config <file>', "what the supergraph is composed of, in rover's format", 'supergraph.yaml')
    .option('--supergraph <file>', 'the composed supergraph', 'supergraph.graphql')
    .option('--operations <folder>', 'the known operations with their examples', 'contracts/operations')
    .option('--pacts <folder>', 'where pacts are written', 'contracts/pacts')
    .action(pacts);
}

async function pacts({ pacts: folder, ...sources }: PactsOptions): Promise<void> {
  const { writeGatewayPacts } = await import('#contracts/publish/pacts.ts');
  const recorded = await writeGatewayPacts(sources, folder);
  const fetches = recorded.reduce((sum, one) => sum + one.fetches.length, 0);
  const { writeEventPacts, writeLivePacts } = await import('#contracts/publish/event-pacts.ts');
  const { providers } = await import('#contracts/providers/index.ts');
  const messages = (await writeEventPacts(providers, folder)) + (await writeLivePacts(recorded, folder));
  const { writeClientPacts } = await import('#contracts/publish/client-pacts.ts');
  const { writeLiveClientPact } = await import('#contracts/publish/live-client-pacts.ts');
  const clients = await writeClientPacts(recorded, sources.supergraph, folder);
  const live = await writeLiveClientPact(recorded, sources.supergraph, folder);
  await publish(folder);
  process.stdout.write(
    `${folder}: ${fetches} fetches of ${recorded.length} examples, ${messages} messages, ${clients} requests of pages, ${live} requests and deliveries of the live client\n`,
  );
}

/** To the broker, where there is one. */
async function publish(folder: string): Promise<void> {
  const { brokerOf, brokerPacts } = await import('#contracts/publish/broker.ts');
  const { applicationOf, versionOf } = await import('#contracts/publish/application.ts');
  const { readPacts } = await import('#contracts/publish/pact-file.ts');
  const broker = brokerOf();
  const pacts = brokerPacts(await readPacts(folder));
  await broker?.publishPacts(pacts, (consumer) => versionOf(applicationOf(consumer)));
}
