import type { Seen } from '#chassis/vendor/system.ts';
import type { CrmRecords } from '../crm.ts';
import {
  type Codec,
  checkProperty,
  type ObjectSchema,
  type Properties,
  type Values,
  type Written,
} from './codec.ts';
import { amountOf, dateOf, nameOf, textOf, wholeOf, wordsOf } from './codecs.ts';
import type { HubspotMapping } from './mapping.ts';
import { type ObjectRecord, objects } from './objects.ts';
import type { HubspotSettings } from './settings.ts';
import { stagesOf } from './stages.ts';

/** How the records of one type are made of properties, and the other way round. */
export interface RecordFields {
  /** That have to be asked for. */
  readonly properties: readonly string[];
  /** @param references the vendor's ids of what the record refers to by associations */
  readonly read: (found: Found, references: Values) => Seen<Values>;
  readonly writeNeeds: (fields: readonly string[]) => readonly string[];
  /** Properties for those of the values that are given; see `Codec`. */
  readonly write: (values: Values, present: Properties | null) => Written;
  /** All that does not fit, in sentences. */
  readonly check: (schema: ObjectSchema) => readonly string[];
}

/** A record as the SDK answers it. */
export interface Found {
  readonly id: string;
  readonly properties: Properties;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly archived?: boolean;
}

type Config = Pick<HubspotSettings, 'currency' | 'timeZone'>;

export type AllFields = Readonly<Record<ObjectRecord, RecordFields>>;

/** @param config of the account: its currency and time zone */
export function fieldsOf(mapping: HubspotMapping, config: Config): AllFields {
  const { currency, timeZone } = config;
  const { accounts, contacts, leads, opportunities } = mapping;
  const owner = (property: string | null) =>
    textOf('ownerId', property === null ? null : { property, values: null });
  const codecs = {
    accounts: [
      nameOf('name', accounts.name),
      textOf('domain', accounts.domain),
      textOf('industry', accounts.industry),
      wholeOf('employees', accounts.employees),
      amountOf('revenueMinor', 'revenueCurrency', accounts.revenue, currency),
      textOf('country', accounts.country),
      wholeOf('foundedYear', accounts.foundedYear),
      wordsOf('lifecycleStage', accounts.lifecycleStage),
      textOf('parentId', accounts.parentId === null ? null : { property: accounts.parentId, values: null }),
      owner(accounts.ownerId),
    ],
    contacts: [
      nameOf('name', contacts.name),
      textOf('email', { property: contacts.email, values: null }),
      textOf('title', contacts.title),
      textOf('phone', contacts.phone),
      textOf('country', contacts.country),
    ],
    leads: [stagesOf('status', leads.status), textOf('source', leads.source), owner(leads.ownerId)],
    opportunities: [
      nameOf('name', opportunities.name),
      stagesOf('stage', opportunities.stage),
      amountOf('amountMinor', 'amountCurrency', opportunities.amount, currency),
      textOf('product', opportunities.product),
      dateOf('openDate', opportunities.openDate, timeZone),
      dateOf('closeDate', opportunities.closeDate, timeZone),
      owner(opportunities.ownerId),
    ],
  } satisfies { readonly [Type in ObjectRecord]: readonly Codec[] };
  return {
    accounts: recordFields('accounts', codecs.accounts, mapping),
    contacts: recordFields('contacts', codecs.contacts, mapping),
    leads: recordFields('leads', codecs.leads, mapping),
    opportunities: recordFields('opportunities', codecs.opportunities, mapping),
  };
}

function recordFields(type: ObjectRecord, codecs: readonly Codec[], mapping: HubspotMapping): RecordFields {
  const { externalId } = mapping;
  const { modified } = objects[type];
  const ofFields = (fields: readonly string[]) =>
    codecs.filter((codec) => codec.fields.some((field) => fields.includes(field)));
  return {
    properties: [...new Set([...codecs.flatMap(({ properties }) => properties), modified, externalId])],
    read: ({ id, properties, createdAt, updatedAt, archived }, references) => {
      if (archived) return { kind: 'gone', id };
      const read = codecs.map((codec) => codec.read(properties));
      const problems = read.flatMap((each) => (each.kind === 'problem' ? [each.problem] : []));
      if (problems.length > 0) return { kind: 'unmapped', id, problems };
      const values = Object.assign(
        { ...references },
        ...read.map((each) => (each.kind === 'values' ? each.values : {})),
      ) as CrmRecords[ObjectRecord];
      const record = {
        id,
        externalId: properties[externalId] || null,
        values: { ...values },
        createdAt: createdAt.toISOString(),
        changedAt: new Date(properties[modified] ?? updatedAt).toISOString(),
      };
      return { kind: 'record', record };
    },
    writeNeeds: (fields) => [...new Set(ofFields(fields).flatMap(({ writeNeeds }) => writeNeeds))],
    write: (values, present) => {
      const written = ofFields(Object.keys(values)).map((codec) => codec.write(values, present));
      const refused = written.find(({ kind }) => kind === 'rejected');
      if (refused !== undefined) return refused;
      const properties = written.map((each) => (each.kind === 'properties' ? each.properties : {}));
      return { kind: 'properties', properties: Object.assign({}, ...properties) };
    },
    check: (schema) => [
      ...codecs.flatMap((codec) => codec.check(schema)),
      ...checkExternalId(schema, externalId),
      ...(type === 'leads' ? checkProperty(schema, mapping.leads.name) : []),
    ],
  };
}

function checkExternalId(schema: ObjectSchema, name: string): readonly string[] {
  const found = schema.properties.get(name);
  if (found === undefined) {
    return [`there is no property "${name}" for our ids: make one of one line of text with unique values`];
  }
  return found.isUnique
    ? []
    : [`the property "${name}" for our ids does not require unique values: make another`];
}
