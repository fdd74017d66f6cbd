import { ConfigError } from '../supergraph-config.ts';
import type { Finding } from './finding.ts';

const code = 'ACCESS_NARROWED';

/**
 * Takes narrowed rights that are meant as notes, which stay in the report with whoever loses something. Nothing else
 * can be accepted: every other finding has a change that keeps clients whole.
 *
 * @param coordinates as findings name them
 * @throws ConfigError for a coordinate where nothing is narrowed, so that none stays behind in a pipeline.
 */
export function withAccepted(
  findings: readonly Finding[],
  coordinates: readonly string[],
): readonly Finding[] {
  const narrowed = new Set(findings.flatMap((one) => (one.code === code ? (one.coordinate ?? []) : [])));
  const needless = coordinates.find((one) => !narrowed.has(one));
  if (needless !== undefined) {
    const there = narrowed.size === 0 ? 'nowhere' : `at ${[...narrowed].join(', ')}`;
    throw new ConfigError(
      `Rights are not narrowed at "${needless}", which is said to be accepted: they are narrowed ${there}. Take it out of --accept-narrowed.`,
    );
  }
  return findings.map((finding): Finding => {
    const isMeant = finding.code === code && coordinates.includes(finding.coordinate ?? '');
    return isMeant ? { ...finding, severity: 'note', accepted: true, remedy: undefined } : finding;
  });
}
