import type { ResponseError } from '#gateway/plan/types.ts';

/** Why a part of an answer is not there. */
export type Missing =
  | { readonly kind: 'down'; readonly subgraph: string }
  | { readonly kind: 'hidden' }
  | { readonly kind: 'failed' };

const hiding = ['FORBIDDEN', 'UNAUTHENTICATED'];
const downCodes = [
  'SUBGRAPH_UNAVAILABLE',
  'SUBGRAPH_TIMEOUT',
  'SUBGRAPH_INVALID_ANSWER',
  'VENDOR_UNAVAILABLE',
];

/**
 * Why the value at a path is null, or part of what is below it; null where nothing is said to be missing there. `*`
 * in the path is any index.
 */
export function missingAt(
  errors: readonly ResponseError[],
  path: readonly (string | number)[],
): Missing | null {
  const error = errors.find(
    ({ path: at }) =>
      at !== undefined && path.every((step, index) => step === '*' || String(at[index]) === String(step)),
  );
  return error === undefined ? null : whyMissing(error);
}

/** Why a value is null; null where it is there, or where nobody says that it should be. */
export function whyNull(
  value: unknown,
  errors: readonly ResponseError[],
  path: readonly (string | number)[],
): Missing | null {
  return value === null || value === undefined ? missingAt(errors, path) : null;
}

export function whyMissing({ extensions }: ResponseError): Missing {
  const { code, subgraph } = extensions;
  if (hiding.includes(String(code))) return { kind: 'hidden' };
  return downCodes.includes(String(code)) && typeof subgraph === 'string'
    ? { kind: 'down', subgraph }
    : { kind: 'failed' };
}
