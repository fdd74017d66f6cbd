import {
  type Ending,
  type Endpoint,
  type Run,
  reasonOf,
  type Transport,
  type WireResult,
} from './transport.ts';
import type { GraphQLProblem } from './types.ts';
import { codeOf, refusalIn, refusalOf } from './verdict.ts';
import { deadline } from './waiting.ts';

interface Polled {
  readonly results: readonly WireResult[];
  readonly cursor: string | null;
  readonly complete: boolean;
}

type Answer =
  | ({ readonly kind: 'polled' } & Polled)
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLProblem[] }
  /** Nothing of ours answers there. */
  | { readonly kind: 'strange'; readonly reason: string };

/** One request after another, each held until there is something to answer. It goes where nothing else does. */
export function pollTransport(endpoint: Endpoint): Transport {
  return { name: 'poll', run: (run) => pollOn(endpoint, run) };
}

async function pollOn(endpoint: Endpoint, run: Run): Promise<Ending> {
  /* The first is not held: its answer says that the way is open. */
  let waitMs = 0;
  for (;;) {
    let answer: Answer;
    try {
      const question = { query: run.query, variables: run.variables(), cursor: run.cursor() };
      answer = await poll(endpoint, question, waitMs, run.signal);
    } catch (thrown) {
      return { kind: 'lost', reason: reasonOf(thrown) };
    }
    if (run.signal.aborted || answer.kind === 'strange') {
      return { kind: 'lost', reason: answer.kind === 'strange' ? answer.reason : 'It was stopped.' };
    }
    if (answer.kind === 'refused') return answer;
    run.opened();
    waitMs = endpoint.timing.pollWaitMs;
    const { results, cursor, complete } = answer;
    for (const result of results) {
      const errors = refusalIn(result);
      if (errors !== undefined) return { kind: 'refused', errors };
      run.result(result);
    }
    if (cursor !== null) run.position(cursor);
    await run.drained();
    if (complete) return { kind: 'complete' };
  }
}

interface Question {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly cursor: string | undefined;
}

/** @throws where nothing answers in time */
async function poll(
  { url, authorization, timing, fetch }: Endpoint,
  { query, variables, cursor }: Question,
  waitMs: number,
  outer: AbortSignal,
): Promise<Answer> {
  const { signal, clear } = deadline(waitMs + timing.connectMs, outer, 'The poll was not answered in time.');
  try {
    const { after: _, ...rest } = variables;
    const body = {
      query,
      variables: rest,
      cursor: cursor ?? null,
      waitMs,
      /* In the body, since a card in a sandbox can set no header. */
      ...(authorization && { authorization: await authorization() }),
    };
    const response = await fetch(`${url}/poll`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
    if (response.ok) return { kind: 'polled', ...((await response.json()) as Polled) };
    const errors = await refusalOf(response);
    if (errors !== undefined) return { kind: 'refused', errors };
    return { kind: 'strange', reason: `The poll was answered with ${response.status}.` };
  } finally {
    clear();
  }
}

/** Asks where events stand now: a poll that is not held answers with that, and with what came while it was open. */
export function startByPoll(endpoint: Endpoint) {
  return async (
    { query, variables }: Omit<Question, 'cursor'>,
    signal: AbortSignal,
  ): Promise<
    | {
        readonly kind: 'position';
        readonly cursor: string | undefined;
        readonly results: readonly WireResult[];
      }
    | { readonly kind: 'refused'; readonly errors: readonly GraphQLProblem[] }
  > => {
    const unknown = { kind: 'position', cursor: undefined, results: [] } as const;
    try {
      const answer = await poll(endpoint, { query, variables, cursor: undefined }, 0, signal);
      if (answer.kind === 'strange') return unknown;
      if (answer.kind === 'polled') {
        const { cursor, results } = answer;
        return { kind: 'position', cursor: cursor ?? undefined, results };
      }
      return codeOf(answer.errors) === 'POLL_NEEDS_CURSOR' ? unknown : answer;
    } catch {
      /* Whether anything answers is found out by the transports. */
      return unknown;
    }
  };
}
