import { Command } from 'commander';
import { defaults, portOption } from '../settings.ts';

interface GatewayCommandOptions {
  readonly supergraph: string;
  readonly port: number;
  readonly host: string;
  readonly operations?: string;
}

export function gatewayCommand(): Command {
  return new Command('gateway')
    .description('serve any Federation 2 supergraph file; the subgraphs are reached by their routing URLs')
    .option('--supergraph <file>', 'the composed supergraph', 'supergraph.graphql')
    .option('--port <port>', '0 takes a free one (environment: PORT)', portOption, defaults.port())
    .option('--host <address>', 'loopback only (environment: HOST)', defaults.host())
    .option('--operations <folder>', 'operations with REST routes beside them')
    .action(gateway);
}

async function gateway({ supergraph, port, host, operations }: GatewayCommandOptions): Promise<void> {
  const { stopSignal, untilStopped } = await import('../run/until-stopped.ts');
  const { commandLog } = await import('../run/log.ts');
  const { startGateway } = await import('#gateway/main.ts');
  const signal = stopSignal();
  const running = await startGateway({
    supergraph,
    host,
    port,
    logger: commandLog(),
    ...(operations === undefined ? {} : { routes: operations }),
  });
  process.stdout.write(`The gateway is ready at ${running.url}/graphql\n`);
  await untilStopped(signal);
  await running.close();
}
