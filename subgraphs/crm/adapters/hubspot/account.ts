import type { CallOptions } from '#chassis/vendor/calls.ts';
import type { AskOptions } from '#chassis/vendor/system.ts';
import type { AllFields } from './fields.ts';
import type { HubspotMapping } from './mapping.ts';
import type { Sdk } from './sdk.ts';
import type { HubspotSettings } from './settings.ts';

/** A tenant's account at HubSpot, as all that is asked of it takes it. */
export interface Account {
  readonly sdk: Sdk;
  readonly settings: HubspotSettings;
  readonly mapping: HubspotMapping;
  readonly fields: AllFields;
  /** Of changes. */
  readonly pageSize: number;
}

/** Reads, which may be sent again. */
export function asking(options: AskOptions, endpoint: 'default' | 'search' = 'default'): CallOptions {
  return { ...options, endpoint, repeatable: true };
}
