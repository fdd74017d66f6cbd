import type { WireResult } from './transport.ts';
import type { GraphQLProblem, LiveFailure, LiveGap } from './types.ts';

/** What to do after the gateway has ended a subscription. */
export type Verdict =
  /** Later it may go on. */
  | 'again'
  /** With another token it may go on. */
  | 'authorize'
  /** The cursor is worth nothing here. */
  | 'forget-cursor'
  /** It will be refused again. */
  | 'give-up';

const verdicts: Readonly<Record<string, Verdict>> = {
  GATEWAY_DRAINING: 'again',
  SUBSCRIBER_TOO_SLOW: 'again',
  RATE_LIMITED: 'again',
  REQUEST_TIMEOUT: 'again',
  IDENTITY_UNAVAILABLE: 'again',
  INTERNAL_SERVER_ERROR: 'again',
  QUERY_PLAN_TIMEOUT: 'again',
  QUERY_PLAN_QUEUE_FULL: 'again',
  TOKEN_EXPIRED: 'authorize',
  UNAUTHENTICATED: 'authorize',
  INVALID_CURSOR: 'forget-cursor',
};

export function verdictOf(errors: readonly GraphQLProblem[]): Verdict {
  return verdicts[codeOf(errors)] ?? 'give-up';
}

export function codeOf([error]: readonly GraphQLProblem[]): string {
  return error?.extensions?.code ?? 'UNKNOWN';
}

export function failureOf(errors: readonly GraphQLProblem[]): LiveFailure {
  return { code: codeOf(errors), message: errors[0]?.message ?? 'The subscription was ended.', errors };
}

const gapCodes: readonly string[] = ['EVENTS_MISSED', 'EVENTS_MAY_BE_MISSED'];

/** The gap that a result tells of, if it does. */
export function gapOf({ errors = [] }: WireResult): LiveGap | undefined {
  const code = codeOf(errors);
  return gapCodes.includes(code) ? { code, message: errors[0]?.message ?? code } : undefined;
}

/** The errors that end a subscription, where a transport has no message of its own for them: nothing was executed. */
export function refusalIn({ data, errors }: WireResult): readonly GraphQLProblem[] | undefined {
  return data === undefined && errors !== undefined ? errors : undefined;
}

/**
 * Why an HTTP request was refused: GraphQL's errors, or a problem of RFC 9457. Undefined where it says neither, and
 * where the path is unknown: then it is the transport that is missing.
 */
export async function refusalOf(response: Response): Promise<readonly GraphQLProblem[] | undefined> {
  if (response.status === 404) return undefined;
  const body: unknown = await response.json().catch(() => undefined);
  if (typeof body !== 'object' || body === null) return undefined;
  const { errors, code, detail } = body as { errors?: unknown; code?: unknown; detail?: unknown };
  if (Array.isArray(errors)) return errors as readonly GraphQLProblem[];
  if (typeof code !== 'string') return undefined;
  return [{ message: typeof detail === 'string' ? detail : code, extensions: { code } }];
}
