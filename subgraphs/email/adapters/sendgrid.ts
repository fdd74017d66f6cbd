import type { Logger } from 'pino';
import { readConfiguration } from '#chassis/vendor/configuration.ts';
import { staticCredentials } from '#chassis/vendor/credentials.ts';
import type { CallLimitTables } from '#chassis/vendor/limit-store.ts';
import { openVendorCalls, type VendorCallsOptions } from '#chassis/vendor/open-calls.ts';
import { type EmailSystem, type EmailType, readingBy, type TypeReader } from './email.ts';
import { campaignChanges, campaignsPerRead, readCampaigns } from './sendgrid/campaigns.ts';
import { checkSendgrid } from './sendgrid/check.ts';
import { openSendgridClient, vendor } from './sendgrid/client.ts';
import { contactsPerRead, findContacts, recipientOf } from './sendgrid/contacts.ts';
import { enroll } from './sendgrid/enroll.ts';
import { readSendgridMapping } from './sendgrid/mapping.ts';
import { publishedLimits, sendgridSettings } from './sendgrid/settings.ts';
import { lift, suppress } from './sendgrid/suppress.ts';
import { readSuppressions, suppressionChanges, suppressionsPerRead } from './sendgrid/suppressions.ts';
import { sendgridWebhook } from './sendgrid/webhook.ts';

export interface SendgridOptions<Tables extends CallLimitTables>
  extends Pick<
    VendorCallsOptions<Tables>,
    'tenant' | 'account' | 'store' | 'observer' | 'attemptMs' | 'repetitions' | 'breaker' | 'longestWaitMs'
  > {
  /** What `sendgridSettings` describes. */
  readonly settings: unknown;
  readonly log: Logger;
  /** Before it is asked again whether an import has ended, at first. Default 1,000. */
  readonly importPauseMs?: number;
}

/**
 * SendGrid as an email platform: single sends and automations as campaigns, marketing contacts as recipients, its lists of
 * suppressions, and the event webhook. Nothing is asked of it before the first call.
 * @throws Error naming what of settings, mapping or secrets cannot be used
 */
export async function openSendgrid<Tables extends CallLimitTables>(
  options: SendgridOptions<Tables>,
): Promise<EmailSystem> {
  const { settings: given, log, importPauseMs: pauseMs = 1_000, ...ofCalls } = options;
  const settings = readConfiguration('settings of sendgrid', sendgridSettings, given);
  const { apiKey, baseUrl, onBehalfOf, consentGroup, webhookPublicKey, overlapSeconds } = settings;
  const mapping = await readSendgridMapping(settings.mapping);
  const webhook = webhookPublicKey === undefined ? null : sendgridWebhook({ publicKey: webhookPublicKey });
  const credentials = await staticCredentials({ secret: apiKey });
  const limits = { ...publishedLimits, ...settings.limits };
  const calls = openVendorCalls({ ...ofCalls, vendor, log, limits });
  const client = openSendgridClient({ baseUrl, onBehalfOf, calls, credentials, log });
  const source = {
    client,
    mapping,
    consentGroup,
    overlapSeconds,
    importMs: settings.importSeconds * 1_000,
    pauseMs,
  };

  const nothingNew = async (since: string | null) => ({ seen: [], next: since ?? '', more: false });
  const readers: { readonly [Type in EmailType]: TypeReader<Type> } = {
    campaigns: {
      read: (key, ask) => readCampaigns(source, key, ask),
      changes: (since, ask) => campaignChanges(source, since, ask),
    },
    recipients: {
      read: async (key, ask) => (await findContacts(client, key, ask)).map(recipientOf),
      // There are exports of all contacts, and no feed of those that changed.
      changes: nothingNew,
    },
    suppressions: {
      read: (key, ask) => readSuppressions(source, key, ask),
      changes: (since, ask) => suppressionChanges(source, since, ask),
    },
    activities: {
      read: async ({ by }) => {
        throw new Error(`sendgrid has no activities by "${by}": its event webhook alone tells of them.`);
      },
      changes: nothingNew,
    },
  };

  return {
    vendor,
    capabilities: {
      types: {
        campaigns: { keys: ['id'], batch: campaignsPerRead, changes: true },
        recipients: { keys: ['id', 'externalId', 'address'], batch: contactsPerRead, changes: false },
        // A line of a list has no id of the vendor's.
        suppressions: { keys: ['address'], batch: suppressionsPerRead, changes: true },
        activities: { keys: [], batch: 1, changes: false },
      },
      webhook: webhook === null ? 'none' : 'content',
    },
    ...readingBy(readers),
    push: async (change, { signal }) => {
      signal.throwIfAborted();
      const ask = { urgency: 'push', signal } as const;
      switch (change.kind) {
        case 'enroll':
          return enroll(change, source, ask);
        case 'suppress':
          return suppress(change, source, ask);
        case 'lift':
          return lift(change, source, ask);
      }
    },
    webhook,
    check: (signal) => checkSendgrid(source, signal),
    close: async () => {
      await calls.close();
      await client.close();
    },
  };
}
