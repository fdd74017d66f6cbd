import type { PortalState } from './portal.ts';
import type { StoredRecord } from './records.ts';
import { type Kind, kinds, type ObjectType } from './schema.ts';
import type { Values } from './values.ts';

const shown = ({ created, modified }: Kind) => ['hs_object_id', created, modified];

/**
 * A record as HubSpot answers it: the properties that were asked for and the three that always come, null
 * where there is no value. Names that no property has are left out without a word.
 */
export function objectAnswer(
  { schema }: Pick<PortalState, 'schema'>,
  record: StoredRecord,
  properties: readonly string[] | undefined,
) {
  const kind = kinds[record.type];
  const names = properties === undefined ? kind.shown : [...properties, ...shown(kind)];
  const known = names.filter((name) => schema.properties[record.type].has(name));
  return {
    id: record.id,
    properties: Object.fromEntries(known.map((name) => [name, record.properties[name] ?? null])),
    createdAt: new Date(record.createdAt).toISOString(),
    updatedAt: new Date(record.updatedAt).toISOString(),
    archived: record.archivedAt !== null,
    ...(record.archivedAt !== null && { archivedAt: new Date(record.archivedAt).toISOString() }),
  };
}

/** The same after it was made: all that it holds. */
export function createdAnswer(state: Pick<PortalState, 'schema'>, record: StoredRecord) {
  return objectAnswer(state, record, Object.keys(record.properties));
}

/** The same after a change: what is always shown and what was written, not the rest of the record. */
export function updatedAnswer(state: Pick<PortalState, 'schema'>, record: StoredRecord, written: Values) {
  return objectAnswer(state, record, [...kinds[record.type].shown, ...Object.keys(written)]);
}

/** What a record is associated with, as `associations` of a read has it: an entry for every type of it. */
export function associationsAnswer(
  { associations }: Pick<PortalState, 'associations'>,
  record: StoredRecord,
  to: readonly ObjectType[],
) {
  const found = to.map((type) => {
    const name = `${kinds[record.type].singular}_to_${kinds[type].singular}`;
    const { plain, primary } = associations.typeIds(record.type, type);
    const results = associations.of(record, type).flatMap(({ id, typeIds }) =>
      typeIds.map((typeId) => ({
        id,
        type: typeId === plain && primary !== undefined ? `${name}_unlabeled` : name,
      })),
    );
    return [type, { results }] as const;
  });
  const present = found.filter(([, { results }]) => results.length > 0);
  return present.length === 0 ? {} : { associations: Object.fromEntries(present) };
}
