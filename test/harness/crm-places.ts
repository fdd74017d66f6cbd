import type { RecordsPlace } from './house.ts';
import { openHubspotCrm } from './vendors/hubspot-crm.ts';

/**
 * Where the CRM's records may be; what a client is promised holds for all. What differs at a vendor, and is meant to:
 * `syncState` says that it has a row; what a backfill finds is told by events of origin `vendor`; users have ids made of
 * HubSpot's; and HubSpot refuses a lead without a contact, so that suites that wait for its answer name one.
 */
export const crmPlaces: readonly {
  readonly crm: string;
  readonly openPlace: () => Promise<RecordsPlace | undefined>;
}[] = [
  { crm: 'embedded', openPlace: async () => undefined },
  { crm: 'hubspot', openPlace: () => openHubspotCrm() },
];
