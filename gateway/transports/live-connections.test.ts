import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { inTurns } from './in-turns.ts';
import { type LiveTransport, trackConnections } from './live-connections.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function connectionsOf(count: number, transport: LiveTransport = 'websocket') {
  const connections = trackConnections();
  const drained: number[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    connections.open.add({ transport, drain: () => drained.push(nth) });
  }
  return { connections, drained };
}

describe('draining', () => {
  it('is spread evenly over the time given', async () => {
    const { connections, drained } = connectionsOf(1_000);
    const done = connections.drain(1_000);
    vi.advanceTimersByTime(500);
    expect(drained.length).toBeGreaterThan(450);
    expect(drained.length).toBeLessThan(550);
    vi.advanceTimersByTime(500);
    await done;
    expect(drained).toHaveLength(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes no longer than few connections need, and none where there are none', async () => {
    const few = connectionsOf(10);
    const done = few.connections.drain(60_000);
    vi.advanceTimersByTime(200);
    await done;
    expect(few.drained).toHaveLength(10);
    await connectionsOf(0).connections.drain(60_000);
  });

  it('leaves out who has gone meanwhile', async () => {
    const { connections, drained } = connectionsOf(100);
    const done = connections.drain(1_000);
    connections.open.clear();
    vi.advanceTimersByTime(1_100);
    await done;
    expect(drained).toEqual([]);
  });

  it('counts connections by how they came', () => {
    expect(connectionsOf(3, 'sse').connections.numbers()).toEqual({ websocket: 0, sse: 3, poll: 0 });
  });
});

describe('turns', () => {
  it('come once in a round for each, in parts', () => {
    const seen: number[] = [];
    const all = Array.from({ length: 100 }, (_, nth) => nth);
    const timer = inTurns(
      () => all,
      300,
      (nth) => seen.push(nth),
    );
    vi.advanceTimersByTime(150);
    expect(seen.length).toBeGreaterThan(40);
    expect(seen.length).toBeLessThan(60);
    vi.advanceTimersByTime(150);
    expect(seen).toEqual(all);
    vi.advanceTimersByTime(300);
    expect(seen).toEqual([...all, ...all]);
    clearInterval(timer);
  });
});
