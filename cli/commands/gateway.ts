import { Command } from 'commander';
import { defaults, portOption } from '../settings.ts';

interface GatewayCommandOptions {
  readonly supergraph: string;
  readonly port: number;
  readonly host: string;
  readonly operations?: string;
  readonly plans?: string;
  readonly settings?: string;
  readonly access?: string;
  readonly dataDir?: string;
}

export function gatewayCommand(): Command {
  return new Command('gateway')
    .description('serve any Federation 2 supergraph file; the subgraphs are reached by their routing URLs')
    .option('--supergraph <file>', 'the composed supergraph', 'supergraph.graphql')
    .option('--port <port>', '0 takes a free one (environment: PORT)', portOption, defaults.port())
    .option(
      '--host <address>',
      'loopback, unless the settings have authentication (environment: HOST)',
      defaults.host(),
    )
    .option('--operations <folder>', 'known operations, planned at the start, with REST routes beside them')
    .option('--plans <file>', 'plans of known operations, as "compose --plans" writes them')
    .option(
      '--settings <file>',
      'authentication, limits, deadlines and sharing, in YAML (environment: GATEWAY_SETTINGS)',
      defaults.settings(),
    )
    .option('--access <file>', 'roles with their scopes, and policies, in YAML')
    .option(
      '--data-dir <folder>',
      'where this one gateway records which operations clients send (environment: DATA_DIR); nowhere by default',
      process.env.DATA_DIR,
    )
    .addHelpText(
      'after',
      `
Changed supergraph, access and key files are reloaded by themselves, at once on SIGHUP. With REDIS_URL set, gateways of the
same Redis count the requests of a caller together. With BUS_URL set, subscriptions and queries of events read that bus;
without it they are refused. With USAGE_DATABASE_URL set, gateways record which operations clients send in the same
PostgreSQL.`,
    )
    .action(gateway);
}

async function gateway(options: GatewayCommandOptions): Promise<void> {
  const { stopSignal, untilStopped, onHangup } = await import('../run/until-stopped.ts');
  const { commandLog } = await import('../run/log.ts');
  const { startGateway } = await import('#gateway/main.ts');
  const { readSettings } = await import('#gateway/settings-file.ts');
  const { openSharedBus } = await import('../run/bus.ts');
  const { usageToRecord } = await import('../run/usage.ts');
  const signal = stopSignal();
  const log = commandLog();
  const { supergraph, port, host, operations, plans, settings, access, dataDir } = options;
  const bus = await openSharedBus(log);
  const usage = await usageToRecord(dataDir, log);
  const running = await startGateway({
    ...(settings === undefined ? {} : await readSettings(settings)),
    ...(access === undefined ? {} : { access }),
    supergraph,
    host,
    port,
    logger: log,
    bus,
    ...(usage && { usage }),
    routes: operations,
    plans,
    redis: defaults.redis(),
  }).catch(async (error: unknown) => {
    await bus?.close();
    await usage?.close();
    throw error;
  });
  onHangup(() => running.reload());
  process.stdout.write(`The gateway is ready at ${running.url}/graphql\n`);
  await untilStopped(signal);
  await running.close();
  await bus?.close();
  await usage?.close();
}
