import { createClient } from 'graphql-sse';
import {
  type Ending,
  type Endpoint,
  reasonOf,
  requestOf,
  type Transport,
  type WireResult,
} from './transport.ts';
import type { GraphQLProblem } from './types.ts';
import { refusalIn, refusalOf } from './verdict.ts';
import { deadline } from './waiting.ts';

/** Each subscription as a stream of its own, which gateways and proxies take for a long answer. */
export function sseTransport(endpoint: Endpoint): Transport {
  const { authorization, timing } = endpoint;
  return {
    name: 'sse',
    run: (run) =>
      new Promise<Ending>((resolve) => {
        const silence = deadline(timing.connectMs, run.signal, 'The stream did not open in time.');
        /* Before the stream, or as the last that came over it. */
        let refused: readonly GraphQLProblem[] | undefined;
        let isOver = false;

        const end = (ending: Ending) => {
          if (isOver) return;
          isOver = true;
          silence.clear();
          client.dispose();
          resolve(refused === undefined ? ending : { kind: 'refused', errors: refused });
        };

        const client = createClient({
          url: `${endpoint.url}/stream`,
          retryAttempts: 0,
          ...(authorization && { headers: async () => ({ authorization: await authorization() }) }),
          fetchFn: async (url: string, init: RequestInit) => {
            const response = await endpoint.fetch(url, init);
            if (!response.ok) refused = await refusalOf(response);
            if (!response.ok || response.body === null) return response;
            run.opened();
            const watched = watchBytes(
              response.body,
              () => silence.extend(timing.silenceMs),
              () => end({ kind: 'lost', reason: 'The stream has ended.' }),
            );
            return new Response(watched, response);
          },
        });
        silence.signal.addEventListener('abort', () => {
          end({ kind: 'lost', reason: reasonOf(silence.signal.reason) });
        });
        client.subscribe<Record<string, unknown>>(requestOf(run), {
          next: (value) => {
            const result = value as WireResult;
            refused = refusalIn(result);
            if (!isOver && refused === undefined) run.result(result);
          },
          complete: () => end({ kind: 'complete' }),
          error: (thrown) => end({ kind: 'lost', reason: reasonOf(thrown) }),
        });
      }),
  };
}

/**
 * Tells of every chunk, heartbeats too, and of the end of a stream. The library does not notice an end that comes
 * while it hands over results.
 */
function watchBytes(
  body: ReadableStream<Uint8Array>,
  onChunk: () => void,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  onChunk();
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, control) => {
        onChunk();
        control.enqueue(chunk);
      },
      /* Results of the last chunk are handed over first. */
      flush: () => {
        setTimeout(onEnd);
      },
    }),
  );
}
