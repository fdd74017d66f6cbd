import type { Logger } from 'pino';
import type { Store } from '#chassis/store/store.ts';
import { staticCredentials } from '#chassis/vendor/credentials.ts';
import { openVendorHttp } from '#chassis/vendor/http.ts';
import type { CallLimitTables } from '#chassis/vendor/limit-store.ts';
import type { CallObserver } from '#chassis/vendor/metrics.ts';
import { oauthCredentials } from '#chassis/vendor/oauth.ts';
import { openVendorCalls } from '#chassis/vendor/open-calls.ts';
import type { Sealing } from '#chassis/vendor/sealing.ts';
import { readSecret } from '#chassis/vendor/secrets.ts';
import type {
  AskOptions,
  ChangePage,
  PushOptions,
  RecordKey,
  Seen,
  TypeCapabilities,
} from '#chassis/vendor/system.ts';
import type { VendorTokenTables } from '#chassis/vendor/token-store.ts';
import type { CrmChange, CrmSystem, CrmType } from './crm.ts';
import type { Account } from './hubspot/account.ts';
import { limiting, limitsOfAccount, reachedOf, reasonOf } from './hubspot/answers.ts';
import { changedObjects } from './hubspot/changes.ts';
import { checkAccount } from './hubspot/check.ts';
import { fieldsOf } from './hubspot/fields.ts';
import { readMapping } from './hubspot/mapping.ts';
import { batchSize } from './hubspot/objects.ts';
import { changedOwners, readOwners } from './hubspot/owners.ts';
import { pushChange } from './hubspot/push.ts';
import { keysOf, readObjects } from './hubspot/read.ts';
import { openSdk } from './hubspot/sdk.ts';
import { type HubspotSettings, limitsOf } from './hubspot/settings.ts';
import { hubspotWebhook } from './hubspot/webhook.ts';

const vendor = 'hubspot';

export interface HubspotOptions<Tables> {
  readonly tenant: string;
  /** Where limits are counted and tokens kept. */
  readonly store: Pick<Store<Tables>, 'engine' | 'briefly'>;
  readonly log: Logger;
  /** Asked for where tokens are to be kept. */
  readonly sealing: () => Promise<Sealing>;
  readonly observer?: CallObserver | undefined;
  /** Of changes; default 100. HubSpot takes up to 200. */
  readonly pageSize?: number;
}

/**
 * Opens a tenant's CRM at HubSpot; nothing is asked of it yet.
 * @throws Error for a mapping, a secret or an address that cannot be used
 */
export async function openHubspot<Tables extends CallLimitTables & VendorTokenTables>(
  settings: HubspotSettings,
  { tenant, store, log, sealing, observer, pageSize = batchSize }: HubspotOptions<Tables>,
): Promise<CrmSystem> {
  const { portalId, baseUrl, webhook } = settings;
  const mapping = await readMapping(settings.mapping);
  const place = { vendor, account: String(portalId), tenant, store, log };
  const clientSecret = webhook && (await readSecret(webhook.clientSecret));
  const credentials = await credentialsOf(settings, place, sealing);
  const calls = openVendorCalls({ ...place, limits: limitsOf(settings), ...(observer && { observer }) });
  const said = { reasonOf, reachedOf, limitOf: limitsOfAccount, limiting };
  const http = openVendorHttp({ vendor, origin: baseUrl, calls, credentials, ...said, log });
  const account: Account = {
    sdk: openSdk(http, baseUrl.replace(/\/+$/, '')),
    settings,
    mapping,
    fields: fieldsOf(mapping, settings),
    pageSize,
  };
  const objectOf = (keys: readonly string[]): TypeCapabilities => ({ keys, batch: batchSize, changes: true });
  const system = {
    vendor,
    capabilities: {
      types: {
        users: objectOf(['id']),
        accounts: objectOf(keysOf.accounts),
        contacts: objectOf(keysOf.contacts),
        leads: objectOf(keysOf.leads),
        opportunities: objectOf(keysOf.opportunities),
      },
      webhook: clientSecret === undefined ? 'none' : 'keys',
    },
    read: async (type: CrmType, key: RecordKey, options: AskOptions): Promise<readonly Seen<object>[]> =>
      type === 'users' ? readOwners(account, key, options) : readObjects(account, type, key, options),
    changes: async (type: CrmType, since: string | null, options: AskOptions): Promise<ChangePage<object>> =>
      type === 'users'
        ? changedOwners(account, since, options)
        : changedObjects(account, type, since, options),
    push: (change: CrmChange, options: PushOptions) => pushChange(account, change, options),
    webhook: clientSecret === undefined ? null : hubspotWebhook({ clientSecret, portalId }),
    check: (signal: AbortSignal) => checkAccount(account, signal),
    close: async () => {
      await calls.close();
      await http.close();
      await credentials.close();
    },
  };
  return system as CrmSystem;
}

async function credentialsOf<Tables extends VendorTokenTables>(
  { credentials, baseUrl }: HubspotSettings,
  place: Omit<HubspotOptions<Tables>, 'sealing'> & { readonly vendor: string; readonly account: string },
  sealing: () => Promise<Sealing>,
) {
  if ('privateApp' in credentials) {
    const fixed = await staticCredentials({ secret: credentials.privateApp });
    return { ...fixed, close: async () => {} };
  }
  const url = `${baseUrl.replace(/\/+$/, '')}/oauth/v1/token`;
  return oauthCredentials({ ...place, ...credentials.oauth, url, sealing: await sealing() });
}
