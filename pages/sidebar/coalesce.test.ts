import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { coalesced } from './coalesce.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a work that is asked for often is done at once, and then once a second', async () => {
  const work = vi.fn(async () => {});
  const { ask } = coalesced(work, 1_000);
  for (let asked = 0; asked < 5; asked += 1) ask();
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(999);
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(work).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(work).toHaveBeenCalledTimes(2);
  ask();
  expect(work).toHaveBeenCalledTimes(3);
});

test('a work that is under way is done again afterwards, also where it failed', async () => {
  const { promise, reject } = Promise.withResolvers<void>();
  const work = vi.fn(() => promise);
  const { ask } = coalesced(work, 1_000);
  ask();
  ask();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(work).toHaveBeenCalledTimes(1);
  reject(new Error('away'));
  await vi.advanceTimersByTimeAsync(0);
  expect(work).toHaveBeenCalledTimes(2);
});

test('nothing is done and no timer left once it is stopped', async () => {
  const work = vi.fn(async () => {});
  const { ask, stop } = coalesced(work, 1_000);
  ask();
  ask();
  stop();
  expect(vi.getTimerCount()).toBe(0);
  ask();
  expect(work).toHaveBeenCalledTimes(1);
});
