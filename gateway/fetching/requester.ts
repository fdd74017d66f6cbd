import { mustAskApart } from '#gateway/plan/joined-answer.ts';
import type { SubgraphAnswer, SubgraphFailureCode, SubgraphRequest } from '#gateway/plan/types.ts';
import type { SeenOfAnswer } from './exchange.ts';
import { oldestObservedAt } from './observed-at.ts';
import type { Cancellable, EndReason, FetchOutcome, RequestScope } from './request-scope.ts';
import type { SubgraphTarget } from './targets.ts';
import { partsOf } from './union.ts';

/** What was seen of an answer, and the id of the fetch where others wait for it too. */
export interface SeenSoFar extends SeenOfAnswer {
  readonly sharedFetch: string | undefined;
}

/** What a requester waits for: it leaves when it no longer wants the answer. */
export interface Awaited {
  leave(requester: Requester): void;
  seenSoFar(): SeenSoFar | undefined;
}

/**
 * One client request that waits for one answer, whoever else may wait for the same. It has its own deadline, its own
 * record and, where it fails on its own, its own line in the log.
 */
export class Requester implements Cancellable {
  readonly target: SubgraphTarget;
  readonly request: SubgraphRequest;
  readonly scope: RequestScope;
  readonly #timeoutMs: number;
  readonly #resolve: (answer: SubgraphAnswer) => void;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #awaited: Awaited | undefined;
  #parts: readonly string[] | undefined;
  #isSettled = false;

  constructor(
    target: SubgraphTarget,
    request: SubgraphRequest,
    scope: RequestScope,
    timeoutMs: number,
    resolve: (answer: SubgraphAnswer) => void,
  ) {
    this.target = target;
    this.request = request;
    this.scope = scope;
    this.#timeoutMs = timeoutMs;
    this.#resolve = resolve;
    this.#timer = setTimeout(passDeadline, timeoutMs, this);
    scope.underWay.add(this);
  }

  /** What it asks for, as `partsOf` has it. */
  get parts(): readonly string[] {
    this.#parts ??= partsOf(this.request);
    return this.#parts;
  }

  waitFor(awaited: Awaited): void {
    this.#awaited = awaited;
  }

  /** The request as a whole ended. */
  cancel(reason: EndReason): void {
    if (reason === 'deadline') {
      this.#giveUp(`the request's deadline of ${this.scope.deadlineMs} ms has passed`);
    } else {
      const awaited = this.#awaited;
      this.#settle(
        { kind: 'failure', code: 'SUBGRAPH_UNAVAILABLE', message: 'The client went away.' },
        'UNAVAILABLE',
      );
      awaited?.leave(this);
    }
  }

  /** This fetch took longer than its subgraph may. */
  expire(): void {
    this.#giveUp(`no whole answer within ${this.#timeoutMs} ms`);
  }

  answer(answer: Extract<SubgraphAnswer, { kind: 'answer' }>): void {
    const { errors, staleSince } = answer;
    this.#settle(answer, errors.length > 0 ? 'ERROR' : staleSince === undefined ? 'OK' : 'STALE');
  }

  /** Ends it without an answer, which the log has heard of already. */
  fail(code: SubgraphFailureCode): void {
    const outcome = code === 'SUBGRAPH_TIMEOUT' ? 'TIMEOUT' : 'UNAVAILABLE';
    this.#settle(this.#failure(code), outcome);
  }

  #failure(code: SubgraphFailureCode): SubgraphAnswer {
    return { kind: 'failure', code, message: clientMessages[code](this.target.name) };
  }

  /** Ends it without an answer and says so in the log. */
  failLogged(code: SubgraphFailureCode, cause: unknown, seen?: SeenSoFar): void {
    if (this.#isSettled) {
      return;
    }
    const { name, url, log } = this.target;
    log.error(
      {
        requestId: this.scope.id,
        traceId: this.scope.traceId,
        subgraph: name,
        url,
        code,
        ...seen,
        ms: Math.round(performance.now() - this.#startedAt),
        askedAgain: mustAskApart(this.request.representations, this.#failure(code)) || undefined,
        ...(cause instanceof Error ? { err: cause } : { cause }),
      },
      'subgraph fetch failed',
    );
    this.fail(code);
  }

  #giveUp(cause: string): void {
    const awaited = this.#awaited;
    this.failLogged('SUBGRAPH_TIMEOUT', cause, awaited?.seenSoFar());
    awaited?.leave(this);
  }

  #settle(answer: SubgraphAnswer, outcome: FetchOutcome): void {
    if (this.#isSettled) {
      return;
    }
    this.#isSettled = true;
    this.#awaited = undefined;
    clearTimeout(this.#timer);
    this.scope.underWay.delete(this);
    const { records } = this.scope;
    /* What is asked again has its outcome then. */
    if (records && !mustAskApart(this.request.representations, answer)) {
      records.push({
        subgraph: this.target.name,
        outcome,
        latencyMs: performance.now() - this.#startedAt,
        observedAt: answer.kind === 'answer' ? oldestObservedAt(answer.data) : undefined,
        staleSince: answer.kind === 'answer' ? answer.staleSince : undefined,
      });
    }
    this.#resolve(answer);
  }
}

const clientMessages: Readonly<Record<SubgraphFailureCode, (subgraph: string) => string>> = {
  SUBGRAPH_UNAVAILABLE: (subgraph) => `Subgraph "${subgraph}" is not available.`,
  SUBGRAPH_TIMEOUT: (subgraph) => `Subgraph "${subgraph}" did not answer in time.`,
  SUBGRAPH_INVALID_ANSWER: (subgraph) => `Subgraph "${subgraph}" gave an answer that cannot be read.`,
};

function passDeadline(requester: Requester): void {
  requester.expire();
}
