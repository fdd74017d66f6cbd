import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { campaignsOf } from '#cli/seed/campaigns.ts';
import { worldOf } from '#cli/seed/world.ts';
import { publishedLimits } from '#subgraphs/email/adapters/klaviyo/settings.ts';
import { houseWorld, type RecordsPlace } from '../house.ts';
import { type EmailPlaceOptions, openEmailPlace, wideLimits } from './email-place.ts';
import { startKlaviyo } from './klaviyo.ts';
import { klaviyoId, klaviyoMetrics, loadKlaviyo, trigger } from './klaviyo-world.ts';

const adapterFolder = resolve(import.meta.dirname, '../../../subgraphs/email/adapters/klaviyo');
const key = 'pk_a_key_of_places';

/** An email platform at Klaviyo's double. What runs in the demo is a flow, and a metric starts the one that is active. */
export async function openKlaviyoPlace(options?: EmailPlaceOptions): Promise<RecordsPlace> {
  const double = await startKlaviyo({ apiKeys: [key], seed: { metrics: klaviyoMetrics } });
  const { state } = double;
  const profileOf = (address: string) => state.findProfile({ email: address });
  const usual = parse(await readFile(join(adapterFolder, 'mapping.yaml'), 'utf8'));
  const active = campaignsOf(worldOf({ ...houseWorld, accounts: 1 })).filter(
    ({ status }) => status === 'ACTIVE',
  );
  return openEmailPlace(
    {
      adapter: 'klaviyo',
      key,
      vendorId: klaviyoId,
      settings: { baseUrl: double.url, limits: wideLimits(publishedLimits) },
      mapping: {
        ...usual,
        enrollment: Object.fromEntries(active.map(({ id }) => [klaviyoId(id), trigger])),
      },
      load: (world) => loadKlaviyo(state, world),
      mayMail: (address) => profileOf(address)?.suppressions.length === 0,
      entered: (address) => {
        const [profileId, metricId] = [profileOf(address)?.id, state.metricNamed(trigger).id];
        return state.events.filter((event) => event.profileId === profileId && event.metricId === metricId)
          .length;
      },
      close: double.close,
    },
    options,
  );
}
