import { Argument, Command } from 'commander';
import { defaults, portOption } from '../settings.ts';

interface SubgraphCommandOptions {
  readonly port?: number;
  readonly host: string;
  readonly dataDir: string;
}

const names = ['crm', 'email', 'analytics', 'consent'] as const;

export function subgraphCommand(): Command {
  return new Command('subgraph')
    .description('serve one subgraph in a process of its own')
    .addArgument(new Argument('<name>', 'which one').choices(names))
    .option('--port <port>', 'default: that of its routing URL in supergraph.yaml', portOption)
    .option('--host <address>', 'loopback, unless INTERNAL_JWKS is set', '127.0.0.1')
    .option('--data-dir <folder>', 'where the store is (environment: DATA_DIR)', defaults.dataDir())
    .addHelpText(
      'after',
      `
INTERNAL_JWKS names the public keys of the gateways that are answered: the URL of a gateway's /.well-known/jwks.json,
or a file as "tributary keys public" prints it. Without it everybody on loopback is, as the local viewer.

The email subgraph asks the graph whether a contact consents, and for addresses where a vendor's platform needs them:
GRAPH_URL is the gateway's GraphQL endpoint, GRAPH_TOKENS a file of YAML "tenant: token" with a machine's token for each
tenant, whose scopes have contact:read for the addresses. Without them it enrols nobody.

The analytics subgraph reads from a warehouse: a DuckDB file in the data folder, which one process has to itself, or the
PostgreSQL database (15 or later) that ANALYTICS_WAREHOUSE_URL names (postgres://…), which any number of processes read
and write.

VENDORS_FILE names the file of vendors whose records these are, as docs/vendors/vendors.example.yaml does, and
VENDOR_KEYS holds the keys that what they send is sealed with.`,
    )
    .action(subgraph);
}

async function subgraph(name: (typeof names)[number], options: SubgraphCommandOptions): Promise<void> {
  const { stopSignal, untilStopped } = await import('../run/until-stopped.ts');
  const { startOne } = await import('../run/start-one.ts');
  const signal = stopSignal();
  const port = options.port ?? (await routedPort(name));
  const { host, dataDir } = options;
  const running = await startOne(name, { host, port, dataDir, env: process.env });
  process.stdout.write(`The ${name} subgraph is ready at ${running.url}\n`);
  await untilStopped(signal);
  await running.close();
}

/** The port that the supergraph's configuration routes to. */
async function routedPort(name: string): Promise<number> {
  const { readSupergraphConfig } = await import('#contracts/publish/supergraph-config.ts');
  const sources = await readSupergraphConfig('supergraph.yaml');
  const source = sources.find((candidate) => candidate.name === name);
  if (!source) throw new Error(`supergraph.yaml names no subgraph "${name}"; say --port.`);
  return Number(new URL(source.url).port || 80);
}
