import { z } from 'zod';
import type { Listed } from './client.ts';

/** How far a list that is sorted by a time was read. */
export interface Position {
  /** Read on from here, with what is of this very moment; null is from the beginning. */
  readonly since: string | null;
  /** Klaviyo's cursor within what is behind `since`. */
  readonly page: string | null;
}

export const positionShape = z.object({ since: z.iso.datetime().nullable(), page: z.string().nullable() });

export const beginning: Position = { since: null, page: null };

export interface Reading<Item> {
  readonly items: readonly Item[];
  readonly next: Position;
  readonly more: boolean;
}

/**
 * Reads one page of a list that is sorted by a time, oldest first. `list` answers what is of `since` or later.
 *
 * What changes while pages are read moves to the end of the list, and would shift pages that are counted. So the next
 * page begins at the time of the last item of this one, with all of that moment again; only where a whole page is of one
 * moment Klaviyo's own cursor is followed. At the end for now the position goes back by `overlapMs`, since Klaviyo
 * may show a change later than its time says.
 */
export async function readOn<Item>(
  position: Position,
  {
    list,
    timeOf,
    overlapMs,
  }: {
    readonly list: (position: Position) => Promise<Listed<Item>>;
    /** RFC 3339 with milliseconds; of what has none nothing is known. */
    readonly timeOf: (item: Item) => string | null;
    readonly overlapMs: number;
  },
): Promise<Reading<Item>> {
  const { items, next: page } = await list(position);
  const { since } = position;
  const newest = items.reduce<string | null>((latest, item) => laterOf(latest, timeOf(item)), null);
  if (page === null) {
    const back = newest === null ? since : new Date(Date.parse(newest) - overlapMs).toISOString();
    return { items, next: { since: back, page: null }, more: false };
  }
  const isBehind = newest !== null && (since === null || newest > since);
  return { items, next: isBehind ? { since: newest, page: null } : { since, page }, more: true };
}

function laterOf(some: string | null, other: string | null): string | null {
  if (some === null || other === null) return some ?? other;
  return some > other ? some : other;
}
