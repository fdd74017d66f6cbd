import type { Dialect } from './spec-server.ts';
import type { VendorAnswer } from './specification.ts';

const said: Readonly<Record<number, string>> = {
  401: 'authorization required',
  404: 'not found',
  405: 'method not allowed',
  429: 'too many requests',
};

/** A refusal as SendGrid writes it. Not every operation of the specification takes `field: null`. */
export const sendGridProblem = (
  status: number,
  message = said[status] ?? 'bad request',
  field?: string,
): VendorAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: { errors: [{ message, ...(field !== undefined && { field }) }] },
});

export const sendGridDialect: Dialect = {
  contentType: 'application/json',
  problem: (status, violations) => ({
    errors: violations.map(({ at: [, ...rest], message }) => ({
      message: said[status] ?? message,
      ...(rest.length > 0 && { field: rest.join('.') }),
    })),
  }),
};
