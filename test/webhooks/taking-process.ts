/*
 * One process of a crash run: it takes deliveries and works them, and may be killed at any moment. What it reads again it
 * asks of the vendor, whose address it is given.
 */
import { pino } from 'pino';
import { serveSubgraph } from '#chassis/serve.ts';
import type { StoreLocation } from '#chassis/store/store.ts';
import { openMeters } from '#test/harness/webhook-place.ts';

const { location, vendorUrl } = JSON.parse(process.argv[2] as string) as {
  readonly location: StoreLocation;
  readonly vendorUrl: string;
};
process.on('disconnect', () => process.exit());

const log = pino({ level: 'silent' });
const { subgraph, webhooks } = await openMeters(location, {
  log,
  read: async (notices, { tenant, signal }) => {
    const ids = notices.map(({ recordId }) => recordId).join(',');
    const answer = await fetch(`${vendorUrl}/${tenant}?ids=${ids}`, { signal });
    if (!answer.ok) throw new Error(`The vendor answered ${answer.status}.`);
    await answer.text();
  },
});
const { url } = await serveSubgraph(subgraph, { host: '127.0.0.1', port: 0, log });
webhooks.start({ pollMs: 50, leaseMs: 2_000 });
process.send?.({ url });
