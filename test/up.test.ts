import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Commands, openCommands } from '#test/harness/commands.ts';
import { ask } from '#test/harness/subgraph.ts';

const ready = /ready at (http:\/\/\S+?)[ \n]/;

describe('tributary up', () => {
  let commands: Commands;
  beforeEach(async () => {
    commands = await openCommands();
  });
  afterEach(() => commands.end());
  const start: Commands['start'] = (args, env) => commands.start(args, env);

  it('seeds on the first start alone, serves, takes jobs and stops clean', { timeout: 120_000 }, async () => {
    const first = start(['up', '--demo-accounts', '20']);
    const [, url = ''] = await first.prints(ready);
    expect(first.output().stderr).toContain('Seeding demo data');
    const { data } = await ask(`${url}/graphql`, '{ accounts(first: 1) { totalCount nodes { name } } }');
    expect(data.accounts.totalCount).toBe(20);

    // The stores are open there: a second process is told so, and commands go through the first.
    const second = start(['up']);
    expect(await second.ended).toBe(1);
    expect(second.output().stderr.trim().split('\n')).toEqual([expect.stringContaining('already runs')]);
    const seeding = start(['seed', '--accounts', '40', '--seed', '2']);
    expect(await seeding.ended).toBe(0);
    const csv = join(commands.folder, 'users.csv');
    await writeFile(csv, 'sales_agent,manager,regional_office\nAda,Bob,North\n');
    const importing = start([
      'import',
      csv,
      '--as',
      'user',
      '--map',
      'cli/import/maps/b2b-pipeline/users.yaml',
    ]);
    expect(await importing.ended).toBe(0);
    expect(importing.output().stdout).toContain('1 rows: 1 imported');
    const after = await ask(`${url}/graphql`, '{ accounts(first: 1) { totalCount } }');
    expect(after.data.accounts.totalCount).toBe(60);

    first.process.kill('SIGINT');
    expect(await first.ended).toBe(0);

    const again = start(['up']);
    const [, next = ''] = await again.prints(ready);
    expect(again.output().stderr).not.toContain('Seeding');
    expect(
      (await ask(`${next}/graphql`, '{ accounts(first: 1) { totalCount } }')).data.accounts.totalCount,
    ).toBe(60);
    again.process.kill('SIGTERM');
    expect(await again.ended).toBe(0);
  });

  it('goes on seeding where a first start was ended', { timeout: 120_000 }, async () => {
    const cut = start(['up', '--demo-accounts', '300']);
    await expect.poll(() => cut.output().stderr, { timeout: 60_000 }).toContain('Seeding demo data');
    cut.process.kill('SIGKILL');
    await cut.ended;
    const whole = start(['up', '--demo-accounts', '300']);
    const [, url = ''] = await whole.prints(ready);
    const { data } = await ask(`${url}/graphql`, '{ accounts(first: 1) { totalCount } }');
    expect(data.accounts.totalCount).toBe(300);
  });

  it('says in one line that the port is in use', async () => {
    const taken = createTcpServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const { port } = taken.address() as AddressInfo;
    const command = start(['up', '--no-demo'], { PORT: String(port) });
    expect(await command.ended).toBe(1);
    expect(command.output().stderr.trim()).toMatch(
      new RegExp(`^tributary: Port ${port} is in use; .*PORT.*$`),
    );
    await new Promise((done) => taken.close(done));
  });

  it('says in one line that the data folder cannot be written', async () => {
    const file = join(commands.folder, 'a-file');
    await writeFile(file, '');
    const command = start(['up', '--no-demo'], { DATA_DIR: join(file, 'data') });
    expect(await command.ended).toBe(1);
    expect(command.output().stderr.trim()).toMatch(/^tributary: The data folder .* set DATA_DIR .*$/);
  });

  it.each([
    [['up', '--host', '0.0.0.0'], {}, /0\.0\.0\.0/],
    [['up'], { PORT: 'abc' }, /PORT must be a port from 0 to 65535, not "abc"/],
    [['gateway', '--supergraph', 'nowhere.graphql'], {}, /nowhere\.graphql/],
    [['subgraph', 'billing'], {}, /billing/],
    [['import', 'x.csv', '--as', 'account'], {}, /--map/],
  ] as const)('refuses %j', async (args, env, message) => {
    const command = start(args, env);
    expect(await command.ended).toBe(1);
    expect(command.output().stderr).toMatch(message);
  });

  it.each(['up', 'gateway', 'subgraph', 'seed', 'import', 'compose', 'token', 'keys', 'usage'])(
    'explains %s',
    async (name) => {
      const command = start([name, '--help']);
      expect(await command.ended).toBe(0);
      expect(command.output().stdout).toContain(`tributary ${name}`);
    },
  );

  it('composes, writes plans, and serves with them and a settings file', { timeout: 60_000 }, async () => {
    const supergraph = join(commands.folder, 'supergraph.graphql');
    const plans = join(commands.folder, 'plans.json');
    const composing = start(['compose', '--out', supergraph, '--plans', plans]);
    expect(await composing.ended).toBe(0);
    expect(composing.output().stdout).toMatch(/plans of \d+ operations/);
    const checking = start(['compose', '--out', supergraph, '--check']);
    expect(await checking.ended).toBe(0);

    const settings = join(commands.folder, 'gateway.yaml');
    await writeFile(settings, 'limits: { depth: 2 }\n');
    const gateway = start(['gateway', '--supergraph', supergraph, '--plans', plans, '--settings', settings]);
    const [, url = ''] = await gateway.prints(/ready at (http:\S+)\n/);
    const { errors } = await ask(url, '{ account(id: "acc_1") { owner { name } } }');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'DEPTH_LIMIT_EXCEEDED', limit: 2, value: 3 });

    // A changed file is read again on SIGHUP; a broken one changes nothing and is said.
    await writeFile(supergraph, 'type Query {');
    gateway.process.kill('SIGHUP');
    const ready = url.replace('/graphql', '/ready');
    await expect
      .poll(async () => JSON.stringify(await (await fetch(ready)).json()), { timeout: 20_000 })
      .toContain('failedReload');
    expect((await fetch(ready)).status).toBe(200);
    gateway.process.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);

    const stale = start(['compose', '--out', supergraph, '--check']);
    expect(await stale.ended).toBe(1);
    expect(stale.output().stderr).toContain('npm run compose');
  });

  it('answers what is in flight when it is stopped', { timeout: 60_000 }, async () => {
    let answer: (() => void) | undefined;
    const asked = Promise.withResolvers<void>();
    const slow: Server = createServer((_request, response) => {
      answer = () =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"account":null}}');
      asked.resolve();
    });
    await new Promise<void>((done) => slow.listen(0, '127.0.0.1', done));
    const { port } = slow.address() as AddressInfo;
    const supergraph = join(commands.folder, 'supergraph.graphql');
    const composed = await readFile('supergraph.graphql', 'utf8');
    await writeFile(supergraph, composed.replace('127.0.0.1:4001', `127.0.0.1:${port}`));
    const gateway = start(['gateway', '--supergraph', supergraph]);
    const [, url = ''] = await gateway.prints(/ready at (http:\S+)\n/);
    const pending = ask(url, '{ account(id: "acc_1") { id } }');
    await asked.promise;
    gateway.process.kill('SIGINT');
    answer?.();
    expect((await pending).data).toEqual({ account: null });
    expect(await gateway.ended).toBe(0);
    await new Promise((done) => slow.close(done));
  });
});
