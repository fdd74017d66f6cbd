import { z } from 'zod';
import {
  connectionShape,
  type VendorAdapters,
  type VendorPlace,
  vendorAdapter,
} from '#chassis/vendor/connections.ts';
import { type EmailSystem, emailTypes } from './adapters/email.ts';
import { klaviyoSettings } from './adapters/klaviyo/settings.ts';
import { sendgridSettings } from './adapters/sendgrid/settings.ts';
import type { Tables } from './store/tables.ts';

/** Our name of the account in metrics and in the log, where several of one vendor are to be told apart. */
const account = z
  .string()
  .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, "_", "." or "-"')
  .default('main');

/** The email platforms that can be the system of record. An adapter is loaded where it is used. */
export const emailAdapters: VendorAdapters<EmailSystem, Tables> = {
  klaviyo: vendorAdapter({
    settings: klaviyoSettings.extend({ account }),
    open: async ({ account, ...settings }, place) =>
      (await import('./adapters/klaviyo.ts')).openKlaviyo({ ...placeOf(place), account, settings }),
  }),
  sendgrid: vendorAdapter({
    settings: sendgridSettings.extend({ account }),
    open: async ({ account, ...settings }, place) =>
      (await import('./adapters/sendgrid.ts')).openSendgrid({ ...placeOf(place), account, settings }),
  }),
};

export const emailConnection = connectionShape({
  adapters: emailAdapters,
  types: emailTypes,
  rules: z.strictObject({}),
});

function placeOf({ tenant, store, log, observer }: VendorPlace<Tables>) {
  return { tenant, store, log, ...(observer && { observer }) };
}
