import { clientError } from './errors.ts';

/**
 * Resolves a representation by the first of the given keys that it holds as text. Always asynchronous: a
 * reference resolver that threw at once would null every entity of the fetch. A representation that holds a
 * key as null (an account without a domain) is nobody; one without any key is refused with
 * `INVALID_REPRESENTATION`.
 */
export async function loadReference<Row>(
  typename: string,
  reference: object,
  byKey: Readonly<Record<string, (value: string) => Promise<Row | null>>>,
): Promise<Row | null> {
  let known = false;
  for (const [key, load] of Object.entries(byKey)) {
    const value: unknown = (reference as Record<string, unknown>)[key];
    if (typeof value === 'string') return load(value);
    if (value === null) known = true;
  }
  if (known) return null;
  throw clientError(
    'INVALID_REPRESENTATION',
    `A representation of ${typename} needs ${Object.keys(byKey).join(' or ')} as text.`,
  );
}
