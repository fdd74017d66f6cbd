import { Command } from 'commander';

export function keysCommand(): Command {
  const keys = new Command('keys').description(
    'the keys by which a gateway vouches for viewers before subgraphs, and those that seal what is of vendors',
  );
  keys
    .command('new')
    .description(
      'put a new key into a key file, which signs from then on; the previous one is kept for a while',
    )
    .argument('<file>', 'the key file, made where there is none; running gateways take it over by themselves')
    .action(newKey);
  keys
    .command('public')
    .description('print what subgraphs may know of a key file, for their INTERNAL_JWKS')
    .argument('<file>', 'the key file')
    .action(publicKeys);
  keys
    .command('vendor')
    .description("print a new key for VENDOR_KEYS, which keeps vendors' tokens and deliveries sealed")
    .action(vendorKey);
  return keys;
}

async function newKey(file: string): Promise<void> {
  const { rotateKeyFile } = await import('#gateway/identity/key-file.ts');
  const [newest, previous] = await rotateKeyFile(file);
  const kept = previous ? `; ${previous.kid} is still believed` : '';
  process.stdout.write(`${file}: ${newest.kid} signs${kept}\n`);
}

async function publicKeys(file: string): Promise<void> {
  const { publicKeysOf, readKeyFile } = await import('#gateway/identity/key-file.ts');
  process.stdout.write(`${JSON.stringify(publicKeysOf(await readKeyFile(file)), null, 2)}\n`);
}

async function vendorKey(): Promise<void> {
  const { newSealingKey } = await import('#chassis/vendor/sealing.ts');
  process.stdout.write(`${newSealingKey()}\n`);
}
