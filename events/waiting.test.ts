import { describe, expect, it } from 'vitest';
import { combined, keyedQueue } from './waiting.ts';

describe('works that are combined', () => {
  it('share what is done while the last of it is under way, in bounded parts', async () => {
    const together: number[][] = [];
    const double = combined(
      async (items: readonly number[]) => {
        together.push([...items]);
        await new Promise(setImmediate);
        return items.map((item) => 2 * item);
      },
      5,
      (item) => item,
    );
    expect(await Promise.all([1, 2, 3, 4, 5, 6].map(double))).toEqual([2, 4, 6, 8, 10, 12]);
    expect(together).toEqual([[1], [2, 3], [4, 5], [6]]);
    expect(await double(7)).toBe(14);
  });

  it('fail only who is to blame', async () => {
    const picky = combined(
      async (items: readonly number[]) => {
        await new Promise(setImmediate);
        if (items.includes(3)) throw new Error('Not 3.');
        return items;
      },
      10,
      () => 1,
    );
    const results = await Promise.allSettled([1, 2, 3, 4].map(picky));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });
});

describe('works of one key', () => {
  it('run one after another, also behind one that failed, and beside those of others', async () => {
    const inTurn = keyedQueue();
    const log: string[] = [];
    const work = (key: string, name: string) =>
      inTurn(key, async () => {
        log.push(`${name} begins`);
        await new Promise(setImmediate);
        log.push(`${name} ends`);
        if (name === 'a1') throw new Error('Not this one.');
      });
    await Promise.allSettled([work('a', 'a1'), work('a', 'a2'), work('b', 'b1')]);
    expect(log.filter((line) => line.startsWith('a'))).toEqual([
      'a1 begins',
      'a1 ends',
      'a2 begins',
      'a2 ends',
    ]);
    expect(log.slice(0, 2)).toEqual(['a1 begins', 'b1 begins']);
  });
});
