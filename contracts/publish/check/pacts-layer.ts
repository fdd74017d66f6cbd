import type { Change } from './change.ts';
import type { Finding } from './finding.ts';

/** Verifies what pacts say of a subgraph against a provider that runs at a URL. */
export type Verify = (subgraph: string, url: string) => Promise<readonly Finding[]>;

/** A running subgraph of the new schema, and what verifies it. */
export interface CheckedProvider {
  readonly url: string;
  readonly verify: Verify;
}

/** What the running provider does otherwise than its pacts say, with the place in the schema beside it. */
export async function pactFindings(
  { subgraph, before, after }: Change,
  provider: CheckedProvider | undefined,
): Promise<readonly Finding[]> {
  if (provider === undefined || before === undefined) return [];
  const findings = await provider.verify(subgraph, provider.url);
  return findings.map((finding) => ({
    ...finding,
    at:
      finding.at ?? (finding.coordinate === undefined ? undefined : after.places.nearest(finding.coordinate)),
  }));
}

/** The static layer's warning of a value says less than the provider that answered it. */
export function withoutForeseen(foreseen: readonly Finding[], seen: readonly Finding[]): readonly Finding[] {
  const returned = new Set(
    seen.flatMap(({ code, coordinate }) => (code === 'ENUM_VALUE_RETURNED' ? [coordinate] : [])),
  );
  return foreseen.filter(({ code, coordinate }) => code !== 'ENUM_VALUE_ADDED' || !returned.has(coordinate));
}
