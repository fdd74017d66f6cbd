/** How clients hold connections open. */
export type LiveTransport = 'websocket' | 'sse' | 'poll';

/** One open connection, stream or poll. */
export interface LiveConnection {
  readonly transport: LiveTransport;
  /** Tells the client to go on elsewhere, with its last cursors, and ends as soon as nothing is being answered. */
  readonly drain: () => void;
}

/** Everything that is open for subscriptions, so that it can be counted and drained. */
export interface LiveConnections {
  readonly open: Set<LiveConnection>;
  readonly numbers: () => Readonly<Record<LiveTransport, number>>;
  /**
   * Drains every connection, spread evenly over the time given, or less where they are few: clients that all come back
   * at once would be a wave for whoever takes them in.
   */
  readonly drain: (periodMs: number) => Promise<void>;
}

/** A connection takes the place of the next so fast at most. */
const shortestStepMs = 10;
const tickMs = 20;

export function trackConnections(): LiveConnections {
  const open = new Set<LiveConnection>();
  return {
    open,
    numbers: () => {
      const numbers = { websocket: 0, sse: 0, poll: 0 };
      for (const { transport } of open) numbers[transport] += 1;
      return numbers;
    },
    drain: (periodMs) => {
      const waiting = [...open];
      const wholeMs = Math.min(periodMs, waiting.length * shortestStepMs);
      const begun = performance.now();
      let drained = 0;
      const drainDue = () => {
        const passed = performance.now() - begun;
        const due = passed >= wholeMs ? waiting.length : Math.ceil((waiting.length * passed) / wholeMs);
        for (; drained < due; drained += 1) {
          const connection = waiting[drained];
          /* Some have ended by themselves. */
          if (connection !== undefined && open.has(connection)) connection.drain();
        }
        return drained === waiting.length;
      };
      if (drainDue()) return Promise.resolve();
      return new Promise((resolve) => {
        const ticks = setInterval(() => {
          if (!drainDue()) return;
          clearInterval(ticks);
          resolve();
        }, tickMs);
      });
    },
  };
}
