import { z } from 'zod';
import { connectionShape, type VendorAdapters, vendorAdapter } from '#chassis/vendor/connections.ts';
import { rules } from '#chassis/vendor/pushes/rules.ts';
import { type CrmSystem, crmTypes } from './adapters/crm.ts';
import { hubspotSettings } from './adapters/hubspot/settings.ts';
import type { CrmRules } from './pushes/rules.ts';
import type { Tables } from './store/tables.ts';

/** The CRMs that can be the system of record. An SDK is loaded where it is used. */
export const crmAdapters: VendorAdapters<CrmSystem, Tables> = {
  hubspot: vendorAdapter({
    settings: hubspotSettings,
    open: async (settings, place) => (await import('./adapters/hubspot.ts')).openHubspot(settings, place),
  }),
};

const rule = z.enum(rules).optional();

/** Of the fields that the graph changes. */
const crmRules = z.strictObject({
  accounts: z.strictObject({ ownerId: rule }).optional(),
  leads: z.strictObject({ status: rule, ownerId: rule }).optional(),
  opportunities: z.strictObject({ stage: rule, closeDate: rule }).optional(),
}) as unknown as z.ZodType<CrmRules>;

export const crmConnection = connectionShape({ adapters: crmAdapters, types: crmTypes, rules: crmRules });
