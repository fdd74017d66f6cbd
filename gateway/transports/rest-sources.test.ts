import { expect, test } from 'vitest';
import { sourcesOf } from './rest-sources.ts';

test('the worst outcome, the longest latency, the oldest observation', () => {
  const records = [
    { subgraph: 'a', outcome: 'OK', latencyMs: 3.1234, observedAt: '2024-02-01T00:00:00Z' },
    { subgraph: 'a', outcome: 'TIMEOUT', latencyMs: 50, observedAt: undefined },
    { subgraph: 'a', outcome: 'OK', latencyMs: 4, observedAt: '2024-01-01T00:00:00Z' },
    { subgraph: 'b', outcome: 'OK', latencyMs: 3.1234, observedAt: undefined },
    { subgraph: 'b', outcome: 'ERROR', latencyMs: 1, observedAt: undefined },
  ] as const;
  expect(sourcesOf(['b', 'a', 'c'], records)).toEqual({
    a: { status: 'TIMEOUT', latencyMs: 50, observedAt: '2024-01-01T00:00:00Z' },
    b: { status: 'ERROR', latencyMs: 3.1, observedAt: null },
    c: { status: 'NOT_ASKED', latencyMs: null, observedAt: null },
  });
});
