import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Commands, openCommands } from '#test/harness/commands.ts';
import { engines, temporaryStore } from '#test/harness/stores.ts';

const ready = /ready at (http:\/\/\S+?)(\/graphql)?[ \n]/;
const query = 'query Titles($id: ID!) { contact(id: $id) { title } }';

describe('tributary usage', () => {
  let commands: Commands;
  beforeEach(async () => {
    commands = await openCommands();
  });
  afterEach(() => commands.end());

  async function ask(url: string, headers: Record<string, string>, document = query): Promise<void> {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: document, variables: { id: randomUUID() } }),
    });
    expect(response.status).toBe(200);
    await response.text();
  }

  it('names who uses a field while the gateway runs, and after a crash', { timeout: 120_000 }, async () => {
    const up = commands.start(['up', '--no-demo']);
    const [, url = ''] = await up.prints(ready);
    const desk = { 'x-client-name': 'desk', 'x-client-version': '1.2' };
    for (let n = 0; n < 3; n++) await ask(url, desk);
    await ask(url, { 'x-client-name': 'app' }, '{ contact(id: "jane@acme.example") { name } }');
    const usage = async (args: readonly string[]) => commands.run(['usage', ...args]);
    const report = async (...args: readonly string[]) =>
      JSON.parse((await usage([...args, '--json'])).stdout);
    const uses = async () => (await report('Contact')).uses.length;
    await expect.poll(uses, { timeout: 60_000, interval: 500 }).toBe(2);
    const known = await report('Contact.title');
    expect(known.uses).toEqual([
      expect.objectContaining({ client: 'desk', clientVersion: '1.2', operation: 'Titles', requests: 3 }),
    ]);
    for (const file of ['usage.sqlite', 'usage.sqlite-wal']) {
      expect(await readFile(join(commands.folder, 'data', file), 'latin1')).not.toContain('jane');
    }
    /* What was flushed is there whatever happens to the process. */
    up.process.kill('SIGKILL');
    await up.ended;
    expect(await report('Contact.title')).toEqual(known);
    const { code, stdout } = await usage(['Contact.title', '--days', '7']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^desk 1\.2: Titles, 3 requests.*, since 2\S+Z, last 2\S+Z\n1 client, 3 requests in the last 7 days; recorded since 2\S+Z\.$/,
    );
    expect((await usage([])).stdout).toMatch(
      /^desk: query Titles, 3 requests.*\napp: query unnamed [0-9a-f]{8}, 1 request/,
    );
    expect((await usage(['Contact.fax'])).stdout).toMatch(
      /^Nobody asked for Contact\.fax in the last 30 days/,
    );
  });

  it.skipIf(engines[1]?.missing)(
    'reads what two gateways wrote to one database',
    { timeout: 120_000 },
    async () => {
      const { location, remove } = await temporaryStore('postgres');
      const env: Record<string, string> =
        location.engine === 'postgres' ? { USAGE_DATABASE_URL: location.url } : {};
      try {
        const gateways = [1, 2].map((n) =>
          commands.start(['gateway'], { ...env, DATA_DIR: join(commands.folder, `data-${n}`) }),
        );
        for (const gateway of gateways) {
          const [, url = ''] = await gateway.prints(ready);
          for (let n = 0; n < 2; n++) await ask(url, { 'x-client-name': 'desk' });
        }
        for (const gateway of gateways) gateway.process.kill('SIGTERM');
        for (const gateway of gateways) expect(await gateway.ended).toBe(0);
        const { stdout } = await commands.run(['usage', 'Query.contact(id:)', '--json'], env);
        expect(JSON.parse(stdout).uses).toMatchObject([{ client: 'desk', requests: 4, errors: 4 }]);
      } finally {
        await commands.end();
        await remove();
      }
    },
  );

  it.each([
    [['usage', 'Contact'], {}, /There is no .*usage\.sqlite: .*--data-dir/],
    [['usage', 'Contact title'], {}, /"Contact title" is no coordinate/],
    [['usage', 'Contact', '--days', '0'], {}, /whole number from 1/],
    [['up', '--no-demo'], { USAGE_KEEP_DAYS: 'all' }, /USAGE_KEEP_DAYS must be a whole number/],
  ] as const)('refuses %j', async (args, env, message) => {
    const { code, stderr } = await commands.run(args, env);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});
