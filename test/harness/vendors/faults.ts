/** What goes wrong with a request. Times are in milliseconds. */
export type Fault =
  /** Answered by the proxy; the target never hears of it. */
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: Headers; readonly body?: string }
  /** Never answered, until the client goes. `forwarded`: the target did the work all the same. */
  | { readonly kind: 'timeout'; readonly forwarded?: boolean }
  /** The socket ends with RST: before the target hears of it, after it has done the work, or amid its answer. */
  | { readonly kind: 'reset'; readonly when: 'unsent' | 'unanswered' | 'mid-body' }
  /** The target's answer, once a promise resolves. */
  | { readonly kind: 'held'; readonly until: Promise<unknown> }
  /** The target's answer, `bytes` at a time. */
  | { readonly kind: 'slow'; readonly bytes: number; readonly everyMs: number }
  /** The first `bytes` of the target's answer; honest has that as its length, else the connection just ends. */
  | { readonly kind: 'truncated'; readonly bytes: number; readonly honest: boolean }
  /** Refused with `answer`: once, or until a request comes with another Authorization header. */
  | { readonly kind: 'expired token'; readonly until: 'once' | 'new token'; readonly answer: Refusal };

type Headers = Readonly<Record<string, string>>;
export interface Refusal {
  readonly status: number;
  readonly headers?: Headers;
  readonly body?: string;
}

/** Which requests a fault is for. `nth` counts, from 1, those that match method and path. */
export interface Match {
  readonly method?: string;
  /** All of the path without the query, or a pattern within it. */
  readonly path?: string | RegExp;
  readonly nth?: number | readonly [from: number, to: number];
}

const json = { 'content-type': 'application/json' };

/** 429 with Retry-After in seconds, as an HTTP date, or without it. */
export function rateLimited(
  retryAfter?: number | Date,
  body = '{"errors":[{"message":"too many requests"}]}',
): Fault {
  const value = retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter);
  return {
    kind: 'answer',
    status: 429,
    headers: { ...json, ...(retryAfter !== undefined && { 'retry-after': value }) },
    body,
  };
}

/** A 5xx, with a body that is JSON. */
export const serverError = (status = 503): Fault => ({
  kind: 'answer',
  status,
  headers: json,
  body: '{"errors":[{"message":"internal error"}]}',
});

/** 200 with JSON of another shape than anybody asked for. */
export const wrongJson = (value: unknown = { unexpected: true }): Fault => ({
  kind: 'answer',
  status: 200,
  headers: json,
  body: JSON.stringify(value),
});

/** What a load balancer or a login page says in the vendor's name. */
export const html = (status = 200): Fault => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'text/html' },
  body: '<!doctype html><title>Sorry</title><p>Something went wrong.',
});

/** 401 as the vendor says it: `answer` is one of its own, with a body that is JSON. */
export function expiredToken(
  answer: { readonly status: number; readonly headers?: Headers; readonly body?: unknown },
  until: 'once' | 'new token' = 'new token',
): Fault {
  return {
    kind: 'expired token',
    until,
    answer: {
      status: answer.status,
      headers: { ...json, ...answer.headers },
      body: JSON.stringify(answer.body),
    },
  };
}

/** Whether a request is the one that a fault is for, given how many before it matched method and path. */
export function isFor(
  { method, path }: Match,
  request: { readonly method: string; readonly path: string },
): boolean {
  if (method !== undefined && method !== request.method) return false;
  return path === undefined || (typeof path === 'string' ? path === request.path : path.test(request.path));
}

export function isNth({ nth }: Match, count: number): boolean {
  if (nth === undefined) return true;
  return typeof nth === 'number' ? count === nth : count >= nth[0] && count <= nth[1];
}
