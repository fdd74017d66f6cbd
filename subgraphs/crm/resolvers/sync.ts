import type { Synced } from '#chassis/vendor/pushes/sync-columns.ts';
import type { Context } from '../loaders.ts';

/**
 * How a row stands with the vendor's CRM. What came from there and was never changed here is as the vendor has it; where
 * this house is the system of record there is nobody to say.
 */
export const syncFields = {
  syncState: ({ syncState }: Synced, _: object, { readThrough }: Context) =>
    readThrough !== undefined ? (syncState ?? 'ACCEPTED') : null,
  syncReason: ({ syncReason }: Synced, _: object, { readThrough }: Context) =>
    readThrough !== undefined ? syncReason : null,
};
