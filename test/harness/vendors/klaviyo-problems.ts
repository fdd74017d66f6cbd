import type { Dialect } from './spec-server.ts';
import type { VendorAnswer } from './specification.ts';

const codes: Readonly<Record<number, readonly [code: string, title: string]>> = {
  400: ['invalid', 'Invalid input.'],
  401: ['not_authenticated', 'Authentication credentials were not provided.'],
  403: ['permission_denied', 'You do not have permission to perform this action.'],
  404: ['not_found', 'Not found.'],
  405: ['method_not_allowed', 'Method not allowed.'],
  409: ['conflict', 'Conflict.'],
  413: ['payload_too_large', 'Payload too large.'],
  415: ['unsupported_media_type', 'Unsupported media type.'],
  429: ['throttled', 'Request was throttled.'],
};

const error = (status: number, detail: string, source: object) => {
  const [code, title] = codes[status] ?? ['error', 'A server error occurred.'];
  return { id: `error-${status}`, status, code, title, detail, source };
};

/** A refusal as JSON:API and Klaviyo's `4XX` response have it. */
export const klaviyoProblem = (status: number, detail: string, source: object = {}): VendorAnswer => ({
  status,
  headers: { 'content-type': 'application/vnd.api+json' },
  body: { errors: [error(status, detail, source)] },
});

export const klaviyoDialect: Dialect = {
  contentType: 'application/vnd.api+json',
  problem: (status, violations) => ({
    errors: violations.map(({ at: [place, ...rest], message }) =>
      error(
        status,
        message,
        place === 'body' ? { pointer: `/${rest.join('/')}` } : { parameter: rest.join('.') },
      ),
    ),
  }),
};
