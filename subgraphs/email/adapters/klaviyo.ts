import type { Logger } from 'pino';
import { readConfiguration } from '#chassis/vendor/configuration.ts';
import { staticCredentials } from '#chassis/vendor/credentials.ts';
import type { CallLimitTables } from '#chassis/vendor/limit-store.ts';
import { openVendorCalls, type VendorCallsOptions } from '#chassis/vendor/open-calls.ts';
import { readSecret } from '#chassis/vendor/secrets.ts';
import { type EmailSystem, type EmailType, readingBy, type TypeReader } from './email.ts';
import { activityChanges } from './klaviyo/activities.ts';
import { campaignChanges, campaignsPerRead, readCampaigns } from './klaviyo/campaigns.ts';
import { checkKlaviyo } from './klaviyo/check.ts';
import { openKlaviyoClient, vendor } from './klaviyo/client.ts';
import { readKlaviyoMapping } from './klaviyo/mapping.ts';
import { openMetrics } from './klaviyo/metrics.ts';
import { findProfiles, profilesPerPage, recipientChanges, recipientOf } from './klaviyo/profiles.ts';
import { pushChange } from './klaviyo/pushes.ts';
import { openReports } from './klaviyo/reports.ts';
import { klaviyoSettings, publishedLimits } from './klaviyo/settings.ts';
import { readSuppressions, suppressionChanges } from './klaviyo/suppressions.ts';
import { klaviyoWebhook } from './klaviyo/webhook.ts';

export interface KlaviyoOptions<Tables extends CallLimitTables>
  extends Pick<
    VendorCallsOptions<Tables>,
    'tenant' | 'account' | 'store' | 'observer' | 'attemptMs' | 'repetitions' | 'breaker' | 'longestWaitMs'
  > {
  /** What `klaviyoSettings` describes. */
  readonly settings: unknown;
  readonly log: Logger;
  /** Milliseconds since 1970, by which what was read grows old. */
  readonly now?: () => number;
}

/**
 * Klaviyo as an email platform. Nothing is asked of it before the first call.
 * @throws Error naming what of settings, mapping or secrets cannot be used
 */
export async function openKlaviyo<Tables extends CallLimitTables>(
  options: KlaviyoOptions<Tables>,
): Promise<EmailSystem> {
  const { settings: given, log, now = Date.now, ...ofCalls } = options;
  const settings = readConfiguration('settings of klaviyo', klaviyoSettings, given);
  const mapping = await readKlaviyoMapping(settings.mapping);
  const credentials = await staticCredentials({
    secret: settings.apiKey,
    headersOf: (secret) => ({ authorization: `Klaviyo-API-Key ${secret}` }),
  });
  const webhook =
    settings.webhookSecret === undefined
      ? null
      : klaviyoWebhook({ secretKey: await readSecret(settings.webhookSecret) });
  const calls = openVendorCalls({
    ...ofCalls,
    vendor,
    log,
    limits: { ...publishedLimits, ...settings.limits },
  });
  const client = openKlaviyoClient({ baseUrl: settings.baseUrl, calls, credentials, log });
  const metrics = openMetrics(client, now);
  const overlapMs = settings.overlapSeconds * 1_000;
  const historyFrom = settings.historyFrom === undefined ? null : `${settings.historyFrom}T00:00:00.000Z`;
  const maxAgeMs = settings.reportMinutes * 60_000;
  const reports = openReports({ client, mapping, metrics, timeZone: settings.timeZone, maxAgeMs, now });
  const source = { client, mapping, metrics, reports, overlapMs, historyFrom, now };

  const readers: { readonly [Type in EmailType]: TypeReader<Type> } = {
    campaigns: {
      read: (key, ask) => readCampaigns(source, key, ask),
      changes: (since, ask) => campaignChanges(source, since, ask),
    },
    recipients: {
      read: async (key, ask) => {
        const profiles = await findProfiles(client, key, 'plain', ask);
        return profiles.map((profile) => recipientOf(profile, mapping));
      },
      changes: (since, ask) => recipientChanges(source, since, ask),
    },
    suppressions: {
      read: (key, ask) => readSuppressions(source, key, ask),
      changes: (since, ask) => suppressionChanges(source, since, ask),
    },
    activities: {
      read: async () => {
        throw new Error('klaviyo tells of activities as they happen; they are read by no key.');
      },
      changes: (since, ask) => activityChanges(source, since, ask),
    },
  };
  const recipientKeys = ['id', ...(mapping.contactId === null ? [] : ['externalId']), 'address'];
  return {
    vendor,
    capabilities: {
      types: {
        campaigns: { keys: ['id'], batch: campaignsPerRead, changes: true },
        recipients: { keys: recipientKeys, batch: profilesPerPage, changes: true },
        suppressions: { keys: ['id', 'recipientId', 'address'], batch: profilesPerPage, changes: true },
        activities: { keys: [], batch: 1, changes: true },
      },
      webhook: webhook === null ? 'none' : 'content',
    },
    ...readingBy(readers),
    push: (change, push) => pushChange({ client, mapping }, change, push),
    webhook,
    check: (signal) => checkKlaviyo(client, mapping, signal),
    close: async () => {
      await calls.close();
      await client.close();
    },
  };
}
