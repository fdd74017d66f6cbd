import { describe, expect, it } from 'vitest';
import { testEvents } from '#test/harness/buses.ts';
import { openCursors } from '../cursors.ts';
import { BusUnavailable } from '../port.ts';
import { openAppender } from './appender.ts';
import type { NewEvent } from './protocol.ts';

function appenderOf(append: (events: readonly NewEvent[]) => Promise<readonly number[]>) {
  return openAppender({ cursors: openCursors('log'), append, onAppended: () => {} });
}

describe('what is appended', () => {
  it('shares transactions of a bounded size', async () => {
    const sizes: number[] = [];
    const { publish } = appenderOf(async (events) => {
      sizes.push(events.length);
      return events.map((_, n) => n + 1);
    });
    await Promise.all(Array.from({ length: 50 }, () => publish(testEvents(50))));
    expect(sizes).toEqual([1_000, 1_000, 500]);
  });

  it('fails with what failed before it, and goes on with what is published afterwards', async () => {
    let failures = 1;
    const { publish } = appenderOf(async (events) => {
      if (failures-- > 0) throw new Error('The disk is full.');
      return events.map((_, n) => n + 1);
    });
    const first = publish(testEvents(1_500));
    const behind = publish(testEvents(1));
    await expect(first).rejects.toThrow('The disk is full.');
    await expect(behind).rejects.toThrow('The disk is full.');
    expect(await publish(testEvents(2))).toHaveLength(2);
  });

  it('is what was being appended when it is closed, and nothing that waited', async () => {
    const appending = Promise.withResolvers<readonly number[]>();
    const { publish, close } = appenderOf(() => appending.promise);
    const first = publish(testEvents(1_000));
    const waiting = publish(testEvents(1));
    await new Promise((resolve) => setImmediate(resolve));
    const closed = close();
    await expect(waiting).rejects.toThrow(BusUnavailable);
    appending.resolve(Array.from({ length: 1_000 }, (_, n) => n + 1));
    await closed;
    expect(await first).toHaveLength(1_000);
    await expect(publish(testEvents(1))).rejects.toThrow(BusUnavailable);
  });

  it('leaves out what was cancelled before its turn', async () => {
    const appended: string[] = [];
    const { publish } = appenderOf(async (events) => {
      appended.push(...events.map(({ id }) => id));
      return events.map((_, n) => n + 1);
    });
    const cancel = new AbortController();
    const [kept, cancelled] = [testEvents(1), testEvents(1)];
    const publishing = publish(cancelled, cancel.signal);
    const reason = new Error('The caller is gone.');
    cancel.abort(reason);
    await expect(publishing).rejects.toBe(reason);
    await publish(kept);
    expect(appended).toEqual(kept.map(({ id }) => id));
  });
});
