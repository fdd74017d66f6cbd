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
    a: { status: 'TIMEOUT', latencyMs: 50, observedAt: '2024-01-01T00:00:00Z', ageMs: null },
    b: { status: 'ERROR', latencyMs: 3.1, observedAt: null, ageMs: null },
    c: { status: 'NOT_ASKED', latencyMs: null, observedAt: null, ageMs: null },
  });
});

test('what is stale is worse than all well and better than an error, and has the age of its oldest', () => {
  const now = Date.parse('2024-03-01T00:00:00Z');
  const fresh = { outcome: 'OK', latencyMs: 1, observedAt: '2024-02-29T23:59:59Z' } as const;
  const stale = { ...fresh, outcome: 'STALE', staleSince: '2024-02-29T23:59:00Z' } as const;
  const older = { ...stale, outcome: 'ERROR', staleSince: '2024-02-29T23:58:00Z' } as const;
  const future = { ...stale, staleSince: '2024-03-01T00:00:09Z' } as const;
  const records = [
    { subgraph: 'a', ...stale },
    { subgraph: 'a', ...fresh },
    { subgraph: 'b', ...older },
    { subgraph: 'b', ...stale },
    { subgraph: 'c', ...future },
  ];
  expect(sourcesOf(['a', 'b', 'c'], records, now)).toMatchObject({
    a: { status: 'STALE', observedAt: '2024-02-29T23:59:00Z', ageMs: 60_000 },
    b: { status: 'ERROR', observedAt: '2024-02-29T23:58:00Z', ageMs: 120_000 },
    c: { status: 'STALE', ageMs: 0 },
  });
});
