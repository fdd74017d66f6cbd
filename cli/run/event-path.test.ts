import { afterEach, expect, it } from 'vitest';
import { openEmail } from '#subgraphs/email/main.ts';
import { temporaryLog } from '#test/harness/buses.ts';
import { collectLog } from '#test/harness/log.ts';
import { temporaryStore } from '#test/harness/stores.ts';
import { startEventPath } from './event-path.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

it('whoever only looks joins no group of consumers, and sees what they left', async () => {
  const events = await temporaryLog('embedded');
  ends.push(events.remove);
  const place = await temporaryStore('sqlite');
  ends.push(place.remove);
  const bus = await events.open();
  const email = await openEmail({ location: place.location });
  ends.push(email.subgraph.close);
  const { logger } = collectLog();
  const name = 'email.consent-suppression';

  const looking = await startEventPath({ email }, bus, logger, { work: 'none' });
  expect(await looking.consumers.get(name)?.deadLetters.list({ tenant: 'default', limit: 10 })).toEqual([]);
  expect([...(await bus.lag()).keys()]).toEqual([]);
  await looking.close();

  const consuming = await startEventPath({ email }, bus, logger, { work: 'consumers' });
  await expect.poll(async () => [...(await bus.lag()).keys()]).toEqual([name]);
  await consuming.close();
});
