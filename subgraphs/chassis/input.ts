import { clientError } from './errors.ts';

/** Of text that an error repeats. */
const shownCharacters = 128;

/**
 * Throws `INVALID_ARGUMENT` for a field of a mutation's input.
 * @param field its path within the input, such as `changes.3.source`
 * @param allowed what would be right, for the message and for programs
 */
export function refuseField(field: string, value: unknown, allowed: string | readonly string[]): never {
  const shown = typeof value === 'string' ? value.slice(0, shownCharacters) : (value ?? null);
  const wanted = typeof allowed === 'string' ? allowed : `one of ${allowed.join(', ')}`;
  throw clientError('INVALID_ARGUMENT', `${field} ${JSON.stringify(shown)} must be ${wanted}.`, {
    field,
    value: shown,
    allowed,
  });
}

/** Text that says something, of at most so many characters; null and undefined pass. */
export function checkText(field: string, value: string | null | undefined, most: number): void {
  if (value === null || value === undefined) return;
  if (value.trim() !== '' && value.length <= most) return;
  refuseField(field, value, `text of 1 to ${most} characters`);
}

/** What ids look like: events carry them, so that nothing that may be an address or a name passes. */
const idPattern = /^[A-Za-z0-9_.:-]{1,128}$/;

/** An id that nobody here can look up; null and undefined pass. */
export function checkId(field: string, value: string | null | undefined): void {
  if (value === null || value === undefined || idPattern.test(value)) return;
  refuseField(field, value, 'an id of 1 to 128 letters, digits, "_", ".", ":" or "-"');
}
