let last = 0;

/**
 * The time now, RFC 3339, later than every one that this process was told before: of two reads of a record that begin in
 * the same millisecond the second one is the later one.
 */
export function readTime(): string {
  last = Math.max(Date.now(), last + 1);
  return new Date(last).toISOString();
}
