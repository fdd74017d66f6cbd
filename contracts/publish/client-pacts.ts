import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PactV4 } from '@pact-foundation/pact';
import { createPlanner } from '#gateway/plan/planner.ts';
import { exampleAnswer } from './example-answer.ts';
import { noted } from './noted.ts';
import { knownState } from './pact-file.ts';
import { type Entity, type RecordedOperation, titleOf } from './record.ts';
import { recordTypes } from './record-types.ts';
import { commentKey } from './write-pacts.ts';

/** The name under which the gateway stands in pacts as a provider. */
export const gatewayProvider = 'gateway';

/** Clients of ours, and under which names the examples know them. */
export const ownClients: Readonly<Record<string, readonly string[]>> = {
  pages: ['home', 'sidebar'],
};

const answerMs = 10_000;
const headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
const jsonInUtf8 = 'application/json; charset=utf-8';

/**
 * Writes a pact for each client of ours with the gateway: every operation that it sends, in every example, and an
 * answer made from the schema that clients see. Answers the number of interactions.
 */
export async function writeClientPacts(
  operations: readonly RecordedOperation[],
  supergraph: string,
  dir: string,
): Promise<number> {
  const { schema } = createPlanner(await readFile(supergraph, 'utf8'));
  let count = 0;
  for (const [consumer, names] of Object.entries(ownClients)) {
    const file = `${consumer}-${gatewayProvider}.json`;
    if ((await readdir(dir)).includes(file)) await rm(join(dir, file));
    for (const operation of operations.filter((one) => isSentBy(one, names))) {
      const { document: query, name, clients, example } = operation;
      const { variables, entities } = example;
      const request = { query, variables };
      const answer = exampleAnswer(schema, request, example);
      const beside = { operation: name, clients, types: recordTypes(schema, request) };
      const interaction = new PactV4({ consumer, provider: gatewayProvider, dir, logLevel: 'error' })
        .addInteraction()
        .comment({ key: commentKey, value: JSON.stringify(beside) });
      for (const typename of answer.entities) {
        const entity: Entity = { typename, ...entities[typename] };
        interaction.given(knownState, entity);
      }
      await interaction
        .uponReceiving(titleOf(operation))
        .withRequest('POST', '/graphql', (asked) => {
          asked.headers(headers).jsonBody(request);
        })
        .willRespondWith(200, (response) => {
          response.headers({ 'Content-Type': jsonInUtf8 }).jsonBody(answer.body);
        })
        .executeTest(noted(({ url }) => send(`${url}/graphql`, request)));
      count += 1;
    }
  }
  return count;
}

/** Subscriptions are the live client's. */
function isSentBy({ clients, live }: RecordedOperation, names: readonly string[]): boolean {
  return live === undefined && clients.some((one) => names.includes(one));
}

async function send(url: string, request: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(answerMs),
  });
  if (!response.ok) throw new Error(`The mock server answers ${response.status}: ${await response.text()}`);
}
