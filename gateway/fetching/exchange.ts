import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { viewerHeader } from '#gateway/identity/internal-token.ts';
import type { SubgraphFailureCode } from '#gateway/plan/types.ts';
import { type ReadAnswer, readAnswer } from './answer.ts';
import type { SubgraphTarget } from './targets.ts';

/** Why there is no answer; `cause` is for the log. */
export interface ExchangeFailure {
  readonly kind: 'failed';
  readonly code: SubgraphFailureCode;
  readonly cause: unknown;
}

export type ExchangeEnd = Extract<ReadAnswer, { kind: 'answer' }> | ExchangeFailure;

/** What was seen of an answer so far, for the log. */
export interface SeenOfAnswer {
  readonly status: number | undefined;
  readonly contentType: string | undefined;
  readonly bytes: number;
  readonly firstBytes: string | undefined;
}

/** Whoever is told, once, how an exchange ended; not where it was abandoned. */
export interface ExchangeOwner {
  exchangeEnded(end: ExchangeEnd): void;
}

const firstBytesLogged = 200;
const abandoned = new Error('the gateway no longer wants this answer');

/**
 * One HTTP exchange with a subgraph. It has no deadline of its own: it is abandoned when nobody waits for it. A
 * class, because undici's handlers are objects with methods.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #target: SubgraphTarget;
  readonly #owner: ExchangeOwner;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #contentType: string | undefined;
  #challenge: string | undefined;
  #bytes = 0;
  #isOver = false;

  constructor(target: SubgraphTarget, owner: ExchangeOwner) {
    this.#target = target;
    this.#owner = owner;
  }

  start(headers: string[], body: string): void {
    const target = this.#target;
    target.load += 1;
    /* Whatever goes wrong from here on, undici tells the handler. */
    target.pool.dispatch({ path: target.path, method: 'POST', headers, body }, this);
  }

  /** Ends it on the wire; the owner hears no more of it. */
  abandon(): void {
    this.#isOver = true;
    this.#controller?.abort(abandoned);
  }

  seenSoFar(): SeenOfAnswer {
    return {
      status: this.#status || undefined,
      contentType: this.#contentType,
      bytes: this.#bytes,
      firstBytes: this.#chunks[0]?.toString('utf8', 0, firstBytesLogged),
    };
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) {
      controller.abort(abandoned);
    }
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#contentType = headers['content-type'];
    this.#challenge = status === 401 ? headers['www-authenticate'] : undefined;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) {
      return;
    }
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
    const { maxAnswerBytes } = this.#target.limits;
    if (this.#bytes > maxAnswerBytes) {
      this.#fail('SUBGRAPH_INVALID_ANSWER', `its answer is larger than ${maxAnswerBytes} bytes`);
      this.abandon();
    }
  }

  onResponseEnd(): void {
    this.#target.load -= 1;
    if (this.#isOver) {
      return;
    }
    if (this.#challenge?.startsWith(viewerHeader)) {
      /* It is us that the subgraph does not believe: signing in again would not help the client. */
      this.#fail('SUBGRAPH_UNAVAILABLE', `it refuses what vouches for the viewer: ${this.#text()}`);
      return;
    }
    const answer = readAnswer(this.#status, this.#contentType, this.#text());
    if (answer.kind === 'unreadable') {
      this.#fail(answer.code, answer.cause);
    } else {
      this.#end(answer);
    }
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#target.load -= 1;
    /* A connection that breaks in the middle of an answer is a truncated answer, before it no answer at all. */
    this.#fail(this.#status === 0 ? 'SUBGRAPH_UNAVAILABLE' : 'SUBGRAPH_INVALID_ANSWER', error);
  }

  #text(): string {
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first !== undefined
      ? first.toString('utf8')
      : Buffer.concat(this.#chunks).toString('utf8');
  }

  #fail(code: SubgraphFailureCode, cause: unknown): void {
    this.#end({ kind: 'failed', code, cause });
  }

  #end(end: ExchangeEnd): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#owner.exchangeEnded(end);
    }
  }
}
