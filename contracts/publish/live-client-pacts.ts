import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { MatchersV3, PactV4 } from '@pact-foundation/pact';
import type { GraphQLSchema } from 'graphql';
import { createLiveClient, type LiveMessage } from '#client/index.ts';
import { createPlanner } from '#gateway/plan/planner.ts';
import { gatewayProvider } from './client-pacts.ts';
import { conveniences } from './events/conveniences.ts';
import { graphTypeOf } from './events/event-payload.ts';
import { exampleAnswer, plainAnswer } from './example-answer.ts';
import { noted } from './noted.ts';
import { knownState, type LiveRequest } from './pact-file.ts';
import { type Entity, type LiveRecord, type RecordedOperation, titleOf } from './record.ts';
import { recordTypes } from './record-types.ts';
import { commentKey } from './write-pacts.ts';

/** The name under which the live client stands in pacts. */
export const liveClient = 'client';

type LiveOperation = RecordedOperation & { readonly live: LiveRecord };

const { equal, string } = MatchersV3;
const answerMs = 10_000;

/**
 * Writes the pact of the live client with the gateway. Of each subscription: a message for every event that it shows, as
 * the gateway delivers it, and the request with which the client begins, which asks where events stand. While it is
 * written the real client takes the messages and sends the requests. Answers the number of interactions.
 */
export async function writeLiveClientPact(
  operations: readonly RecordedOperation[],
  supergraph: string,
  dir: string,
): Promise<number> {
  const { schema } = createPlanner(await readFile(supergraph, 'utf8'));
  const file = `${liveClient}-${gatewayProvider}.json`;
  if ((await readdir(dir)).includes(file)) await rm(join(dir, file));
  const live = operations.filter((one): one is LiveOperation => one.live !== undefined);
  const begun = new Map(live.map((one) => [`${one.name} ${one.example.where ?? ''}`, one]));
  for (const operation of begun.values()) await writeBeginning(operation, schema, dir);
  for (const operation of live) await writeDelivery(operation, schema, dir);
  return begun.size + live.length;
}

function pactIn(dir: string): PactV4 {
  return new PactV4({ consumer: liveClient, provider: gatewayProvider, dir, logLevel: 'error' });
}

/** What a poll that is not held answers: nothing has happened, and where to go on from. */
async function writeBeginning(operation: LiveOperation, schema: GraphQLSchema, dir: string): Promise<void> {
  const { document: query, name, clients, example } = operation;
  const { variables, where } = example;
  const beside = { operation: name, clients, types: recordTypes(schema, { query, variables }) };
  await pactIn(dir)
    .addInteraction()
    .comment({ key: commentKey, value: JSON.stringify(beside) })
    .uponReceiving(`${name} begins${where === undefined ? '' : ` where ${where}`}`)
    .withRequest('POST', '/graphql/poll', (asked) => {
      asked.headers({ 'Content-Type': 'application/json' });
      asked.jsonBody({ query, variables, cursor: null, waitMs: 0 });
    })
    .willRespondWith(200, (response) => {
      response.headers({ 'Content-Type': 'application/json; charset=utf-8' });
      response.jsonBody({ results: equal([]), cursor: string('cursor'), complete: equal(false) });
    })
    .executeTest(noted(({ url }) => begin(query, variables, `${url}/graphql`)));
}

async function writeDelivery(operation: LiveOperation, schema: GraphQLSchema, dir: string): Promise<void> {
  const { document: query, name, clients, example } = operation;
  const { variables, entities, variants } = example;
  const { type } = operation.live.event;
  const shown = conveniences.map(({ payload }) => [`${payload}.event`, graphTypeOf(type)]);
  const request = { query, variables };
  const answer = exampleAnswer(schema, request, {
    ...example,
    variants: { ...variants, ...Object.fromEntries(shown) },
  });
  const content = { ...answer.body, extensions: { cursor: string('cursor') } };
  const live: LiveRequest = { ...request, event: type };
  const message = pactIn(dir)
    .addAsynchronousInteraction()
    .comment({ key: commentKey, value: JSON.stringify({ operation: name, clients, live }) });
  for (const typename of answer.entities) {
    const entity: Entity = { typename, ...entities[typename] };
    message.given(knownState, entity);
  }
  await message
    .expectsToReceive(titleOf(operation), (builder) => {
      builder.withJSONContent(content);
    })
    .executeTest(() => take(query, variables, plainAnswer(content) as DeliveredResult));
}

interface DeliveredResult {
  readonly data: unknown;
  readonly extensions: { readonly cursor: string };
}

/** The client sends its first request, and with its second goes on from where the answer says. */
function begin(query: string, variables: object, url: string): Promise<void> {
  return followed(({ subscribe, done }) => {
    let answered: string | undefined;
    subscribe(query, variables, {
      url,
      transports: ['poll'],
      fetch: async (input, init) => {
        if (answered !== undefined) {
          const { cursor } = JSON.parse(String(init?.body)) as { readonly cursor?: unknown };
          if (cursor !== answered) throw done(`The client goes on from ${cursor}, and not ${answered}.`);
          throw done();
        }
        const response = await fetch(input, init);
        const text = await response.text();
        if (!response.ok) throw done(`The mock server answers ${response.status}: ${text}`);
        answered = (JSON.parse(text) as { readonly cursor: string }).cursor;
        return new Response(text, response);
      },
    });
  });
}

/** The client brings the message to its handler, whole. */
function take(query: string, variables: object, result: DeliveredResult): Promise<void> {
  const stream = `event: next\ndata: ${JSON.stringify(result)}\n\nevent: complete\ndata:\n\n`;
  return followed(({ subscribe, done }) => {
    subscribe(query, variables, {
      url: 'http://gateway.example/graphql',
      transports: ['sse'],
      // Without polls it begins at once.
      fetch: async (input) =>
        String(input).endsWith('/poll')
          ? new Response('', { status: 404 })
          : new Response(stream, { headers: { 'content-type': 'text/event-stream' } }),
      onMessage: ({ data, errors, cursor }) => {
        const expected = { data: result.data, errors: [], cursor: result.extensions.cursor };
        const isWhole = isDeepStrictEqual({ data, errors, cursor }, expected);
        done(isWhole ? undefined : `The client makes ${JSON.stringify(data)} of the message.`);
      },
    });
  });
}

interface Followed {
  readonly subscribe: (
    query: string,
    variables: object,
    given: Parameters<typeof createLiveClient>[0] & {
      readonly onMessage?: (message: LiveMessage<unknown>) => void;
    },
  ) => void;
  /** Ends it, as failed where a reason is given. */
  readonly done: (reason?: string) => Error;
}

/** Runs a client until it is done. Rejects where it fails or takes too long. */
async function followed(run: (one: Followed) => void): Promise<void> {
  let stop = () => {};
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const done: Followed['done'] = (reason) => {
        const error = new Error(reason ?? 'The client has done its part.');
        if (reason === undefined) resolve();
        else reject(error);
        return error;
      };
      timer = setTimeout(done, answerMs, `The client was not done after ${answerMs} ms.`);
      run({
        done,
        subscribe: (query, variables, { onMessage = () => {}, ...options }) => {
          stop = createLiveClient(options).subscribe<unknown, object>(query, variables, {
            key: 'pact',
            onMessage,
            onError: ({ message }) => void done(message),
          });
        },
      });
    });
  } finally {
    clearTimeout(timer);
    stop();
  }
}
