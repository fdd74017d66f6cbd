import { expect, it } from 'vitest';
import type { KlaviyoClient } from './client.ts';
import { readKlaviyoMapping } from './mapping.ts';
import type { Profile } from './shapes.ts';
import { suppressionChanges } from './suppressions.ts';

const at = (second: number) => `2026-03-01T09:00:0${second}.000Z`;

function suppressed(id: string, ...seconds: readonly number[]): Profile {
  const suppression = seconds.map((second) => ({ reason: 'UNSUBSCRIBE', timestamp: at(second) }));
  return { id, attributes: { subscriptions: { email: { marketing: { suppression } } } } };
}

it('goes on behind the first of the times that suppress a profile, so that nobody is left out', async () => {
  const items = [suppressed('A', 9, 1), suppressed('B', 2)];
  const asked: Parameters<KlaviyoClient['list']>[0][] = [];
  const list = async (options: Parameters<KlaviyoClient['list']>[0]) => {
    asked.push(options);
    return { items, next: 'more' };
  };
  const client = { list } as unknown as KlaviyoClient;
  const source = { client, mapping: await readKlaviyoMapping(), overlapMs: 0 };
  const ask = { urgency: 'sync', signal: AbortSignal.timeout(20_000) } as const;
  const page = await suppressionChanges(source, null, ask);
  expect(page).toMatchObject({ next: JSON.stringify({ since: at(2), page: null }), more: true });
  // From before there was a Klaviyo.
  const from = 'subscriptions.email.marketing.suppression.timestamp,2000-01-01T00:00:00.000Z';
  expect(asked).toMatchObject([{ filter: [`greater-or-equal(${from})`] }]);
  // Of two for one reason it is the earlier.
  expect(page.seen).toMatchObject([
    { record: { id: 'A:UNSUBSCRIBE', values: { suppressedAt: at(1) } } },
    { record: { id: 'B:UNSUBSCRIBE', values: { suppressedAt: at(2) } } },
  ]);
});
