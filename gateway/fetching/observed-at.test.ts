import { expect, test } from 'vitest';
import { oldestObservedAt } from './observed-at.ts';

test('the oldest, wherever it stands', () => {
  const data = {
    observedAt: '2024-03-01T00:00:00Z',
    _entities: [
      { usage: { observedAt: '2024-01-01T00:00:00Z' } },
      null,
      [{ observedAt: '2024-02-01T00:00:00Z' }],
    ],
  };
  expect(oldestObservedAt(data)).toBe('2024-01-01T00:00:00Z');
});

test('by time, not by text', () => {
  const list = ['2024-01-01T00:00:00.500Z', '2024-01-01T00:00:00Z', '2024-01-01T01:30:00+02:00'];
  expect(oldestObservedAt(list.map((observedAt) => ({ observedAt })))).toBe('2024-01-01T01:30:00+02:00');
  expect(oldestObservedAt(list.slice(0, 2).map((observedAt) => ({ observedAt })))).toBe(
    '2024-01-01T00:00:00Z',
  );
});

test.each([null, undefined, 'text', {}, { observedAt: 7 }, { observedAt: 'lately' }, { observedAt: null }])(
  '%o says nothing of it',
  (data) => {
    expect(oldestObservedAt(data)).toBeUndefined();
  },
);

test('nesting deeper than the call stack', () => {
  const inside = '{"observedAt":"2024-01-01T00:00:00Z"}';
  const deep = JSON.parse(`${'[{"a":'.repeat(50_000)}${inside}${'}]'.repeat(50_000)}`);
  expect(oldestObservedAt(deep)).toBe('2024-01-01T00:00:00Z');
});
