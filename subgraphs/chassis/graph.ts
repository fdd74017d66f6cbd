import { z } from 'zod';
import type { RequestContext } from './context.ts';

/** A question in GraphQL, and the shape of the answer's `data`. */
export interface GraphQuestion<Data> {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly data: z.ZodType<Data>;
}

/** On whose behalf a question is asked; its signal ends it. */
export type Asker = Pick<RequestContext, 'tenant' | 'requestId' | 'traceparent' | 'signal'>;

/**
 * Asks another part of the graph. Rejects with a `GraphUnavailable` where there is no answer that can be relied on,
 * and with the signal's reason once the asker has gone.
 */
export type AskGraph = <Data>(question: GraphQuestion<Data>, asker: Asker) => Promise<Data>;

export interface GraphOptions {
  /** A GraphQL endpoint: a gateway's, or a subgraph's own. */
  readonly url: string;
  /** What vouches for this process there, for one question; an Error of it is why there is no answer. */
  readonly headers: (asker: Asker) => Record<string, string> | Promise<Record<string, string>>;
  /** From the question to the last byte of the answer; 2,000 by default. */
  readonly timeoutMs?: number;
  /** 1 MiB by default. */
  readonly maxAnswerBytes?: number;
}

const defaultTimeoutMs = 2_000;
const defaultMaxAnswerBytes = 1024 * 1024;

/** An error as a GraphQL answer has it. */
export interface AnswerError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** No answer, one that came too late or cannot be read, or one with errors, which then stand in `errors`. */
export class GraphUnavailable extends Error {
  override readonly name = 'GraphUnavailable';
  readonly errors: readonly AnswerError[];

  constructor(message: string, { errors = [], cause }: { errors?: readonly AnswerError[]; cause?: unknown }) {
    super(message, { cause });
    this.errors = errors;
  }
}

const answerShape = z.object({
  data: z.unknown(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.record(z.string(), z.unknown()).optional() }))
    .optional(),
});

/** Makes what asks one endpoint, each question once: whoever wants another try asks again. */
export function openGraph(options: GraphOptions): AskGraph {
  const { url, headers, timeoutMs = defaultTimeoutMs, maxAnswerBytes = defaultMaxAnswerBytes } = options;
  return async (question, asker) => {
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([deadline, asker.signal]);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'x-request-id': asker.requestId,
          ...(asker.traceparent === undefined ? {} : { traceparent: asker.traceparent }),
          ...(await headers(asker)),
        },
        body: JSON.stringify({ query: question.query, variables: question.variables }),
        // What vouches for us must not follow a redirect to somebody else.
        redirect: 'error',
        signal,
      });
      return read(question, response.status, await textOf(response, maxAnswerBytes));
    } catch (error) {
      if (asker.signal.aborted) throw asker.signal.reason;
      if (error instanceof GraphUnavailable) throw error;
      const why = deadline.aborted ? `did not answer within ${timeoutMs} ms` : 'could not be asked';
      throw new GraphUnavailable(`${url} ${why}.`, { cause: error });
    }
  };
}

function read<Data>({ data }: GraphQuestion<Data>, status: number, text: string): Data {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new GraphUnavailable(`The answer with status ${status} is no JSON.`, { cause: error });
  }
  const answer = answerShape.safeParse(json);
  if (!answer.success) {
    throw new GraphUnavailable(`The answer with status ${status} is none of GraphQL.`, {
      cause: answer.error,
    });
  }
  const { errors = [] } = answer.data;
  if (errors[0] !== undefined) throw new GraphUnavailable(errors[0].message, { errors });
  const given = data.safeParse(answer.data.data);
  if (given.success) return given.data;
  throw new GraphUnavailable(`The answer is not what was asked for: ${z.prettifyError(given.error)}`, {});
}

async function textOf(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new GraphUnavailable(`The answer is larger than ${maxBytes} bytes.`, {});
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
