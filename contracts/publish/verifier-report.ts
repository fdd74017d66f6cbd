import { stripVTControlCharacters } from 'node:util';

/** What differs in the answer to one interaction. */
export interface Mismatch {
  /** Such as `$.data.account.name`; undefined for what is not about a place of the body. */
  readonly path: string | undefined;
  readonly message: string;
}

/** An interaction that was not answered as it should. */
export interface InteractionFailure {
  readonly interaction: string;
  readonly mismatches: readonly Mismatch[];
}

const failureLine = /^\d+\) Verifying a pact between \S+ and \S+ (?:Given .*? )??- (.+)$/;
const mismatchLine = /^\s+(\$[^\s]*) -> (.+)$/;
const missingKeys = /^Actual map is missing the following keys: (.+)$/;
const heading = /^\s+\d+\.\d+\) (.+)$/;

/**
 * Reads the failures out of what Pact's verifier prints, which it gives in no other form. One mismatch a place: in a
 * list the same one comes for every element.
 */
export function readFailures(output: string): readonly InteractionFailure[] {
  const [, report = ''] = stripVTControlCharacters(output).split(/^Failures:$/m);
  const failures: { interaction: string; mismatches: Map<string, Mismatch> }[] = [];
  for (const line of report.split('\n')) {
    const interaction = failureLine.exec(line)?.[1];
    if (interaction !== undefined) {
      failures.push({ interaction, mismatches: new Map() });
      continue;
    }
    const current = failures.at(-1)?.mismatches;
    for (const mismatch of mismatchesOf(line)) {
      const key = `${mismatch.path?.replaceAll(/\[\d+\]/g, '[]')} ${mismatch.path ? '' : mismatch.message}`;
      if (current?.has(key) === false) current.set(key, mismatch);
    }
  }
  return failures.map(({ interaction, mismatches }) => {
    const all = [...mismatches.values()];
    const placed = all.filter(({ path }) => path !== undefined);
    // "has a matching body" says nothing beside the places where it does not match.
    return { interaction, mismatches: placed.length > 0 ? placed : all };
  });
}

function mismatchesOf(line: string): readonly Mismatch[] {
  const [, path, message] = mismatchLine.exec(line) ?? [];
  if (path !== undefined && message !== undefined) {
    const keys = missingKeys.exec(message)?.[1]?.split(', ');
    return keys?.map((key) => ({ path: `${path}.${key}`, message: 'It is missing.' })) ?? [{ path, message }];
  }
  const said = heading.exec(line)?.[1];
  return said === undefined ? [] : [{ path: undefined, message: said }];
}
