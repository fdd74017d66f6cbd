import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFlights, type FlightOptions, type Flights } from './flights.ts';

interface Call {
  readonly values: readonly string[];
  readonly answer: () => void;
}

let flights: Flights;
const calls: Call[] = [];
beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  for (const { answer } of calls.splice(0)) answer();
  await flights.close();
  vi.useRealTimers();
});

/** Flights whose calls are answered by hand. */
function fly(options: { readonly batch?: number } & Partial<FlightOptions> = {}): void {
  const { batch = 100, ...more } = options;
  flights = createFlights({
    vendor: 'test',
    batchOf: () => batch,
    fetch: async (_type, _by, values) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      calls.push({ values, answer: resolve });
      await promise;
      return new Set(values);
    },
    ...{ gatherMs: 5, gatherMostMs: 80, holdMs: 1_000, flightMs: 60_000, unknownMs: 1_000, most: 1_000 },
    ...more,
  });
}

const ask = (...values: readonly string[]) => values.map((value) => flights.ask('accounts', 'id', value));
const under = () => calls.map(({ values }) => values);
/** More than a call waits for further values, and less than for another call. */
const gathered = () => vi.advanceTimersByTimeAsync(100);

describe('reads on their way to a vendor', () => {
  it('of one kind wait for the one before and go together, however they come', async () => {
    fly();
    const first = ask('1');
    await gathered();
    expect(under()).toEqual([['1']]);
    const second = ask('2');
    await gathered();
    const third = ask('3');
    await gathered();
    expect(under()).toEqual([['1']]);
    calls[0]?.answer();
    await Promise.all(first);
    await gathered();
    expect(under()).toEqual([['1'], ['2', '3']]);
    calls[1]?.answer();
    await Promise.all([...second, ...third]);
  });

  it('leave once nobody joins them, and some time after the first at the latest', async () => {
    fly();
    for (const value of ['1', '2', '3', '4']) {
      ask(value);
      await vi.advanceTimersByTimeAsync(4);
      expect(under()).toEqual([]);
    }
    await vi.advanceTimersByTimeAsync(2);
    expect(under()).toEqual([['1', '2', '3', '4']]);
    for (let nth = 0; nth < 30; nth += 1) {
      flights.ask('accounts', 'domain', `${nth}.example`);
      await vi.advanceTimersByTimeAsync(4);
    }
    const [, first, ...later] = under();
    expect(first?.length).toBeGreaterThan(15);
    expect(first?.length).toBeLessThan(25);
    expect(later).toEqual([]);
    calls[1]?.answer();
    await gathered();
    expect(under().slice(1).flat()).toHaveLength(30);
  });

  it('of other kinds do not wait, nor do full ones', async () => {
    fly({ batch: 2 });
    ask('1');
    await gathered();
    expect(under()).toEqual([['1']]);
    flights.ask('accounts', 'domain', 'a.example');
    await gathered();
    expect(under()).toEqual([['1'], ['a.example']]);
    ask('2', '3');
    expect(under()).toEqual([['1'], ['a.example'], ['2', '3']]);
  });

  it('do not wait for ever for one that hangs', async () => {
    fly();
    ask('1');
    await gathered();
    expect(under()).toEqual([['1']]);
    const other = ask('2');
    await gathered();
    expect(under()).toEqual([['1']]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(under()).toEqual([['1'], ['2']]);
    calls[1]?.answer();
    await Promise.all(other);
  });

  /** Never answers, and ends when it is told to. */
  const hangs: FlightOptions['fetch'] = (_type, _by, _values, signal) =>
    new Promise((_resolve, reject) => {
      if (signal.aborted) reject(signal.reason);
      else signal.addEventListener('abort', () => reject(signal.reason));
    });

  it('are so many at a time: whoever comes then is refused', async () => {
    fly({ most: 2 });
    const [first, second, third] = ask('1', '2', '3');
    await expect(third).rejects.toMatchObject({ failure: { kind: 'limited' } });
    // What is under way is asked for by as many as like.
    expect(ask('1')[0]).toBe(first);
    await gathered();
    calls[0]?.answer();
    await Promise.all([first, second]);
    const again = ask('3');
    await gathered();
    calls[1]?.answer();
    await Promise.all(again);
    expect(under()).toEqual([['1', '2'], ['3']]);
  });

  it('end after their time, whoever waits for them', async () => {
    vi.useRealTimers();
    fly({ fetch: hangs, gatherMs: 1, flightMs: 20 });
    await expect(ask('1')[0]).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('end when they are closed, those that have not left yet too', async () => {
    fly({ fetch: hangs });
    const first = ask('1')[0];
    await gathered();
    const second = ask('2')[0];
    await flights.close();
    await expect(first).rejects.toThrow('is closing');
    await expect(second).rejects.toThrow('is closing');
    await expect(ask('3')[0]).rejects.toMatchObject({ failure: { kind: 'limited' } });
  });
});
