import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, vi } from 'vitest';
import { parse } from 'yaml';
import { campaignsOf } from '#cli/seed/campaigns.ts';
import { worldOf } from '#cli/seed/world.ts';
import { publishedLimits } from '#subgraphs/email/adapters/sendgrid/settings.ts';
import { type House, houseWorld, type RecordsPlace } from '../house.ts';
import { type EmailPlaceOptions, openEmailPlace, wideLimits } from './email-place.ts';
import { type SendGridDouble, startSendGrid } from './sendgrid.ts';
import { isAutomation, listId, loadSendgrid, sendgridEvents, sendgridId } from './sendgrid-world.ts';

const adapterFolder = resolve(import.meta.dirname, '../../../subgraphs/email/adapters/sendgrid');
const key = 'SG.a-key-of-places';
const consentGroup = 4711;
/** So many events come in one delivery. */
const eventsAtOnce = 1_000;

/**
 * An email platform at SendGrid's double. What runs in the demo is an automation, which a list lets contacts into; and
 * this account takes a blocked address for one that somebody blocked.
 */
export async function openSendgridPlace(options?: EmailPlaceOptions): Promise<RecordsPlace> {
  const groups = [{ id: consentGroup, name: 'No consent', description: 'Kept by Tributary' }];
  const double = await startSendGrid({ apiKeys: [key], seed: { groups } });
  const { state } = double;
  const usual = parse(await readFile(join(adapterFolder, 'mapping.yaml'), 'utf8'));
  const running = campaignsOf(worldOf({ ...houseWorld, accounts: 1 })).filter(isAutomation);
  const active = running.filter(({ status }) => status === 'ACTIVE').map(({ id }) => listId(id));
  return openEmailPlace(
    {
      adapter: 'sendgrid',
      key,
      vendorId: sendgridId,
      settings: {
        ...{ baseUrl: double.url, consentGroup, webhookPublicKey: double.webhookKey },
        limits: wideLimits(publishedLimits),
      },
      mapping: {
        ...usual,
        enrolling: running.map(({ id, name, status }) => ({
          ...{ list: listId(id), automation: sendgridId(id), name, status },
        })),
        suppressions: { ...usual.suppressions, blocks: 'MANUAL' },
      },
      load: (world) => loadSendgrid(state, world),
      tell: (world, house) => tell(double, sendgridEvents(world), house),
      mayMail: (address) =>
        !Object.values(state.suppressions)
          .flat()
          .some(({ email }) => email === address),
      entered: (address) => {
        const id = state.findContact(address)?.id;
        return state.joined.filter(({ contactId, listId: list }) => contactId === id && active.includes(list))
          .length;
      },
      close: double.close,
    },
    options,
  );
}

/** Delivers events, and waits until all have taken effect. */
async function tell(
  double: SendGridDouble,
  events: readonly object[],
  { parts, subgraphUrl }: Pick<House, 'parts' | 'subgraphUrl'>,
): Promise<void> {
  const url = new URL('/webhooks/sendgrid', subgraphUrl('email')).href;
  for (let start = 0; start < events.length; start += eventsAtOnce) {
    expect(await double.sendEvents(url, events.slice(start, start + eventsAtOnce))).toBe(202);
  }
  const { db } = parts.email.store;
  const done = async () => {
    const { count } = await db
      .selectFrom('activities')
      .select(({ fn }) => fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  };
  await vi.waitFor(async () => expect(await done()).toBe(events.length), { timeout: 60_000, interval: 50 });
}
