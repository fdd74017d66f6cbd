import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  it('says in one line what is wrong with a file that is no database', async () => {
    const file = join(folder, 'broken.duckdb');
    await writeFile(file, 'this is no database');
    const refusal = await openDuckdb({ file }).catch((error: unknown) => error as Error);
    expect((refusal as Error).message).toContain(`The warehouse file ${file} cannot be opened`);
    expect((refusal as Error).message).not.toContain('\n');
  });
});
