import { readFile } from 'node:fs/promises';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { leadStatuses, lifecycleStages, opportunityStages } from '../../store/words.ts';

const property = z.string().regex(/^[a-z][a-z0-9_]*$/, {
  error: ({ input }) => `"${input}" is no internal name of a property: small letters, digits and _`,
});

const text = z
  .union([property, z.strictObject({ property, values: z.record(z.string(), z.string().min(1)) })], {
    error: 'must be the name of a property, { property, values } or null',
  })
  .transform((given) => (typeof given === 'string' ? { property: given, values: null } : given))
  .nullable();

const name = z.strictObject({ properties: z.array(property).min(1), otherwise: property.nullable() });
const money = z.strictObject({ amount: property, currency: property.nullable() }).nullable();
const date = z
  .strictObject({ property, type: z.enum(['date', 'datetime']), readOnly: z.boolean().default(false) })
  .nullable();

/** The words of a field by pipeline and stage. */
const stagesOf = <const Words extends readonly string[]>(words: Words) =>
  z.strictObject({
    pipeline: property,
    stage: property,
    pipelines: z
      .record(z.string(), z.record(z.string(), wordOf(words)))
      .refine((given) => Object.keys(given).length > 0, 'needs a pipeline at least'),
  });

function wordOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: ({ input }) => `"${input}" is none of ${words.join(', ')}` });
}

const mappingShape = z.strictObject({
  externalId: property,
  accounts: z.strictObject({
    name,
    domain: text,
    industry: text,
    employees: property.nullable(),
    revenue: money,
    country: text,
    foundedYear: property.nullable(),
    lifecycleStage: z
      .strictObject({ property, values: z.record(z.string(), wordOf(lifecycleStages).nullable()) })
      .nullable(),
    parentId: property.nullable(),
    ownerId: property.nullable(),
  }),
  contacts: z.strictObject({
    name,
    email: property,
    title: text,
    phone: text,
    country: text,
  }),
  leads: z.strictObject({
    name: property,
    source: text,
    status: stagesOf(leadStatuses),
    ownerId: property.nullable(),
  }),
  opportunities: z.strictObject({
    name,
    stage: stagesOf(opportunityStages),
    amount: money,
    product: text,
    openDate: date,
    closeDate: date,
    ownerId: property.nullable(),
  }),
});

/** How properties are fields; see `mapping.yaml`. */
export type HubspotMapping = z.infer<typeof mappingShape>;

export const usualMapping = new URL('mapping.yaml', import.meta.url);

/** Reads a mapping. @throws Error that names the file and all that is wrong in it */
export async function readMapping(file: string | URL = usualMapping): Promise<HubspotMapping> {
  const place = file instanceof URL ? 'the mapping of HubSpot' : file;
  const written = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`The mapping ${place} of HubSpot cannot be read (${cause.code}).`, { cause });
  });
  let given: unknown;
  try {
    given = parse(written);
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause;
    throw new Error(`The mapping ${place} is no YAML: ${cause.message}`, { cause });
  }
  const read = mappingShape.safeParse(given);
  if (read.success) return read.data;
  throw new Error(`The mapping ${place} does not fit:\n${z.prettifyError(read.error)}`);
}
