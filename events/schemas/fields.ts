import { z } from 'zod';

/** The keyword of a JSON Schema that names the field of the graph whose values these are. */
export const graphField = 'x-graphql-field';

const text = z.string().min(1);
const time = z.iso.datetime();

/**
 * An id, or one of the owner's enum values: their list is the owner's to grow, so that it is not repeated here.
 * @param field of the owner's schema, such as `Lead.status`: the graph of events shows the value with that field's type,
 * and only to whoever may read that field. Where the field has an entity, the value is its id.
 */
export const valueAs = (field: string) => text.meta({ [graphField]: field });

/** A time, RFC 3339 in UTC, that a field of the owner's schema has too. */
export const timeAs = (field: string) => time.meta({ [graphField]: field });

/** The names of the fields that a refused change was of; no values. */
export const refusedFields = z
  .array(text)
  .describe('The fields that the change was of; their events tell what they are again.');

/** A word for a program: what a vendor says in sentences may quote somebody, and stands with the entity. */
export const refusalCode = text.describe(
  "The vendor's code of the refusal, or VENDOR_CHANGED_IT where the vendor's own change had the last word.",
);

/** The names of the fields of an entity that have other values than before; no values. */
export const changedFields = (entity: string) =>
  z
    .array(text)
    .describe(`Fields of ${entity} that have other values than before; none where it was removed.`);
