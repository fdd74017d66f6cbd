import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Interruptible, type Lanes, openLanes } from './lanes.ts';

/** A connection whose work goes on until it is interrupted often enough. */
function connectionOf(interruptsNeeded = 1) {
  let interrupts = 0;
  let stop: (() => void) | undefined;
  const connection: Interruptible = {
    interrupt: () => {
      interrupts += 1;
      if (interrupts >= interruptsNeeded) stop?.();
    },
  };
  const work = () =>
    new Promise<string>((_, reject) => {
      interrupts = 0;
      stop = () => reject(new Error('Interrupted!'));
    });
  return { connection, work, interrupts: () => interrupts };
}

describe('lanes', () => {
  const outcomes: string[] = [];
  const job = (id: number, timeoutMs: number, run: () => Promise<string>) => ({
    id,
    timeoutMs,
    run,
    done: (result: string) => outcomes.push(`${id} ${result}`),
    failed: (reason: string) => outcomes.push(`${id} ${reason}`),
  });
  const settled = () => vi.advanceTimersByTimeAsync(0);

  beforeEach(() => {
    vi.useFakeTimers();
    outcomes.length = 0;
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('give up a job that waits at its own deadline, and let the running one go on', async () => {
    const { connection, work } = connectionOf();
    const lanes = openLanes<Interruptible, string>([connection], 5);
    lanes.add(job(1, 1_000, work));
    lanes.add(job(2, 200, async () => 'done'));
    await vi.advanceTimersByTimeAsync(200);
    expect(outcomes).toEqual(['2 timeout']);
    lanes.add(job(3, 5_000, async () => 'done'));
    await vi.advanceTimersByTimeAsync(800);
    expect(outcomes).toEqual(['2 timeout', '1 timeout', '3 done']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('interrupt again where the first interrupt came too early', async () => {
    const { connection, work, interrupts } = connectionOf(3);
    const lanes = openLanes<Interruptible, string>([connection], 5);
    lanes.add(job(1, 100, work));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(outcomes).toEqual(['1 timeout']);
    expect(interrupts()).toBe(3);
  });

  it('never interrupt the recovery of a job', async () => {
    const { connection, work, interrupts } = connectionOf();
    const lanes: Lanes<Interruptible, string> = openLanes<Interruptible, string>([connection], 5);
    let recovered = () => {};
    const recover = () =>
      new Promise<void>((resolve) => {
        recovered = resolve;
      });
    lanes.add({ ...job(1, 100, work), recover });
    lanes.add(job(2, 5_000, async () => 'done'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(interrupts()).toBe(1);
    expect(outcomes).toEqual([]);
    recovered();
    await settled();
    expect(outcomes).toEqual(['1 timeout', '2 done']);
  });

  it('take no more than may wait, and nothing once they end', async () => {
    const { connection, work } = connectionOf();
    const lanes = openLanes<Interruptible, string>([connection], 1);
    for (const id of [1, 2, 3]) lanes.add(job(id, 1_000, work));
    expect(outcomes).toEqual(['3 busy']);
    await lanes.end();
    expect(outcomes).toEqual(['3 busy', '2 closed', '1 closed']);
    lanes.add(job(4, 1_000, work));
    expect(outcomes.at(-1)).toBe('4 closed');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('say whether there was a job to cancel', async () => {
    const { connection, work } = connectionOf();
    const lanes = openLanes<Interruptible, string>([connection], 5);
    lanes.add(job(1, 1_000, work));
    expect(lanes.cancel(2)).toBe(false);
    expect(lanes.cancel(1)).toBe(true);
    await settled();
    expect(outcomes).toEqual(['1 cancelled']);
  });
});
