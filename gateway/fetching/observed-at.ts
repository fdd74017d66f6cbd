/**
 * The oldest `observedAt` anywhere in an answer, as the subgraph wrote it; undefined where there is none.
 * Which types have the field is the subgraphs' affair: whatever has that response name and reads as a date counts.
 * It walks with a list of its own, since an answer may be nested deeper than the call stack.
 */
export function oldestObservedAt(data: unknown): string | undefined {
  const pending: unknown[] = [data];
  let oldest: string | undefined;
  let oldestAt = Number.POSITIVE_INFINITY;
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== 'object' || value === null) {
      continue;
    }
    if ('observedAt' in value && typeof value.observedAt === 'string') {
      const at = Date.parse(value.observedAt);
      if (at < oldestAt) {
        oldestAt = at;
        oldest = value.observedAt;
      }
    }
    for (const field of Object.values(value)) {
      pending.push(field);
    }
  }
  return oldest;
}
