import type { Logger } from 'pino';
import type { z } from 'zod';
import type { VendorCalls } from '#chassis/vendor/calls.ts';
import type { Credentials } from '#chassis/vendor/credentials.ts';
import { openVendorHttp, type VendorHttp, type VendorRequest } from '#chassis/vendor/http.ts';
import type { Reason } from '#chassis/vendor/http-answer.ts';
import type { QueryValues } from '#chassis/vendor/http-path.ts';
import { rateLimitHeaders } from '#chassis/vendor/retry-after.ts';
import type { AskOptions } from '#chassis/vendor/system.ts';
import type { Endpoint } from './settings.ts';
import { collectionOf, revision } from './shapes.ts';

export const vendor = 'klaviyo';

export interface ListOptions<Resource extends z.ZodType> {
  readonly path: string;
  readonly endpoint: Endpoint;
  readonly resource: Resource;
  readonly query: QueryValues;
  /** Conditions that all must hold. */
  readonly filter?: readonly string[];
  readonly page?: string | null;
}

export interface Listed<Item> {
  readonly items: readonly Item[];
  /** The cursor of the next page; null behind the last. */
  readonly next: string | null;
}

/** Klaviyo's JSON:API, in its words. */
export interface KlaviyoClient {
  readonly list: <Resource extends z.ZodType>(
    options: ListOptions<Resource>,
    ask: AskOptions,
  ) => Promise<Listed<z.output<Resource>>>;
  /** What may be sent twice: each of Klaviyo's endpoints that is used here. */
  readonly post: <Answer>(
    request: Pick<VendorRequest<Answer>, 'path' | 'query' | 'body' | 'answer' | 'expect'> & {
      readonly endpoint: Endpoint;
    },
    ask: AskOptions,
  ) => ReturnType<VendorHttp['request']> & Promise<{ readonly body: Answer }>;
  readonly close: () => Promise<void>;
}

const contentType = 'application/vnd.api+json';

export function openKlaviyoClient(options: {
  readonly baseUrl: string;
  readonly calls: VendorCalls;
  readonly credentials: Credentials;
  readonly log: Logger;
}): KlaviyoClient {
  const { baseUrl: origin, calls, credentials, log } = options;
  const http = openVendorHttp({
    vendor,
    origin,
    calls,
    credentials,
    headers: { revision, accept: contentType },
    reasonOf,
    limitOf: rateLimitHeaders,
    log,
  });
  return {
    list: async ({ path, endpoint, resource, query, filter = [], page = null }, { urgency, signal }) => {
      const { body } = await http.request({
        method: 'GET',
        path,
        query: {
          ...query,
          filter: filter.length === 0 ? undefined : filter.join(','),
          'page[cursor]': page ?? undefined,
        },
        answer: collectionOf(resource),
        endpoint,
        urgency,
        signal,
        repeatable: true,
      });
      return { items: body.data, next: cursorOf(body.links?.next, 'page[cursor]') };
    },
    post: (request, { urgency, signal }) =>
      http.request({ ...request, method: 'POST', contentType, urgency, signal, repeatable: true }),
    close: http.close,
  };
}

/** Of a link the cursor alone is used: credentials go where the settings say, wherever a link leads. */
export function cursorOf(link: string | null | undefined, parameter: string): string | null {
  return link && URL.canParse(link) ? new URL(link).searchParams.get(parameter) : null;
}

function reasonOf(body: unknown): Reason | null {
  const { errors } = (body ?? {}) as { readonly errors?: readonly KlaviyoProblem[] };
  const [first] = Array.isArray(errors) ? errors : [];
  if (first === undefined) return null;
  return { code: String(first.code), reason: errors?.map(({ detail }) => detail).join(' ') ?? '' };
}

interface KlaviyoProblem {
  readonly code?: string;
  readonly detail?: string;
}

/** Conditions of Klaviyo's filter language, in which texts are quoted as in JSON. */
export const any = (field: string, values: readonly string[]): string =>
  `any(${field},${JSON.stringify(values)})`;
export const equals = (field: string, value: string): string => `equals(${field},${JSON.stringify(value)})`;
/** `value` is a time or a number. */
export const atLeast = (field: string, value: string | number): string =>
  `greater-or-equal(${field},${value})`;
export const after = (field: string, value: string | number): string => `greater-than(${field},${value})`;
