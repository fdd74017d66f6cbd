import type { Reply } from '#gateway/transports/site.ts';
import { whyMissing } from '../parts/missing.ts';
import { systemName } from '../parts/systems.ts';

/** Why there is no account to show. */
export interface Trouble {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

/** No account was named. */
export const nothingAsked: Trouble = {
  status: 400,
  title: 'Which account?',
  detail: 'Name an account by its id or its web domain.',
};

export function unknownAccount(what: string): Trouble {
  return { status: 404, title: 'No such account', detail: `The CRM knows no account ${what}.` };
}

/** What an answer without an account comes from. Without an error the account is unknown. */
export function troubleOf({ errors }: Pick<Reply, 'errors'>, what: string): Trouble {
  const codes = errors.map(({ extensions }) => String(extensions.code));
  const [error] = errors;
  if (error === undefined || codes.includes('BAD_USER_INPUT')) return unknownAccount(what);
  if (codes.includes('UNAUTHENTICATED')) {
    return {
      status: 401,
      title: 'Who are you?',
      detail: 'You are not signed in, or your session has ended: sign in to the CRM and open this again.',
    };
  }
  if (codes.includes('FORBIDDEN')) {
    return { status: 403, title: 'Not for your role', detail: 'This account is not shown to your role.' };
  }
  const missing = whyMissing(error);
  if (missing.kind === 'down') {
    const system = systemName(missing.subgraph);
    return {
      status: 503,
      title: `${system} does not answer`,
      detail: `Nothing can be said of the account while ${system} is down. Try again in a moment.`,
    };
  }
  return { status: 502, title: 'The account cannot be shown', detail: error.message };
}
