import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MatchersV3 } from '@pact-foundation/pact';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RecordedOperation, recordOperation } from '#contracts/publish/record.ts';
import { readSupergraphConfig } from '#contracts/publish/supergraph-config.ts';
import { writePacts } from '#contracts/publish/write-pacts.ts';
import { startGateway } from '#gateway/main.ts';
import { ask, type GraphqlAnswer } from '#test/harness/subgraph.ts';
import { providers } from './providers.ts';

const root = resolve(import.meta.dirname, '../..');
const committed = join(root, 'contracts/pacts');
const supergraph = join(root, 'supergraph.graphql');

/** Writes the committed pacts in place of comparing with them: `npm run pacts`. */
const writing = process.env.WRITE_PACTS === '1';

describe('pacts', () => {
  let folder: string;
  let operations: RecordedOperation[];
  const answers: GraphqlAnswer[] = [];

  beforeAll(async () => {
    folder = writing ? committed : await mkdtemp(join(tmpdir(), 'tributary-pacts-'));
    const sources = await readSupergraphConfig(join(root, 'supergraph.yaml'));
    const composed = await readFile(supergraph, 'utf8');
    const known = join(root, 'contracts/operations');
    const files = (await readdir(known)).filter((name) => name.endsWith('.graphql')).sort();
    operations = [];
    for (const file of files) operations.push(await recordOperation(join(known, file), composed, sources));
    await writePacts(operations, folder, async ({ document, variables }, urls) => {
      const gateway = await startGateway({
        supergraph,
        port: 0,
        logger: pino({ level: 'silent' }),
        subgraphUrls: urls,
      });
      try {
        answers.push(await ask(`${gateway.url}/graphql`, document, { ...variables }));
      } finally {
        await gateway.close();
      }
    });
  });

  afterAll(async () => {
    if (!writing) await rm(folder, { recursive: true, force: true });
  });

  it('are answered by the gateway through mock servers of all subgraphs', () => {
    expect(answers).toHaveLength(operations.length);
    for (const { errors } of answers) expect(errors).toBeUndefined();
    const index = operations.findIndex(({ name }) => name === 'AccountSnapshot');
    const asked = operations[index]?.fetches.find(({ subgraph }) => subgraph === 'crm');
    const { data } = MatchersV3.reify(asked?.answer) as { data: { account: { id: string; name: string } } };
    expect(answers[index]?.data.account).toMatchObject({ id: data.account.id, name: data.account.name });
  });

  it('are the committed ones', async () => {
    const files = (await readdir(folder)).sort();
    expect(files).toEqual((await readdir(committed)).sort());
    for (const file of files) {
      const made: unknown = JSON.parse(await readFile(join(folder, file), 'utf8'));
      const known: unknown = JSON.parse(await readFile(join(committed, file), 'utf8'));
      expect(made, `${file} differs: run "npm run pacts" and commit it if the change is meant`).toEqual(
        known,
      );
    }
  });

  it('are kept by every subgraph as it runs', { timeout: 120_000 }, async () => {
    const files = await readdir(committed);
    expect(files.length).toBe(Object.keys(providers).length);
    for (const file of files) {
      const provider = file.replace(/^gateway-|\.json$/g, '');
      const { code, output } = await verify(provider, join(committed, file));
      expect(code, `${provider} breaks its pact:\n${output}`).toBe(0);
    }
  });

  it('are broken by a subgraph that renamed a field', { timeout: 60_000 }, async () => {
    const pact = join(committed, 'gateway-crm.json');
    const text = await readFile(pact, 'utf8');
    const renamed = join(folder, 'renamed.json');
    const { writeFile } = await import('node:fs/promises');
    await writeFile(renamed, text.replaceAll('lifecycleStage', 'stageOfLife'));
    try {
      const { code, output } = await verify('crm', renamed);
      expect(code).toBe(1);
      expect(output).toContain('stageOfLife');
    } finally {
      await rm(renamed);
    }
  });
});

function verify(provider: string, pact: string): Promise<{ code: number; output: string }> {
  return new Promise((done) => {
    const script = join(import.meta.dirname, 'verify-provider.ts');
    const { PACT_BROKER_BASE_URL: _, ...env } = process.env;
    execFile(
      process.execPath,
      [script, provider, pact],
      { cwd: root, env, timeout: 60_000 },
      (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        done({ code, output: `${out}\n${err}` });
      },
    );
  });
}
