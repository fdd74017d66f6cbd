import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCursor } from '../cursor.ts';
import { vendor } from './client.ts';
import { beginning, type Position, positionShape, readOn } from './positions.ts';

interface Item {
  readonly id: number;
  at: number;
}

const timeOf = ({ at }: Item) => new Date(at).toISOString();
const order = (a: Item, b: Item) => a.at - b.at || a.id - b.id;

/** A list by time as Klaviyo keeps it: its cursor is the last item of a page, and of no use to another question. */
function listOf(items: readonly Item[], size: number) {
  return async ({ since, page }: Position) => {
    const cursor: { last: Item; of: string | null } | null = page === null ? null : JSON.parse(page);
    if (cursor !== null) expect(since).toBe(cursor.of);
    const last = cursor?.last ?? null;
    const behind = items
      .filter((item) => since === null || item.at >= Date.parse(since))
      .filter((item) => last === null || order(item, last) > 0)
      .toSorted(order);
    const shown = behind.slice(0, size);
    return {
      items: shown.map((item) => ({ ...item })),
      next: behind.length > size ? JSON.stringify({ last: shown.at(-1), of: since }) : null,
    };
  };
}

describe('reading on by time', () => {
  it('sees the last state of all that there is, whatever changes between pages and however many tie', async () => {
    const world = fc.record({
      times: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 40 }),
      size: fc.integer({ min: 1, max: 7 }),
      changes: fc.array(fc.nat(), { maxLength: 15 }),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ times, size, changes }) => {
        const items = times.map((second, id): Item => ({ id, at: second * 1_000 }));
        const list = listOf(items, size);
        const seen = new Map<number, number>();
        let position = beginning;
        let clock = 10_000;
        for (let pages = 0; ; pages += 1) {
          const reading = await readOn(position, { list, timeOf, overlapMs: 0 });
          for (const { id, at } of reading.items) seen.set(id, at);
          position = readCursor(vendor, JSON.stringify(reading.next), positionShape);
          const changed = changes[pages];
          if (changed !== undefined) {
            clock += 1_000;
            (items[changed % items.length] as Item).at = clock;
          } else if (!reading.more) break;
          expect(pages).toBeLessThan(500);
        }
        expect(seen).toEqual(new Map(items.map(({ id, at }) => [id, at])));
      }),
    );
  });

  it('goes back by the overlap at the end, and not before', async () => {
    const items = [1_000, 2_000, 3_000].map((at, id): Item => ({ id, at }));
    const options = { list: listOf(items, 2), timeOf, overlapMs: 500 };
    const first = await readOn(beginning, options);
    expect(first).toMatchObject({ next: { since: new Date(2_000).toISOString() }, more: true });
    const second = await readOn(first.next, options);
    expect(second).toMatchObject({ next: { since: new Date(2_500).toISOString(), page: null }, more: false });
    const nothing = await readOn(second.next, { ...options, list: listOf([], 2) });
    expect(nothing).toMatchObject({ items: [], next: second.next, more: false });
  });

  it('refuses a cursor of somebody else', () => {
    for (const cursor of ['', 'next', '{"since":"soon","page":null}']) {
      expect(() => readCursor(vendor, cursor, positionShape)).toThrow(/is no cursor of klaviyo/);
    }
  });
});
