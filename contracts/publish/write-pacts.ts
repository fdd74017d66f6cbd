import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PactV4 } from '@pact-foundation/pact';
import type { RecordedFetch, RecordedOperation } from './record.ts';

/** The name under which the gateway stands in pacts. */
export const consumer = 'gateway';

/**
 * Writes one pact for every subgraph that the operations ask, from nothing: a pact file that is there already
 * would be merged with. While a file is written its mock server stands in for the subgraph: `run` gets the
 * URLs of all of them and must have the real gateway answer the operation through them. A request that
 * differs from the recorded one, or one that does not come, fails the writing.
 */
export async function writePacts(
  operations: readonly RecordedOperation[],
  folder: string,
  run: (operation: RecordedOperation, urls: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  for (const file of await readdir(folder).catch(() => [])) {
    if (file.endsWith('.json')) await rm(join(folder, file));
  }
  for (const operation of operations) {
    const bySubgraph = Map.groupBy(operation.fetches, ({ subgraph }) => subgraph);
    const subgraphs = [...bySubgraph.keys()].sort();
    const within = async (index: number, urls: Record<string, string>): Promise<void> => {
      const subgraph = subgraphs[index];
      if (subgraph === undefined) return run(operation, urls);
      const fetches = bySubgraph.get(subgraph) ?? [];
      await mockProvider(folder, operation, subgraph, fetches, (url) =>
        within(index + 1, { ...urls, [subgraph]: url }),
      );
    };
    await within(0, {});
  }
}

/** All fetches of one subgraph on one mock server; the last interaction starts it. */
async function mockProvider(
  dir: string,
  operation: RecordedOperation,
  provider: string,
  fetches: readonly RecordedFetch[],
  test: (url: string) => Promise<void>,
): Promise<void> {
  const pact = new PactV4({ consumer, provider, dir, logLevel: 'error' });
  const interactions = fetches.map((fetch, index) => {
    const interaction = pact.addInteraction();
    for (const entity of fetch.entities) interaction.given('entity exists', entity);
    return interaction
      .uponReceiving(`fetch ${index + 1} of ${operation.name}`)
      .withRequest('POST', '/graphql', (request) => {
        request.headers({ 'Content-Type': 'application/json' }).jsonBody(fetch.body);
      })
      .willRespondWith(200, (response) => {
        response.headers({ 'Content-Type': 'application/json' }).jsonBody(fetch.answer);
      });
  });
  await interactions.at(-1)?.executeTest((server) => test(`${server.url}/graphql`));
}
