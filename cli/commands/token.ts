import { Command, InvalidArgumentError, Option } from 'commander';
import { defaults, defaultTenant, tenantOption } from '../settings.ts';

interface TokenOptions {
  readonly role: readonly string[];
  readonly scope: readonly string[];
  readonly tenant: string;
  readonly id: string;
  readonly kind: 'user' | 'machine';
  readonly expires: number;
  readonly settings?: string;
  readonly dataDir: string;
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const longestDays = 30;

export function tokenCommand(): Command {
  return new Command('token')
    .description('print a token for trying what somebody sees, signed with the shared secret')
    .option('--role <name>', 'a role of the viewer; may be given several times', collect, [])
    .option('--scope <name>', 'a scope of the viewer; may be given several times', collect, [])
    .option('--tenant <name>', 'whose data it is about', tenantOption, defaultTenant)
    .option('--id <text>', 'who the viewer is', 'trial')
    .addOption(new Option('--kind <kind>', 'what the viewer is').choices(['user', 'machine']).default('user'))
    .option('--expires <time>', 'how long it is good for, such as 90s, 15m, 1h or 7d', duration, 3_600)
    .option(
      '--settings <file>',
      "of a gateway with a shared secret; without, the data folder's secret is used",
    )
    .option('--data-dir <folder>', 'where the stores are (environment: DATA_DIR)', defaults.dataDir())
    .addHelpText(
      'after',
      `
curl -s localhost:4000/graphql -H "authorization: Bearer $(npm run -s tributary -- token --role rep)" \\
  -H 'content-type: application/json' -d '{"query":"{ accounts { nodes { name } } }"}'`,
    )
    .action(token);
}

async function token(options: TokenOptions): Promise<void> {
  const { mintToken, trialAuthentication } = await import('#gateway/identity/trial.ts');
  const { role, scope, tenant, id, kind, expires } = options;
  const authentication =
    options.settings === undefined ? undefined : await authenticationOf(options.settings);
  const { trialSecret } = await import('../run/trial-secret.ts');
  const minted = await mintToken(
    authentication ?? trialAuthentication(await trialSecret(options.dataDir)),
    { kind, id, tenant, roles: role, scopes: scope },
    expires,
  );
  process.stdout.write(`${minted}\n`);
}

async function authenticationOf(file: string) {
  const { readSettings } = await import('#gateway/settings-file.ts');
  const { authentication } = await readSettings(file);
  if (authentication === undefined) {
    throw new Error(`${file} sets no "authentication", so that no token counts there; leave --settings out.`);
  }
  return authentication;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  if (value === '') throw new InvalidArgumentError('It must not be empty.');
  return [...before, value];
}

function duration(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (secondsOf[unit] ?? 0);
  if (seconds < 1 || seconds > longestDays * 86_400) {
    throw new InvalidArgumentError(`It must be a time such as 90s, 15m, 1h or 7d, at most ${longestDays}d.`);
  }
  return seconds;
}
