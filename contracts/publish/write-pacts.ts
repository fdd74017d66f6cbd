import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PactV4 } from '@pact-foundation/pact';
import { noted } from './noted.ts';
import { knownState } from './pact-file.ts';
import { type RecordedFetch, type RecordedOperation, titleOf } from './record.ts';

/** The name under which the gateway stands in pacts. */
export const consumer = 'gateway';

/** What stands beside an interaction of ours, among its comments. */
export const commentKey = 'tributary';

/** Where an operation is to be sent so that the mock servers answer. */
export type Urls = Readonly<Record<string, string>>;

/**
 * Writes one pact for every subgraph that the operations ask, from nothing: a pact file that is there already
 * would be merged with. While a file is written its mock server stands in for the subgraph: `run` gets the
 * URLs of all of them and must have the real gateway answer the operation through them. A request that
 * differs from the recorded one, or one that does not come, fails the writing.
 */
export async function writePacts(
  operations: readonly RecordedOperation[],
  folder: string,
  run: (operation: RecordedOperation, urls: Urls) => Promise<void>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of await readdir(folder)) {
    if (file.startsWith(`${consumer}-`) && file.endsWith('.json')) await rm(join(folder, file));
  }
  for (const operation of operations) {
    const bySubgraph = Map.groupBy(operation.fetches, ({ subgraph }) => subgraph);
    const subgraphs = [...bySubgraph.keys()].sort();
    const within = async (index: number, urls: Urls): Promise<void> => {
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
  const { name, clients } = operation;
  const interactions = fetches.map((fetch, index) => {
    const interaction = pact.addInteraction();
    for (const entity of fetch.entities) interaction.given(knownState, entity);
    return interaction
      .uponReceiving(`fetch ${index + 1} of ${titleOf(operation)}`)
      .comment({ key: commentKey, value: JSON.stringify({ operation: name, clients, types: fetch.types }) })
      .withRequest('POST', '/graphql', (request) => {
        request.headers({ 'Content-Type': 'application/json' }).jsonBody(JSON.parse(fetch.text));
      })
      .willRespondWith(200, (response) => {
        response.headers({ 'Content-Type': 'application/json' }).jsonBody(fetch.answer);
      });
  });
  let cause: unknown;
  const run = async ({ url }: { readonly url: string }) => {
    await test(`${url}/graphql`).catch((error: unknown) => {
      cause = error;
      throw error;
    });
  };
  // Pact tells of the request that did not come, in place of the reason.
  await interactions
    .at(-1)
    ?.executeTest(noted(run))
    .catch((error: unknown) => {
      throw cause ?? error;
    });
}
