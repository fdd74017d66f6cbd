import { Temporal } from '@js-temporal/polyfill';
import { minorUnits, money } from '#chassis/money.ts';
import {
  type Codec,
  checkProperty,
  checkWords,
  problem,
  propertiesOf,
  unmappedField,
  unmappedValue,
  type Values,
  valuesOf,
} from './codec.ts';
import type { HubspotMapping } from './mapping.ts';

type Mapped<Type extends 'accounts' | 'contacts' | 'leads' | 'opportunities'> = HubspotMapping[Type];
type Text = Mapped<'accounts'>['domain'];
type Name = Mapped<'accounts'>['name'];
type Amount = Mapped<'accounts'>['revenue'];
type DateProperty = Mapped<'opportunities'>['closeDate'];

const plain = { writeNeeds: [] } as const;

/** Fields that HubSpot has no property for. They are null, and are not written over what was given in vain. */
export function noProperty(...fields: readonly string[]): Codec {
  return {
    ...plain,
    fields,
    properties: [],
    read: () => valuesOf(Object.fromEntries(fields.map((field) => [field, null]))),
    write: (values) => {
      const given = fields.find((field) => values[field] !== null && values[field] !== undefined);
      return given === undefined ? propertiesOf({}) : unmappedField(given);
    },
    check: () => [],
  };
}

export function textOf(field: string, mapped: Text): Codec {
  if (mapped === null) return noProperty(field);
  const { property, values: words } = mapped;
  if (words !== null) return wordsOf(field, { property, values: words });
  return {
    ...plain,
    fields: [field],
    properties: [property],
    read: (properties) => valuesOf({ [field]: properties[property] || null }),
    write: (values) => propertiesOf({ [property]: String(values[field] ?? '') }),
    check: (schema) => checkProperty(schema, property),
  };
}

/** A name that is never empty. What is written goes into the first of several properties. */
export function nameOf(field: string, { properties: parts, otherwise }: Name): Codec {
  const all = otherwise === null ? parts : [...parts, otherwise];
  const first = parts[0] as string;
  return {
    ...plain,
    fields: [field],
    properties: all,
    read: (properties) => {
      const name = parts.flatMap((part) => properties[part]?.trim() || []).join(' ');
      const found = name || (otherwise === null ? null : properties[otherwise]);
      return found ? valuesOf({ [field]: found }) : problem(field, first, '');
    },
    write: (values) => propertiesOf({ [first]: String(values[field] ?? '') }),
    check: (schema) => all.flatMap((name) => checkProperty(schema, name)),
  };
}

export function wholeOf(field: string, property: string | null): Codec {
  if (property === null) return noProperty(field);
  return {
    ...plain,
    fields: [field],
    properties: [property],
    read: (properties) => {
      const value = properties[property];
      if (!value) return valuesOf({ [field]: null });
      const number = Number(value);
      return Number.isSafeInteger(number) ? valuesOf({ [field]: number }) : problem(field, property, value);
    },
    write: (values) => propertiesOf({ [property]: String(values[field] ?? '') }),
    check: (schema) => checkProperty(schema, property, ['number', 'string']),
  };
}

/**
 * Decimal text in a currency, as minor units of it.
 * @param own the account's currency, where no property says another
 */
export function amountOf(minor: string, currency: string, mapped: Amount, own: string): Codec {
  if (mapped === null) return noProperty(minor, currency);
  const named = mapped.currency;
  return {
    ...plain,
    fields: [minor, currency],
    properties: named === null ? [mapped.amount] : [mapped.amount, named],
    read: (properties) => {
      const amount = properties[mapped.amount];
      if (!amount) return valuesOf({ [minor]: null, [currency]: null });
      const code = (named === null ? null : properties[named]) || own;
      try {
        return valuesOf({ [minor]: minorUnits(amount, code), [currency]: code });
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return problem(minor, mapped.amount, `${amount} ${code}`);
      }
    },
    write: (values) => {
      const code = values[currency] as string | null | undefined;
      const given = money(values[minor] as number | null, code ?? null);
      if (given === null) return propertiesOf({ [mapped.amount]: '' });
      if (named !== null) return propertiesOf({ [mapped.amount]: given.amount, [named]: given.currency });
      return code === own ? propertiesOf({ [mapped.amount]: given.amount }) : unmappedValue(currency, code);
    },
    check: (schema) => [
      ...checkProperty(schema, mapped.amount, ['number', 'string']),
      ...(named === null ? [] : checkProperty(schema, named)),
    ],
  };
}

/** A date, which HubSpot may have as a moment: then it is the date of it in the account's zone. */
export function dateOf(field: string, mapped: DateProperty, zone: string): Codec {
  if (mapped === null) return noProperty(field);
  const { property, type, readOnly } = mapped;
  return {
    ...plain,
    fields: [field],
    properties: [property],
    read: (properties) => {
      const value = properties[property];
      if (!value) return valuesOf({ [field]: null });
      if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return valuesOf({ [field]: value });
      const moment = Date.parse(value);
      if (Number.isNaN(moment)) return problem(field, property, value);
      const date = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(zone).toPlainDate();
      return valuesOf({ [field]: date.toString() });
    },
    write: (values) => {
      if (readOnly) return propertiesOf({});
      const date = values[field] as string | null | undefined;
      if (!date) return propertiesOf({ [property]: '' });
      if (type === 'date') return propertiesOf({ [property]: date });
      const begins = Temporal.PlainDate.from(date).toZonedDateTime(zone);
      return propertiesOf({ [property]: new Date(begins.epochMilliseconds).toISOString() });
    },
    check: (schema) => checkProperty(schema, property, [type]),
  };
}

/** One of the words that the values of a property have; a value without one cannot be said. */
export function wordsOf(
  field: string,
  mapped: { readonly property: string; readonly values: Readonly<Record<string, string | null>> } | null,
): Codec {
  if (mapped === null) return noProperty(field);
  const { property, values: words } = mapped;
  return {
    ...plain,
    fields: [field],
    properties: [property],
    read: (properties) => {
      const value = properties[property];
      if (!value) return valuesOf({ [field]: null });
      const word = Object.hasOwn(words, value) ? words[value] : undefined;
      return word === undefined ? problem(field, property, value) : valuesOf({ [field]: word });
    },
    write: (values: Values) => {
      const word = values[field] ?? null;
      if (word === null) return propertiesOf({ [property]: '' });
      const found = Object.entries(words).find(([, each]) => each === word);
      return found === undefined ? unmappedValue(field, word) : propertiesOf({ [property]: found[0] });
    },
    check: (schema) => [...checkProperty(schema, property), ...checkWords(schema, property, words)],
  };
}
