import type { IncomingHttpHeaders } from 'node:http';
import type { ZodType } from 'zod';
import type { ReachedLimit, SeenLimit } from './calls.ts';
import { VendorError, type VendorFailure } from './error.ts';
import { retryAfterMs } from './retry-after.ts';

export interface VendorAnswer<Answer> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Answer;
}

/** What a vendor says of a refusal. `code` is for programs and the log; `reason` may quote what was sent. */
export interface Reason {
  readonly code: string;
  readonly reason: string;
}

/** What came, whole. */
export interface Said {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface ReadOptions<Answer> {
  readonly vendor: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly answer: ZodType<Answer>;
    readonly expect?: readonly number[];
  };
  readonly reasonOf?: (body: unknown, status: number) => Reason | null;
  readonly limitOf?: (headers: IncomingHttpHeaders) => SeenLimit | readonly SeenLimit[] | null;
  readonly reachedOf?: (body: unknown) => ReachedLimit | null;
  readonly limiting?: readonly number[];
}

/** All that an answer's headers say of limits. */
export function limitsIn(
  headers: IncomingHttpHeaders,
  limitOf: ReadOptions<unknown>['limitOf'],
): readonly SeenLimit[] {
  return [limitOf?.(headers) ?? []].flat();
}

/** Reads an answer. Throws a `VendorError` for any other than was asked for; its message quotes nothing of a body. */
export function readVendorAnswer<Answer>(said: Said, options: ReadOptions<Answer>): VendorAnswer<Answer> {
  const { statusCode: status, headers } = said;
  const { vendor, request } = options;
  const what = `${request.method} ${request.path}`;
  const isAnswer = (status >= 200 && status < 300) || request.expect?.includes(status) === true;
  if (!isAnswer) throw failureOf(said, what, options);
  const none = (why: string) =>
    new VendorError(vendor, { kind: 'unavailable' }, `${what} answered ${status}, ${why}`);
  const json = parse(said.text);
  if (json === notJson) throw none('and what it sent is no JSON');
  if (said.text !== '' && !isJsonType(headers['content-type'])) {
    throw none(`as ${mediaType(headers['content-type'])} in place of JSON`);
  }
  const result = request.answer.safeParse(json);
  if (result.success) return { status, headers, body: result.data };
  // Paths of issues name fields; their messages may quote values.
  const fields = result.error.issues.slice(0, 5).map(({ path }) => path.map(String).join('.') || 'the whole');
  throw none(`which is not what it is said to be, in ${fields.join(', ')}`);
}

function failureOf<Answer>(said: Said, what: string, options: ReadOptions<Answer>): VendorError {
  const { vendor, reasonOf, limitOf, reachedOf, limiting = [] } = options;
  const { statusCode: status, headers, text } = said;
  const body = parse(text);
  const reason = reasonOf?.(body === notJson ? text : body, status) ?? null;
  const failure =
    status === 429 || limiting.includes(status)
      ? limitedBy(headers, limitsIn(headers, limitOf), reachedOf?.(body) ?? null)
      : kindOf(status, reason);
  const code = failure.kind === 'refused' && failure.code !== ofStatus(status) ? ` ${failure.code}` : '';
  const message = `${what} answered ${status}${code}`;
  return new VendorError(vendor, failure, message, { reason: reason?.reason ?? null });
}

const ofStatus = (status: number) => `HTTP_${status}`;

function kindOf(status: number, reason: Reason | null): VendorFailure {
  if (status === 401 || status === 403) return { kind: 'unauthorized' };
  if (status === 408 || status === 425 || status >= 500) return { kind: 'unavailable' };
  return { kind: 'refused', code: codeOf(reason) ?? ofStatus(status) };
}

/**
 * How long the vendor asks to wait, else until the window ends that it says is used up; and which limit it is, by the body,
 * else by what is used up.
 */
function limitedBy(
  headers: IncomingHttpHeaders,
  limits: readonly SeenLimit[],
  said: ReachedLimit | null,
): VendorFailure {
  const usedUp = limits.find((limit) => limit.remaining === 0 && (said === null || isOf(limit, said)));
  const reached = said ?? (usedUp?.of && { of: usedUp.of, ...('per' in usedUp && { per: usedUp.per }) });
  const ofWindow = usedUp !== undefined && 'resetMs' in usedUp ? usedUp.resetMs : null;
  const asked = retryAfterMs(headers, Date.now()) ?? ofWindow;
  return { kind: 'limited', retryAfterMs: asked, ...(reached && { reached }) };
}

function isOf(limit: SeenLimit, said: ReachedLimit): boolean {
  const per = 'per' in limit ? limit.per : undefined;
  return (limit.of ?? 'class') === said.of && per === said.per;
}

/** A code goes into messages: what does not look like one may be a sentence about somebody. */
function codeOf(reason: Reason | null): string | null {
  return reason !== null && /^[\w.:/-]{1,80}$/.test(reason.code) ? reason.code : null;
}

const notJson = Symbol('no JSON');

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return notJson;
  }
}

function mediaType(contentType: string | undefined): string {
  const [type = ''] = (contentType ?? '').split(';');
  return /^[\w.+-]+\/[\w.+-]+$/.test(type.trim()) ? type.trim().toLowerCase() : 'no known type';
}

function isJsonType(contentType: string | undefined): boolean {
  return /^application\/([\w.-]+\+)?json$/.test(mediaType(contentType));
}
