import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { SubgraphAnswer, SubgraphFailureCode, SubgraphRequest } from '#gateway/plan/types.ts';
import { readAnswer } from './answer.ts';
import { oldestObservedAt } from './observed-at.ts';
import type { Cancellable, EndReason, FetchOutcome, RequestScope } from './request-scope.ts';
import type { SubgraphTarget } from './targets.ts';

/**
 * Asks a subgraph. The promise never rejects: whatever is not a GraphQL answer is a `failure` whose message tells
 * clients the subgraph and the kind of failure, while the log gets one line with all of it.
 *
 * The fetch ends at `timeoutMs`, at the request's own deadline, or when the client goes away; each aborts it on
 * the wire.
 */
export function fetchSubgraph(
  target: SubgraphTarget,
  request: SubgraphRequest,
  scope: RequestScope,
  timeoutMs: number,
): Promise<SubgraphAnswer> {
  return new Promise((resolve) => {
    new Exchange(target, scope, timeoutMs, resolve).start(request.body);
  });
}

type Resolve = (answer: SubgraphAnswer) => void;

/**
 * One HTTP exchange. A class, because undici's handlers are objects with methods, and one shared prototype spares
 * each fetch half a dozen closures.
 */
class Exchange implements Dispatcher.DispatchHandler, Cancellable {
  readonly #target: SubgraphTarget;
  readonly #scope: RequestScope;
  readonly #timeoutMs: number;
  readonly #resolve: Resolve;
  readonly #startedAt = performance.now();
  readonly #chunks: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #contentType: string | undefined;
  #bytes = 0;
  #isSettled = false;

  constructor(target: SubgraphTarget, scope: RequestScope, timeoutMs: number, resolve: Resolve) {
    this.#target = target;
    this.#scope = scope;
    this.#timeoutMs = timeoutMs;
    this.#resolve = resolve;
  }

  start(body: string): void {
    const { pool, path, limits } = this.#target;
    const scope = this.#scope;
    if (scope.ended !== undefined) {
      this.cancel(scope.ended);
      return;
    }
    scope.fetches += 1;
    if (this.#target.load >= limits.connections + limits.maxWaiting) {
      this.#fail('SUBGRAPH_UNAVAILABLE', `${this.#target.load} fetches are under way or waiting already`);
      return;
    }
    this.#target.load += 1;
    scope.underWay.add(this);
    this.#timer = setTimeout(passDeadline, this.#timeoutMs, this);
    /* Whatever goes wrong from here on, undici tells the handler. */
    pool.dispatch({ path, method: 'POST', headers: scope.subgraphHeaders, body }, this);
  }

  /** The request as a whole ended. */
  cancel(reason: EndReason): void {
    if (reason === 'deadline') {
      this.#fail('SUBGRAPH_TIMEOUT', `the request's deadline of ${this.#scope.deadlineMs} ms has passed`);
    } else {
      this.#settle(
        { kind: 'failure', code: 'SUBGRAPH_UNAVAILABLE', message: 'The client went away.' },
        'UNAVAILABLE',
      );
    }
    this.#abort();
  }

  /** This fetch took longer than its subgraph may. */
  expire(): void {
    this.#fail('SUBGRAPH_TIMEOUT', `no whole answer within ${this.#timeoutMs} ms`);
    this.#abort();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isSettled) {
      this.#abort();
    }
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#contentType = headers['content-type'];
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
    if (this.#bytes > this.#target.limits.maxAnswerBytes && !this.#isSettled) {
      this.#fail(
        'SUBGRAPH_INVALID_ANSWER',
        `its answer is larger than ${this.#target.limits.maxAnswerBytes} bytes`,
      );
      this.#abort();
    }
  }

  onResponseEnd(): void {
    this.#target.load -= 1;
    if (this.#isSettled) {
      return;
    }
    const answer = readAnswer(this.#status, this.#contentType, this.#text());
    if (answer.kind === 'unreadable') {
      this.#fail(answer.code, answer.cause);
    } else {
      this.#settle(answer, answer.errors.length === 0 ? 'OK' : 'ERROR');
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

  #abort(): void {
    this.#controller?.abort(abandoned);
  }

  #fail(code: SubgraphFailureCode, cause: unknown): void {
    if (this.#isSettled) {
      return;
    }
    const { name, url, log } = this.#target;
    log.error(
      {
        requestId: this.#scope.id,
        traceId: this.#scope.traceId,
        subgraph: name,
        url,
        code,
        status: this.#status || undefined,
        contentType: this.#contentType,
        bytes: this.#bytes,
        firstBytes: this.#firstBytes(),
        ms: Math.round(performance.now() - this.#startedAt),
        ...(cause instanceof Error ? { err: cause } : { cause }),
      },
      'subgraph fetch failed',
    );
    const outcome = code === 'SUBGRAPH_TIMEOUT' ? 'TIMEOUT' : 'UNAVAILABLE';
    this.#settle({ kind: 'failure', code, message: clientMessages[code](name) }, outcome);
  }

  #firstBytes(): string | undefined {
    return this.#chunks[0]?.toString('utf8', 0, firstBytesLogged);
  }

  #settle(answer: SubgraphAnswer, outcome: FetchOutcome): void {
    if (this.#isSettled) {
      return;
    }
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#scope.underWay.delete(this);
    this.#scope.records?.push({
      subgraph: this.#target.name,
      outcome,
      latencyMs: performance.now() - this.#startedAt,
      observedAt: answer.kind === 'answer' ? oldestObservedAt(answer.data) : undefined,
    });
    this.#resolve(answer);
  }
}

const firstBytesLogged = 200;
const abandoned = new Error('the gateway no longer wants this answer');

const clientMessages: Readonly<Record<SubgraphFailureCode, (subgraph: string) => string>> = {
  SUBGRAPH_UNAVAILABLE: (subgraph) => `Subgraph "${subgraph}" is not available.`,
  SUBGRAPH_TIMEOUT: (subgraph) => `Subgraph "${subgraph}" did not answer in time.`,
  SUBGRAPH_INVALID_ANSWER: (subgraph) => `Subgraph "${subgraph}" gave an answer that cannot be read.`,
};

function passDeadline(exchange: Exchange): void {
  exchange.expire();
}
