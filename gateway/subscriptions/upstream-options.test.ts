import { expect, test } from 'vitest';
import { checkSubscriptionUrls, upstreamsWithDefaults } from './upstream-options.ts';

test('what cannot be is named, with what may be', () => {
  expect(upstreamsWithDefaults({ pingMs: 5 })).toMatchObject({ pingMs: 5, pongMs: 10_000 });
  expect(() => upstreamsWithDefaults({ connections: 0 })).toThrow('upstreams.connections is 0: set it');
  expect(() => upstreamsWithDefaults({ retryMs: 40_000 })).toThrow(/retryMs is 40000, longer than .* 30000/);
  expect(() => checkSubscriptionUrls({ a: 'ws://host/x', b: 'nowhere' })).toThrow(/"b" is "nowhere".*ws:/);
});
