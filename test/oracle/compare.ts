import type { Answer } from './answers.ts';

/**
 * How an answer differs from the merged schema's, or `undefined` where it does not.
 *
 * Data and the log of mutations must be the same text. Errors are compared by the null they explain: an
 * error at a field that is null itself must be there as often on both sides. Of several errors beneath one
 * null that took its surroundings with it, which ones are reported depends on what was executed first
 * (see `nulled-siblings` in differences.ts), so there it is enough that both sides explain the null.
 */
export function difference(truth: Answer, answer: Answer): string | undefined {
  if (truth.data !== answer.data) return 'data';
  // Beneath a root field that fails late, the gateway may have gone on (see `mutation-after-null`).
  const log = truth.data === 'null' ? answer.log.slice(0, truth.log.length) : answer.log;
  if (truth.log.join('\n') !== log.join('\n')) return 'log';
  const [wanted, given] = [truth, answer].map((each) => explainedNulls(each));
  return wanted === given ? undefined : `errors: ${wanted} became ${given}`;
}

function explainedNulls({ data, errorPaths }: Answer): string {
  const parsed: unknown = JSON.parse(data);
  const explained = new Map<string, number | 'some'>();
  for (const text of errorPaths) {
    const path = JSON.parse(text) as (string | number)[] | null;
    const depth = path === null ? 0 : nullDepth(parsed, path);
    const place = JSON.stringify(path?.slice(0, depth) ?? null);
    const own = path !== null && depth === path.length;
    const before = explained.get(place);
    explained.set(place, own && before !== 'some' ? (before ?? 0) + 1 : 'some');
  }
  return JSON.stringify([...explained].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function nullDepth(data: unknown, path: readonly (string | number)[]): number {
  let at = data;
  for (const [depth, key] of path.entries()) {
    if (at === null || typeof at !== 'object') return depth;
    at = Object.hasOwn(at, key) ? (at as Record<string | number, unknown>)[key] : null;
  }
  return path.length;
}
