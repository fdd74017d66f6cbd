import { createServer } from 'node:net';
import { Command } from 'commander';
import { defaults, portOption, wholeNumber } from '../settings.ts';

interface UpOptions {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly supergraph: string;
  readonly demo: boolean;
  readonly demoAccounts: number;
  readonly settings?: string;
}

export function upCommand(): Command {
  return new Command('up')
    .description('start the four subgraphs and the gateway in one process, with demo data on the first start')
    .option('--port <port>', 'of the gateway (environment: PORT)', portOption, defaults.port())
    .option(
      '--host <address>',
      'of the gateway, loopback unless the settings have authentication (environment: HOST)',
      defaults.host(),
    )
    .option('--data-dir <folder>', 'where the stores are (environment: DATA_DIR)', defaults.dataDir())
    .option('--supergraph <file>', 'the composed supergraph', 'supergraph.graphql')
    .option(
      '--settings <file>',
      'authentication, limits, deadlines and sharing of the gateway, in YAML (environment: GATEWAY_SETTINGS)',
      defaults.settings(),
    )
    .option('--no-demo', 'start without demo data')
    .option('--demo-accounts <n>', 'how many accounts the demo data has', wholeNumber(1, 100_000), 1_000)
    .addHelpText(
      'after',
      `
Subgraphs take free ports unless CRM_PORT, EMAIL_PORT, ANALYTICS_PORT or CONSENT_PORT is set. They keep their
rows in files unless CRM_DATABASE_URL, EMAIL_DATABASE_URL, ANALYTICS_DATABASE_URL or CONSENT_DATABASE_URL names a
PostgreSQL database. The warehouse of analytics is a DuckDB file unless ANALYTICS_WAREHOUSE_URL names a PostgreSQL
database (15 or later), which may be one of the others.

Where records are at a vendor, VENDORS_FILE names the file that says so, as docs/vendors/vendors.example.yaml does; a
store is a replica of the vendor then, and gets no demo data. VENDOR_KEYS holds the keys that what a vendor sends is
sealed with.

Without authentication in the settings, whoever asks from this machine sees all; "tributary token" makes tokens to
try what others would see.`,
    )
    .action(up);
}

async function up(options: UpOptions): Promise<void> {
  const { stopSignal, untilStopped, onHangup } = await import('../run/until-stopped.ts');
  const signal = stopSignal();
  // Seeding takes a while: what can't work is said before it.
  const { checkHost } = await import('#gateway/options.ts');
  const { readSettings } = await import('#gateway/settings-file.ts');
  const settings = options.settings === undefined ? {} : await readSettings(options.settings);
  checkHost(options.host, settings);
  await checkPort(options.host, options.port);

  const { startAll } = await import('../run/start-all.ts');
  const running = await startAll({ ...options, settings, signal });
  if (running === null) return;
  onHangup(running.reload);
  process.stdout.write(`Tributary is ready at ${running.url} (GraphQL at ${running.url}/graphql)\n`);
  await untilStopped(signal);
  await running.close();
}

/** Fails with one clear line where somebody else has the port. */
async function checkPort(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${port} is in use; end what listens there or set PORT to another one.`)
          : error,
      );
    });
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}
