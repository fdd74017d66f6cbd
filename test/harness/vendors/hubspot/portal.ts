import { type Associations, createAssociations } from './associations.ts';
import type { Actor, Change, Reference } from './changes.ts';
import type { Clock } from './clock.ts';
import { defaultPipelines, type Pipeline } from './pipelines.ts';
import { createRecords, type Records, type StoredRecord } from './records.ts';
import { type ObjectType, type Owner, objectTypes, type PropertyDefinition, propertiesOf } from './schema.ts';
import type { Schema, Values } from './values.ts';

/** A person who works in the CRM. */
const person: Actor = { changeSource: 'CRM_UI', sourceId: 'userId:2501' };

/** What an app's own calls are written by. */
export const integration = (appId: number): Actor => ({
  changeSource: 'INTEGRATION',
  sourceId: String(appId),
});

/** A portal as a test sees it: it fills it, looks into it, and works in it as a person would. */
export interface Portal {
  /** Fills the portal; nobody is told. A search that lags finds it late too, unless `createdAt` is before. @returns the id */
  readonly seed: (
    type: ObjectType,
    values: Values,
    options?: { readonly id?: string; readonly createdAt?: number },
  ) => string;
  /** The same for an association. @param options.primary true to make it the primary one */
  readonly seedAssociation: (
    from: Reference,
    to: Reference,
    options?: { readonly primary?: boolean },
  ) => void;
  /** What there is of a record, archived or not. */
  readonly read: (type: ObjectType, id: string) => StoredRecord | undefined;
  readonly all: (type: ObjectType) => readonly StoredRecord[];
  /** The ids of what a record is associated with. */
  readonly associated: (from: Reference, to: ObjectType) => readonly string[];
  readonly create: (type: ObjectType, values: Values) => string;
  /** An empty text clears a value. */
  readonly edit: (type: ObjectType, id: string, values: Values) => void;
  readonly associate: (from: Reference, to: Reference, options?: { readonly primary?: boolean }) => void;
  readonly dissociate: (from: Reference, to: Reference) => void;
  /** Into the bin, where reads with `archived` still find it. */
  readonly archive: (type: ObjectType, id: string) => void;
  readonly restore: (type: ObjectType, id: string) => void;
  /** For good, as a request under the GDPR has it. */
  readonly delete: (type: ObjectType, id: string) => void;
  readonly owners: Owner[];
}

/** What calls work on. */
export interface PortalState {
  readonly schema: Schema;
  readonly records: Records;
  readonly associations: Associations;
  /** Throws what `create` or `update` would, and changes nothing. */
  readonly check: (type: ObjectType, values: Values, existing?: StoredRecord) => void;
  /** One write of one record with what follows from it. */
  readonly create: (type: ObjectType, values: Values, by: Actor) => StoredRecord;
  readonly update: (record: StoredRecord, values: Values, by: Actor) => StoredRecord;
  readonly link: (from: Reference, to: Reference, typeId: number, by: Actor | null) => void;
}

export interface PortalOptions {
  readonly clock: Clock;
  readonly onChange: (change: Change) => void;
  readonly owners?: readonly Omit<Owner, 'archived'>[];
  /** Custom properties, and others in the place of HubSpot's own of the same name. */
  readonly properties?: Partial<Record<ObjectType, readonly PropertyDefinition[]>>;
  readonly pipelines?: Partial<Record<ObjectType, readonly Pipeline[]>>;
}

const byType = <T>(of: (type: ObjectType) => T) =>
  Object.fromEntries(objectTypes.map((type) => [type, of(type)])) as Record<ObjectType, T>;

export function createPortal({ clock, onChange, owners: given = [], properties, pipelines }: PortalOptions): {
  readonly portal: Portal;
  readonly state: PortalState;
} {
  const owners: Owner[] = given.map((owner) => ({ ...owner, archived: false }));
  const schema = {
    properties: byType((type) => propertiesOf(type, properties?.[type])),
    pipelines: { ...defaultPipelines, ...pipelines },
    owners,
  };
  const records = createRecords({ schema, clock, onChange });
  const associations = createAssociations({
    clock,
    onChange,
    isThere: ({ type, id }) => records.find(type, id) !== undefined,
  });

  function primaryCompany(id: string): Reference | null {
    const { primary = 0 } = associations.typeIds('contacts', 'companies');
    const companies = associations.of({ type: 'contacts', id }, 'companies');
    const found = companies.find(({ typeIds }) => typeIds.includes(primary));
    return found === undefined ? null : { type: 'companies', id: found.id };
  }

  /** A contact's `associatedcompanyid` is its primary company: each of the two follows the other. */
  function followCompany(id: string, by: Actor | null): void {
    const associatedcompanyid = primaryCompany(id)?.id ?? '';
    records.update(records.get('contacts', id), { associatedcompanyid }, by);
  }

  function link(from: Reference, to: Reference, typeId: number, by: Actor | null): void {
    associations.link(from, to, typeId, by);
    followEnds(from, to, by);
  }

  function followEnds(from: Reference, to: Reference, by: Actor | null): void {
    const [contact, company] = from.type === 'contacts' ? [from, to] : [to, from];
    if (contact.type === 'contacts' && company.type === 'companies') followCompany(contact.id, by);
  }

  function unlink(from: Reference, to: Reference, by: Actor | null): void {
    associations.unlink(from, to, by);
    followEnds(from, to, by);
  }

  const check: PortalState['check'] = (type, values, existing) => {
    records.check(type, values, existing);
    const company = type === 'contacts' ? values.associatedcompanyid : undefined;
    if (company !== undefined && company !== '') records.get('companies', company);
  };

  function written(record: StoredRecord, values: Values, by: Actor | null): StoredRecord {
    const company = record.type === 'contacts' ? values.associatedcompanyid : undefined;
    const before = primaryCompany(record.id);
    if (company === '' && before !== null) unlink(record, before, by);
    else if (company) link(record, { type: 'companies', id: company }, 1, by);
    return records.get(record.type, record.id);
  }

  function create(
    type: ObjectType,
    values: Values,
    by: Actor | null,
    options?: { readonly id?: string; readonly createdAt?: number },
  ): StoredRecord {
    check(type, values);
    return written(records.create(type, values, by, options), values, by);
  }

  function update(record: StoredRecord, values: Values, by: Actor | null): StoredRecord {
    check(record.type, values, record);
    return written(records.update(record, values, by), values, by);
  }

  const typeIdOf = (from: Reference, to: Reference, primary = false) => {
    const typeIds = associations.typeIds(from.type, to.type);
    return (primary ? typeIds.primary : undefined) ?? typeIds.plain;
  };

  return {
    state: { schema, records, associations, check, create, update, link },
    portal: {
      seed: (type, values, options) => create(type, values, null, options).id,
      seedAssociation: (from, to, { primary } = {}) => link(from, to, typeIdOf(from, to, primary), null),
      read: (type, id) => records.find(type, id) ?? records.find(type, id, { archived: true }),
      all: (type) => records.all(type),
      associated: (from, to) => associations.of(from, to).map(({ id }) => id),
      create: (type, values) => create(type, values, person).id,
      edit: (type, id, values) => void update(records.get(type, id), values, person),
      associate: (from, to, { primary } = {}) => link(from, to, typeIdOf(from, to, primary), person),
      dissociate: (from, to) => unlink(from, to, person),
      archive: (type, id) => records.archive(records.get(type, id), person),
      restore: (type, id) => records.restore(records.get(type, id, { archived: true }), person),
      delete: (type, id) =>
        records.purge(records.find(type, id) ?? records.get(type, id, { archived: true }), person),
      owners,
    },
  };
}
