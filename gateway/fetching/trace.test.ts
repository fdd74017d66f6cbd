import { expect, test } from 'vitest';
import { continueTrace, requestIdFrom } from './trace.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

test.each([
  ['00', '01', '01'],
  ['00', '00', '00'],
  ['00', 'ff', '01'],
  ['cc', '01', '01'],
])('version %s with flags %s is continued with flags %s', (version, flags, ours) => {
  const trace = continueTrace(`${version}-${traceId}-${spanId}-${flags}`, 'a=1');
  expect(trace.traceId).toBe(traceId);
  expect(trace.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-${ours}$`));
  expect(trace.traceparent).not.toContain(spanId);
  expect(trace.tracestate).toBe('a=1');
});

test('a later version may say more', () => {
  expect(continueTrace(`01-${traceId}-${spanId}-01-more`, undefined).traceId).toBe(traceId);
});

test.each([
  undefined,
  '',
  traceId,
  `00-${traceId}-${spanId}`,
  `00-${traceId}-${spanId}-01-more`,
  `ff-${traceId}-${spanId}-01`,
  `00-${'0'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
])('%s starts a new trace', (header) => {
  const trace = continueTrace(header, 'a=1');
  expect(trace.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(trace.traceId).not.toBe(traceId);
  expect(trace.tracestate).toBeUndefined();
});

test('ids do not repeat, beyond one block of random bytes', () => {
  const ids = Array.from({ length: 1_000 }, () => continueTrace(undefined, undefined));
  expect(new Set(ids.map((trace) => trace.traceId)).size).toBe(1_000);
  expect(new Set(ids.map((trace) => trace.traceparent.slice(36, 52))).size).toBe(1_000);
});

test('a tracestate that is too long is dropped', () => {
  const header = `00-${traceId}-${spanId}-01`;
  expect(continueTrace(header, 'x'.repeat(512)).tracestate).toHaveLength(512);
  expect(continueTrace(header, 'x'.repeat(513)).tracestate).toBeUndefined();
  expect(continueTrace(header, ['a=1', 'b=2']).tracestate).toBe('a=1,b=2');
});

test('a request id is taken or made', () => {
  expect(requestIdFrom('a'.repeat(128))).toBe('a'.repeat(128));
  for (const refused of [undefined, '', 'a b', 'a\nb', 'a'.repeat(129), ['a', 'b']]) {
    expect(requestIdFrom(refused)).toMatch(/^[0-9a-f-]{36}$/);
  }
});
