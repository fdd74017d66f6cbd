import { readFile, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSealing } from '#chassis/vendor/sealing.ts';
import { type Commands, openCommands } from '#test/harness/commands.ts';
import { ask, type GraphqlAnswer } from '#test/harness/subgraph.ts';

const ready = /ready at (http:\/\/\S+?)[ \n]/;
const accounts = '{ accounts(first: 1) { totalCount } }';
const settings = (secret: string) => `authentication:
  secret: { file: ${secret} }
  issuer: https://id.example
  audience: tributary
  claims: { roles: realm.roles, tenant: [org.id] }
`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

describe('tokens and keys', () => {
  let commands: Commands;
  beforeEach(async () => {
    commands = await openCommands();
  });
  afterEach(() => commands.end());
  const start: Commands['start'] = (args, env) => commands.start(args, env);
  const run: Commands['run'] = (args, env) => commands.run(args, env);
  const askAs = async (url: string, token: string, query = accounts) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query }),
      signal: AbortSignal.timeout(20_000),
    });
    const { data, errors } = (await response.json()) as GraphqlAnswer;
    return data ? data.accounts.totalCount : `${response.status} ${errors?.[0]?.extensions?.reason}`;
  };

  it('shows what others see beside the local viewer', { timeout: 120_000 }, async () => {
    const up = start(['up', '--demo-accounts', '3']);
    const [, url = ''] = await up.prints(ready);
    const mode = (await stat(join(commands.folder, 'data/trial-secret'))).mode & 0o777;
    expect(mode).toBe(0o600);

    const rep = (await run(['token', '--role', 'rep', '--role', 'lead', '--scope', 'crm:read'])).stdout;
    expect(decodeJwt(rep)).toMatchObject({ roles: ['rep', 'lead'], scope: 'crm:read', tenant: 'default' });
    const seeding = await run(['seed', '--accounts', '5', '--tenant', 'acme']);
    expect(seeding.code).toBe(0);
    const acme = (await run(['token', '--tenant', 'acme', '--id', 'sync', '--kind', 'machine'])).stdout;

    expect((await ask(`${url}/graphql`, accounts)).data.accounts.totalCount).toBe(3);
    expect(await askAs(url, rep)).toBe(3);
    expect(await askAs(url, acme)).toBe(5);
    expect(await askAs(url, (await run(['token', '--tenant', 'nobody'])).stdout)).toBe(0);
    expect(await askAs(url, `${rep.slice(0, -8)}AAAAAAAA`)).toBe('401 TOKEN_BAD_SIGNATURE');

    // Its subgraphs believe their gateway alone.
    const log = up.output().stderr;
    expect(log).toContain('"viewer":"sync"');
    for (const part of [...rep.split('.'), ...acme.split('.')]) {
      if (part.length > 40) expect(log).not.toContain(part);
    }
  });

  it('data is imported for one tenant alone', { timeout: 60_000 }, async () => {
    const csv = join(commands.folder, 'users.csv');
    await writeFile(csv, 'sales_agent,manager,regional_office\nAda,Bob,North\n');
    const map = 'cli/import/maps/b2b-pipeline/users.yaml';
    const imported = async (...tenant: string[]) =>
      (await run(['import', csv, '--as', 'user', '--map', map, ...tenant])).stdout.split('\n')[0];
    expect(await imported('--tenant', 'acme')).toMatch(/^1 rows: 1 imported/);
    expect(await imported()).toMatch(/^1 rows: 1 imported/);
    expect(await imported('--tenant', 'acme')).toMatch(/^1 rows: 0 imported, 0 updated, 1 unchanged/);
  });

  it('are refused straight at a subgraph of a running house', { timeout: 60_000 }, async () => {
    const port = await freePort();
    await start(['up', '--no-demo'], { CRM_PORT: String(port) }).prints(ready);
    const straight = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: accounts }),
    });
    expect(straight.status).toBe(401);
    const { errors } = (await straight.json()) as GraphqlAnswer;
    expect(errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  });

  it('are minted for configured claims, by the secret of the settings', { timeout: 60_000 }, async () => {
    const secret = join(commands.folder, 'secret');
    const file = join(commands.folder, 'gateway.yaml');
    await writeFile(secret, 'a secret of more than thirty-two bytes');
    await writeFile(file, settings(secret));
    const minted = await run([
      'token',
      '--settings',
      file,
      '--tenant',
      'acme',
      '--role',
      'rep',
      '--expires',
      '90s',
    ]);
    const claims = decodeJwt(minted.stdout);
    expect(claims).toMatchObject({ 'org.id': 'acme', realm: { roles: ['rep'] }, iss: 'https://id.example' });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(90);

    const up = start(['up', '--demo-accounts', '2', '--settings', file, '--host', '0.0.0.0']);
    const [, url = ''] = await up.prints(ready);
    const { port } = new URL(url);
    const here = `http://127.0.0.1:${port}`;
    expect(await askAs(here, minted.stdout)).toBe(0);
    const mine = await run(['token', '--settings', file]);
    expect(await askAs(here, mine.stdout)).toBe(2);
    // Tokens for trying are none here.
    expect(await askAs(here, (await run(['token'])).stdout)).toMatch(/^401 TOKEN_/);
    expect((await ask(`${here}/graphql`, accounts)).errors?.[0]?.extensions?.reason).toBe('TOKEN_MISSING');
    expect(up.output().stderr).not.toContain(minted.stdout.split('.')[2]);
  });

  it('vouch between processes: gateway, keys and a subgraph', { timeout: 60_000 }, async () => {
    const keys = join(commands.folder, 'keys.json');
    const publicKeys = join(commands.folder, 'public.json');
    const made = await run(['keys', 'new', keys]);
    expect(made.stdout).toMatch(/^\S+: \S+ signs$/);
    expect((await run(['keys', 'new', keys])).stdout).toMatch(/ signs; \S+ is still believed$/);
    const { stdout } = await run(['keys', 'public', keys]);
    expect(JSON.parse(stdout).keys).toHaveLength(2);
    expect(stdout).not.toContain('"d"');
    await writeFile(publicKeys, stdout);

    const subgraph = start(['subgraph', 'crm', '--port', '0'], { INTERNAL_JWKS: publicKeys });
    const [, crm = ''] = await subgraph.prints(/ready at (http:\S+)\n/);
    expect((await ask(crm, accounts)).errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
    const supergraph = join(commands.folder, 'supergraph.graphql');
    const composed = await readFile('supergraph.graphql', 'utf8');
    await writeFile(supergraph, composed.replace('http://127.0.0.1:4001/graphql', crm));
    const file = join(commands.folder, 'gateway.yaml');
    await writeFile(file, `internalKeys: ${keys}\n`);
    const gateway = start(['gateway', '--supergraph', supergraph, '--settings', file]);
    const [, url = ''] = await gateway.prints(/ready at (http:\S+)\/graphql\n/);
    expect((await ask(`${url}/graphql`, accounts)).data.accounts.totalCount).toBe(0);
  });

  it.each([
    [['up', '--host', '0.0.0.0'], {}, /cannot be bound to "0\.0\.0\.0" without authentication.*--settings/],
    [['gateway', '--host', '0.0.0.0'], {}, /cannot be bound to "0\.0\.0\.0" without authentication/],
    [['subgraph', 'crm', '--host', '0.0.0.0'], {}, /cannot be bound to "0\.0\.0\.0".*INTERNAL_JWKS/],
    [
      ['subgraph', 'crm'],
      { INTERNAL_JWKS: 'http://gateway.example/keys' },
      /INTERNAL_JWKS is "http:\/\/gateway/,
    ],
    [
      ['subgraph', 'crm'],
      { INTERNAL_JWKS: '/nowhere.json' },
      /nowhere\.json of INTERNAL_JWKS cannot be read/,
    ],
    [['token', '--expires', '31d'], {}, /at most 30d/],
    [['token', '--expires', 'soon'], {}, /such as 90s/],
    [['token', '--tenant', ''], {}, /1 to 256/],
    [['token', '--kind', 'local'], {}, /user, machine/],
    [['token', '--settings', '/nowhere.yaml'], {}, /nowhere\.yaml/],
    [['keys', 'public', '/nowhere.json'], {}, /tributary keys new \/nowhere\.json/],
    [['seed', '--tenant', ''], {}, /1 to 256/],
  ] as const)('refuses %j', async (args, env, message) => {
    const { code, stderr, stdout } = await run(args, env);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
  });

  it('of vendors are printed, another with each call', async () => {
    const [first, second] = [await run(['keys', 'vendor']), await run(['keys', 'vendor'])];
    const keys = [first.stdout.trim(), second.stdout.trim()];
    expect(new Set(keys).size).toBe(2);
    const sealed = openSealing(keys).seal(Buffer.from('text'), 'test');
    expect(openSealing(keys.toReversed()).open(sealed, 'test').toString()).toBe('text');
  });

  it('cannot be minted where only the issuer has the key', async () => {
    const file = join(commands.folder, 'gateway.yaml');
    await writeFile(
      file,
      'authentication: { jwks: { url: "https://id.example/keys" }, issuer: "https://id.example", audience: a }\n',
    );
    const { code, stderr } = await run(['token', '--settings', file]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('https://id.example')]);
  });
});
