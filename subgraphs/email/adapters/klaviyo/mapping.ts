import { join } from 'node:path';
import { z } from 'zod';
import { readConfigurationFile } from '#chassis/vendor/configuration.ts';

const name = z.string().min(1).max(127);

const mappingShape = z.strictObject({
  campaignStatuses: z.record(name, z.enum(['DRAFT', 'SCHEDULED', 'ACTIVE', 'PAUSED', 'COMPLETED'])),
  flowStatuses: z.record(name, z.enum(['DRAFT', 'SCHEDULED', 'ACTIVE', 'PAUSED', 'COMPLETED'])),
  // CONSENT is ours: no word of a vendor's stands for it.
  suppressionReasons: z.record(name, z.enum(['BOUNCE', 'COMPLAINT', 'UNSUBSCRIBE', 'MANUAL'])),
  metrics: z.record(name, z.enum(['SENT', 'DELIVERED', 'OPENED', 'CLICKED', 'BOUNCED'])),
  enrollment: z.record(name, name),
  contactId: z.literal('external_id').nullable(),
  conversionMetric: name.nullable(),
  suppressionProperty: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be 1 to 64 of a-z, 0-9 and "_"'),
});

export type KlaviyoMapping = z.output<typeof mappingShape>;

/**
 * Reads a mapping; the one of the house where no file is named.
 * @throws Error naming the file and all that is wrong in it
 */
export function readKlaviyoMapping(
  file = join(import.meta.dirname, 'mapping.yaml'),
): Promise<KlaviyoMapping> {
  return readConfigurationFile('mapping of klaviyo', mappingShape, file);
}

/** The word of a table, or undefined; names of the language's own objects are in none. */
export function wordFor<Word>(table: Readonly<Record<string, Word>>, value: string | null): Word | undefined {
  return value !== null && Object.hasOwn(table, value) ? table[value] : undefined;
}
