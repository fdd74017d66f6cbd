/*
 * One process of several that write to one store. Told `add`, it adds one so often and says when it has; told `hold`, it
 * is in the middle of a transaction until it is told `let go`.
 */
import { once } from 'node:events';
import type { StoreLocation } from '#chassis/store/store.ts';
import { addOne, openTally } from './tally.ts';

export type Order =
  | { readonly kind: 'add'; readonly times: number }
  | { readonly kind: 'hold' }
  | { readonly kind: 'let go' };

process.on('disconnect', () => process.exit());
const store = await openTally(JSON.parse(process.argv[2] as string) as StoreLocation);

process.on('message', async (order: Order) => {
  if (order.kind === 'add') {
    const results = await Promise.allSettled(Array.from({ length: order.times }, () => addOne(store)));
    process.send?.(results.flatMap((result) => (result.status === 'rejected' ? [`${result.reason}`] : [])));
  }
  if (order.kind === 'hold') {
    await addOne(store, async () => {
      process.send?.('held');
      await once(process, 'message');
    });
    process.send?.('let go');
  }
});
process.send?.('open');
