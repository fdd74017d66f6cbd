import { clientError } from '#chassis/errors.ts';

/** How a query ends without an answer. */
export type FailureReason = 'timeout' | 'cancelled' | 'busy' | 'closed' | 'error';

/**
 * What the port promises to reject with.
 * @param cause of an `error`: what the database said
 */
export function failure(reason: FailureReason, cause: Error): Error {
  switch (reason) {
    case 'timeout':
      return clientError(
        'STORE_TIMEOUT',
        'The warehouse did not answer in time; ask for less, or again later.',
      );
    case 'busy':
      return clientError('STORE_BUSY', 'The warehouse has too much to do; ask again later.');
    case 'cancelled':
      return new Error('The query was cancelled.');
    case 'closed':
      return new Error('The warehouse is closed.');
    case 'error':
      return cause;
  }
}
