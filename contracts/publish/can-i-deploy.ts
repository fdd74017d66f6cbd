import { applicationOf } from './application.ts';
import type { Environment } from './environments.ts';
import type { Pact } from './pact-file.ts';
import { isOf, readResults, type VerificationResult } from './verification-results.ts';

/** Why an application may not go into an environment. */
export interface Block {
  readonly code: 'PACT_BROKEN' | 'NOT_VERIFIED' | 'PROVIDER_NOT_DEPLOYED';
  readonly consumer: string;
  readonly provider: string;
  readonly message: string;
  readonly remedy: string;
}

/** Who wants to go where. */
export interface Candidate {
  readonly application: string;
  readonly version: string;
  /** All pacts as they are now. */
  readonly pacts: readonly Pact[];
  /** The environment's name, and what runs in it. */
  readonly to: string;
  readonly environment: Environment;
}

/**
 * Says what keeps an application out of an environment: pacts of what runs there that it does not keep, and pacts of
 * its own that what runs there does not keep; both also where nobody has verified them. Nothing, where it may go.
 *
 * @param verifications folder of the results
 */
export async function blocksOf(candidate: Candidate, verifications: string): Promise<readonly Block[]> {
  const pairs = [...asProvider(candidate), ...asConsumer(candidate)];
  const blocks = await Promise.all(pairs.map((pair) => blockOf(pair, candidate.to, verifications)));
  return blocks.flatMap((block) => block ?? []);
}

/** A pact, and the version of its provider that would meet it. */
interface Pair {
  readonly consumer: string;
  readonly provider: string;
  readonly hash: string;
  /** Undefined where the provider does not run there. */
  readonly version: string | undefined;
}

/** What runs there, but for what would be replaced. */
function asProvider({ application, version, environment }: Candidate): readonly Pair[] {
  return Object.entries(environment).flatMap(([name, { pacts }]) =>
    name === application
      ? []
      : pacts.filter(({ provider }) => provider === application).map((pact) => ({ ...pact, version })),
  );
}

function asConsumer({ application, version, pacts, environment }: Candidate): readonly Pair[] {
  return pacts
    .filter(({ consumer }) => applicationOf(consumer) === application)
    .map(({ consumer, provider, hash }) => {
      const meets = provider === application ? version : environment[provider]?.version;
      return { consumer, provider, hash, version: meets };
    });
}

async function blockOf(
  { consumer, provider, hash, version }: Pair,
  to: string,
  verifications: string,
): Promise<Block | undefined> {
  const between = { consumer, provider };
  if (version === undefined) {
    return {
      ...between,
      code: 'PROVIDER_NOT_DEPLOYED',
      message: `${consumer} needs ${provider}, which is not in ${to}.`,
      remedy: `Deploy ${provider} first, and record it with "tributary deployed ${provider} --to ${to}".`,
    };
  }
  const results: readonly VerificationResult[] = await readResults(verifications, provider);
  const result = results.find((one) => isOf(one, hash, version));
  if (result?.kept) return undefined;
  if (result) {
    return {
      ...between,
      code: 'PACT_BROKEN',
      message: `${provider} ${version} breaks the pact of ${consumer}: ${result.failures.join('; ')}`,
      remedy: `Keep what ${consumer} reads, or change ${consumer} in ${to} first.`,
    };
  }
  return {
    ...between,
    code: 'NOT_VERIFIED',
    message: `Nobody has verified ${provider} ${version} against the pact ${hash.slice(0, 16)} of ${consumer}.`,
    remedy: `Run "npm run verify -- ${provider}" where both stand, and commit the result.`,
  };
}
