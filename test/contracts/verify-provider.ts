/**
 * Verifies one subgraph, as it runs, against its pact: `node verify-provider.ts <subgraph> <pact file>`. A
 * process of its own, since the verifier writes to the native standard output and holds native locks. Exit
 * code 1 where the subgraph breaks the pact, knows no such state, or answers with errors.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Verifier } from '@pact-foundation/pact';
import { pino } from 'pino';
import { serveSubgraph } from '#chassis/serve.ts';
import { providers } from './providers.ts';

const [name = '', pact = ''] = process.argv.slice(2);
const open = providers[name];
if (!open) throw new Error(`No provider "${name}"; there are ${Object.keys(providers).join(', ')}.`);

const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
const provider = await open(folder);
const running = await serveSubgraph(provider.subgraph, {
  host: '127.0.0.1',
  port: 0,
  log: pino({ level: 'error' }, pino.destination(2)),
});

/** A pact's answer may have more than it says; `errors` beside whole data would pass unseen. */
const answersWithErrors: string[] = [];
const watch = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const answer = await fetch(running.url, {
    method: 'POST',
    headers: { 'content-type': request.headers['content-type'] ?? '' },
    body: Buffer.concat(chunks),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await answer.text();
  if ((JSON.parse(text) as { errors?: unknown[] }).errors) answersWithErrors.push(text);
  response.writeHead(answer.status, { 'Content-Type': answer.headers.get('content-type') ?? '' }).end(text);
});
await new Promise<void>((resolve) => watch.listen(0, '127.0.0.1', resolve));

try {
  await new Verifier({
    provider: name,
    providerBaseUrl: `http://127.0.0.1:${(watch.address() as AddressInfo).port}`,
    pactUrls: [pact],
    logLevel: 'error',
    stateHandlers: {
      'entity exists': async ({ typename, id }: { typename?: string; id?: string } = {}) => {
        if (!provider.holds.includes(`${typename} ${id}`)) {
          throw new Error(`The ${name} subgraph has no example of ${typename} ${id}.`);
        }
      },
    },
  }).verifyProvider();
  for (const text of answersWithErrors) process.stderr.write(`An answer with errors: ${text}\n`);
  process.exitCode = answersWithErrors.length > 0 ? 1 : 0;
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await new Promise((resolve) => watch.close(resolve));
  await running.close();
  await rm(folder, { recursive: true, force: true });
}
