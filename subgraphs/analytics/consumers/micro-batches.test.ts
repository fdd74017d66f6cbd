import { describe, expect, it } from 'vitest';
import { openMicroBatches } from './micro-batches.ts';

describe('micro-batches', () => {
  it('write together what came while the last batch was written', async () => {
    const written: number[][] = [];
    const gates: (() => void)[] = [];
    const { add } = openMicroBatches<number>(async (rows) => {
      written.push([...rows]);
      await new Promise<void>((open) => gates.push(open));
    }, 1);
    const first = [add([1]), add([2, 3])];
    await expect.poll(() => written).toEqual([[1, 2, 3]]);
    const later = [add([4]), add([5]), add([6])];
    gates.shift()?.();
    await Promise.all(first);
    await expect.poll(() => gates).toHaveLength(1);
    gates.shift()?.();
    await Promise.all(later);
    expect(written).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('let a row that cannot be written fail alone', async () => {
    const written: number[] = [];
    const { add } = openMicroBatches<number>(async (rows) => {
      if (rows.includes(13)) throw new Error('13 cannot be written');
      written.push(...rows);
    }, 1);
    const parts = Array.from({ length: 20 }, (_, n) => add([n]));
    const ends = await Promise.allSettled(parts);
    expect(ends.flatMap(({ status }, n) => (status === 'rejected' ? n : []))).toEqual([13]);
    expect(written.toSorted((a, b) => a - b)).toEqual([...Array(20).keys()].filter((n) => n !== 13));
    await add([20]);
    expect(written).toContain(20);
  });
});
