import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import type { SeenLimit, VendorCalls } from '#chassis/vendor/calls.ts';
import type { Credentials } from '#chassis/vendor/credentials.ts';
import { VendorError } from '#chassis/vendor/error.ts';
import { openVendorHttp, type VendorRequest } from '#chassis/vendor/http.ts';
import type { Reason, VendorAnswer } from '#chassis/vendor/http-answer.ts';
import type { AskOptions } from '#chassis/vendor/system.ts';
import type { Endpoint } from './settings.ts';

export const vendor = 'sendgrid';

type SendgridRequest<Answer> = Pick<
  VendorRequest<Answer>,
  'method' | 'path' | 'params' | 'query' | 'body' | 'answer' | 'expect'
> & { readonly endpoint: Endpoint };

/** SendGrid's v3 API. */
export interface SendgridClient {
  /** What may be sent twice: each of SendGrid's endpoints that is used here. Rejects as `VendorHttp.request` does. */
  readonly request: <Answer>(
    request: SendgridRequest<Answer>,
    ask: AskOptions,
  ) => Promise<VendorAnswer<Answer>>;
  /** The same, but null where SendGrid does not have what is asked for. */
  readonly find: <Answer>(
    request: SendgridRequest<Answer>,
    ask: AskOptions,
  ) => Promise<VendorAnswer<Answer> | null>;
  readonly close: () => Promise<void>;
}

export function openSendgridClient(options: {
  readonly baseUrl: string;
  readonly onBehalfOf: string | undefined;
  readonly calls: VendorCalls;
  readonly credentials: Credentials;
  readonly log: Logger;
}): SendgridClient {
  const { baseUrl: origin, onBehalfOf, calls, credentials, log } = options;
  const headers: Record<string, string> = onBehalfOf === undefined ? {} : { 'on-behalf-of': onBehalfOf };
  const http = openVendorHttp({ vendor, origin, calls, credentials, headers, reasonOf, limitOf, log });
  const request: SendgridClient['request'] = (given, { urgency, signal }) =>
    http.request({ ...given, urgency, signal, repeatable: true });
  return {
    request,
    find: (given, ask) =>
      request(given, ask).catch((error: unknown) => {
        if (isMissing(error)) return null;
        throw error;
      }),
    close: http.close,
  };
}

/** Of a link the token alone is used: credentials go where the settings say, wherever a link leads. */
export function pageTokenOf(link: string | null | undefined): string | null {
  return link && URL.canParse(link) ? new URL(link).searchParams.get('page_token') : null;
}

/** SendGrid has no codes, but names the field that it refused, where it was one. Not every endpoint says it in a list. */
function reasonOf(body: unknown, status: number): Reason | null {
  if (typeof body !== 'object' || body === null) return null;
  const problems: readonly SendgridProblem[] = [('errors' in body && body.errors) || body].flat();
  const [first] = problems;
  if (first?.message === undefined) return null;
  const code = first.field ? `${codeOf(status)}:${first.field}` : codeOf(status);
  return { code, reason: problems.map(({ message }) => message).join(' ') };
}

const codeOf = (status: number) => `HTTP_${status}`;

interface SendgridProblem {
  readonly message?: string;
  readonly field?: string | null;
}

function isMissing(error: unknown): boolean {
  const failure = error instanceof VendorError ? error.failure : null;
  return failure?.kind === 'refused' && failure.code.startsWith(codeOf(404));
}

/**
 * `X-RateLimit-Remaining` and `X-RateLimit-Reset`, the latter a time in seconds since 1970 by the vendor's clock, so it is
 * held against the `Date` of the same answer; https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits
 */
export function limitOf(headers: IncomingHttpHeaders): SeenLimit | null {
  const remaining = wholeNumber(headers['x-ratelimit-remaining']);
  const reset = wholeNumber(headers['x-ratelimit-reset']);
  if (remaining === null || reset === null) return null;
  const theirs = Date.parse(headers.date ?? '');
  const now = Number.isNaN(theirs) ? Date.now() : theirs;
  return { remaining, resetMs: Math.max(0, reset * 1_000 - now) };
}

function wholeNumber(value: string | string[] | undefined): number | null {
  return typeof value === 'string' && /^\d{1,12}$/.test(value.trim()) ? Number(value) : null;
}
