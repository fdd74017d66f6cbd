import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckdb } from './duckdb.ts';

const seen = '2026-03-01T00:00:00.000Z';

/** A process of its own that has the file open and has written to it. */
const holder = (file: string, then: string) => `
  import { openDuckdb } from ${JSON.stringify(new URL('duckdb.ts', import.meta.url).href)};
  const warehouse = await openDuckdb({ file: ${JSON.stringify(file)} });
  const row = { id: 'vis_1', accountId: 'acc_1', leadId: null, visitorId: 'u_1', at: '${seen}', pageViews: 2, seconds: null };
  await warehouse.writeVisits('default', [row], '${seen}');
  await warehouse.setWatermark('default', '${seen}', '${seen}');
  console.log('written');
  ${then}
`;

function run(script: string): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('a warehouse file', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('belongs to one process, and keeps what was committed when that is killed', async () => {
    const file = join(folder, 'held.duckdb');
    const child = run(holder(file, 'setInterval(() => {}, 1_000);'));
    try {
      await once(child.stdout as NodeJS.ReadableStream, 'data');
      const refusal = await openDuckdb({ file }).catch((error: unknown) => error as Error);
      expect(refusal).toBeInstanceOf(Error);
      expect((refusal as Error).message).toBe(
        `The warehouse file ${file} is held by another Tributary process (${child.pid}); end it, or write through it.`,
      );
    } finally {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    const warehouse = await openDuckdb({ file });
    try {
      const usage = await warehouse.usage('default', ['acc_1'], 'LAST_7_DAYS');
      expect(usage?.get('acc_1')).toMatchObject({ visits: 1, pageViews: 2, asOf: seen });
    } finally {
      await warehouse.close();
    }
  });

  it('is opened once in a process, and again after it was closed', async () => {
    const file = join(folder, 'twice.duckdb');
    const warehouse = await openDuckdb({ file });
    await expect(openDuckdb({ file })).rejects.toThrow(`${file} is open in this process already`);
    await warehouse.close();
    await expect(warehouse.ping()).rejects.toThrow();
    const again = await openDuckdb({ file });
    await again.ping();
    await again.close();
  });

  it('lets its process end once it is closed, or could not be opened', async () => {
    const file = join(folder, 'ended.duckdb');
    const broken = join(folder, 'broken.duckdb');
    await writeFile(broken, 'this is no database');
    const child = run(
      holder(
        file,
        `await openDuckdb({ file: ${JSON.stringify(broken)} }).catch(() => {}); await warehouse.close();`,
      ),
    );
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  it('drops recent touches that nobody can page to, and no other', async () => {
    const file = join(folder, 'recent.duckdb');
    const warehouse = await openDuckdb({ file });
    const accounts = 200;
    const time = (n: number) => new Date(Date.parse(seen) + n * 60_000).toISOString();
    function* touches(from: number, to: number) {
      for (let n = from; n < to; n += 1) {
        for (let account = 0; account < accounts; account += 1) {
          yield {
            id: `tch_${account}_${n}`,
            accountId: `acc_${account}`,
            leadId: null,
            channel: 'EMAIL' as const,
            campaignId: null,
            kind: 'OPEN' as const,
            at: time(n),
          };
        }
      }
    }
    for (const part of [0, 1, 2]) {
      await warehouse.writeTouches('default', touches(part * 101, (part + 1) * 101), seen);
      await warehouse.setWatermark('default', time((part + 1) * 101), seen);
    }
    const request = { channels: null, first: 100, withTotal: true };
    const page = (await warehouse.touches('default', ['acc_7'], request))?.get('acc_7');
    expect(page).toMatchObject({ total: 303, hasNextPage: true });
    expect(page?.rows.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, n) => `tch_7_${302 - n}`));
    await warehouse.close();

    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    const counted = await connection.runAndReadAll('select count(*)::integer from recent_touches');
    expect(counted.getRows()).toEqual([[101 * accounts]]);
    connection.closeSync();
    instance.closeSync();
  });

  it('says in one line what is wrong with a file that is no database', async () => {
    const file = join(folder, 'broken.duckdb');
    await writeFile(file, 'this is no database');
    const refusal = await openDuckdb({ file }).catch((error: unknown) => error as Error);
    expect((refusal as Error).message).toContain(`The warehouse file ${file} cannot be opened`);
    expect((refusal as Error).message).not.toContain('\n');
  });
});
