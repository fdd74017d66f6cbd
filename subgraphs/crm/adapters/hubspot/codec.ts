import type { MappingProblem } from '#chassis/vendor/system.ts';

/** As HubSpot has them: all values are text, null where there is none. */
export type Properties = Readonly<Record<string, string | null>>;

export type Values = Readonly<Record<string, unknown>>;

export type Read =
  | { readonly kind: 'values'; readonly values: Values }
  | { readonly kind: 'problem'; readonly problem: MappingProblem };

export type Written =
  /** Text for each property, empty where it has no value any more. */
  | { readonly kind: 'properties'; readonly properties: Readonly<Record<string, string>> }
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string };

/** What an account has set up for one of its types of objects. */
export interface ObjectSchema {
  readonly properties: ReadonlyMap<string, PropertySchema>;
  /** Ids of the stages and their labels, by the id of the pipeline; empty where the type has none. */
  readonly pipelines: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export interface PropertySchema {
  /** `string`, `number`, `date`, `datetime`, `enumeration` or `bool`. */
  readonly type: string;
  /** Null where any value of the type may stand. */
  readonly options: readonly string[] | null;
  readonly isUnique: boolean;
}

/** The way between one field of the domain, or some that belong together, and properties of HubSpot. */
export interface Codec {
  readonly fields: readonly string[];
  /** That have to be asked for. */
  readonly properties: readonly string[];
  readonly read: (properties: Properties) => Read;
  /** Those of the properties that must be known before an existing record can be written. */
  readonly writeNeeds: readonly string[];
  /** @param present of the record that is written, those that are needed; null for a new one */
  readonly write: (values: Values, present: Properties | null) => Written;
  /** What of it the account does not have, in sentences that name the property. */
  readonly check: (schema: ObjectSchema) => readonly string[];
}

export const valuesOf = (values: Values): Read => ({ kind: 'values', values });

export const propertiesOf = (properties: Readonly<Record<string, string>>): Written => ({
  kind: 'properties',
  properties,
});

export function problem(field: string, property: string, value: string): Read {
  return { kind: 'problem', problem: { field, property, value } };
}

export function unmappedField(field: string): Written {
  return {
    kind: 'rejected',
    code: 'UNMAPPED_FIELD',
    reason: `HubSpot keeps no ${field}: the mapping names no property for it.`,
  };
}

export function unmappedValue(field: string, value: unknown): Written {
  return {
    kind: 'rejected',
    code: 'UNMAPPED_VALUE',
    reason: `HubSpot has no value for the ${field} "${value}": the mapping has none.`,
  };
}

/** Problems of a property that is not there, or is of another type than can be read. */
export function checkProperty(
  { properties }: ObjectSchema,
  name: string,
  types: readonly string[] = [],
): readonly string[] {
  const found = properties.get(name);
  if (found === undefined) return [`there is no property "${name}"`];
  if (types.length === 0 || types.includes(found.type)) return [];
  return [`the property "${name}" is of the type ${found.type}, and not ${types.join(' or ')}`];
}

/** Problems of words: options of a property that have none, and words for what is no option. */
export function checkWords(
  { properties }: ObjectSchema,
  name: string,
  words: Readonly<Record<string, unknown>>,
): readonly string[] {
  const options = properties.get(name)?.options ?? null;
  if (options === null) return [];
  const without = options.filter((option) => !Object.hasOwn(words, option));
  const unknown = Object.keys(words).filter((option) => !options.includes(option));
  return [
    ...without.map((option) => `the option "${option}" of "${name}" has no word`),
    ...unknown.map((option) => `"${name}" has no option "${option}"`),
  ];
}
