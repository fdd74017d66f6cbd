import { join } from 'node:path';
import { z } from 'zod';
import type { Pact } from './pact-file.ts';
import { readRecords, writeRecords } from './records-file.ts';
import type { Verification } from './verification.ts';

const resultShape = z.strictObject({
  consumer: z.string(),
  /** SHA-256 of the pact's content. */
  pact: z.string(),
  /** Of the provider, as `versionOf` tells it. */
  version: z.string(),
  kept: z.boolean(),
  /** What differed; empty where the pact is kept. */
  failures: z.array(z.string()),
});

const fileShape = z.strictObject({ provider: z.string(), results: z.array(resultShape) });

/** What one version of a provider made of one content of a pact. */
export type VerificationResult = z.infer<typeof resultShape>;

/** Old results go: nothing that is still deployed is this many versions back. */
const mostKept = 100;
const mostFailures = 10;

/** Where the results of a provider stand. */
function fileOf(folder: string, provider: string): string {
  return join(folder, `${provider}.json`);
}

/** All results of a provider, the latest first. */
export async function readResults(folder: string, provider: string): Promise<readonly VerificationResult[]> {
  return (await readRecords(fileOf(folder, provider), fileShape))?.results ?? [];
}

/** The results of a verification, one for each pact. */
export function resultsOf({ pacts, failures }: Verification, version: string): readonly VerificationResult[] {
  return pacts.map(({ consumer, hash, interactions }) => {
    const own = failures.filter(({ interaction }) => !interaction || interactions.includes(interaction));
    const told = own.map(({ message, interaction }) =>
      interaction ? `${interaction.description}: ${message}` : message,
    );
    return { consumer, pact: hash, version, kept: own.length === 0, failures: told.slice(0, mostFailures) };
  });
}

/** Puts results before those that stand there; the same pact and version are replaced. */
export async function recordResults(
  folder: string,
  provider: string,
  results: readonly VerificationResult[],
): Promise<void> {
  const before = await readResults(folder, provider);
  const others = before.filter((one) => !results.some((result) => isOf(one, result.pact, result.version)));
  await writeRecords(fileOf(folder, provider), {
    provider,
    results: [...results, ...others].slice(0, mostKept),
  });
}

/** The pacts of a provider that no result says to be kept, as they are, by this version of it. */
export async function unverifiedPacts(
  folder: string,
  provider: string,
  version: string,
  pacts: readonly Pact[],
): Promise<readonly Pact[]> {
  const results = await readResults(folder, provider);
  const isKept = ({ hash }: Pact) => results.some((one) => one.kept && isOf(one, hash, version));
  return pacts.filter((pact) => pact.provider === provider && !isKept(pact));
}

/** Whether a result is of this content of a pact, and this version of the provider. */
export function isOf(result: VerificationResult, pact: Pact['hash'], version: string): boolean {
  return result.pact === pact && result.version === version;
}
