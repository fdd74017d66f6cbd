import { LRUCache } from 'lru-cache';
import { placeholder } from './columns.ts';
import { dateReader } from './date-format.ts';
import type {
  DateField,
  EnumField,
  IntegerField,
  MoneyField,
  PlainField,
  ReferenceField,
  TextField,
} from './field-mappings.ts';
import type { FieldType, ImportKind } from './kinds.ts';
import { naturalId } from './natural-id.ts';
import type { Note } from './notices.ts';
import { Refused, readDomain, readEmail, readInteger, readMoney, readText } from './read-value.ts';

export type ColumnValue = string | number | null;

/** A reference as a row makes it: whether it leads anywhere only the store knows. */
export interface Reference {
  readonly field: string;
  readonly to: ImportKind;
  readonly id: string;
  /** The natural key as it stands in the file. */
  readonly key: string;
  readonly unknown: 'refuse' | 'without';
}

export interface Filling {
  readonly values: Record<string, ColumnValue>;
  readonly references: Reference[];
}

/** A row in work: its cleaned cells by column, and where notes go. */
export interface Row {
  readonly cell: (column: string) => string;
  readonly note: (note: Note) => void;
}

/** Fills the columns of one field; throws {@link Refused}. */
export type FieldReader = (row: Row, into: Filling) => void;

/** Whose field is read: references are made of the source's keys. */
export interface FieldOwner {
  readonly as: ImportKind;
  readonly source: string;
}

/** The mapping was checked against the kind: the shape that `given` has follows from the field's type. */
export function fieldReader(owner: FieldOwner, name: string, field: FieldType, given: unknown): FieldReader {
  switch (field.type) {
    case 'text':
      return textReader(name, given as TextField);
    case 'domain':
      return scalarReader(name, given as PlainField, readDomain);
    case 'email':
      return scalarReader(name, given as PlainField, readEmail);
    case 'integer': {
      const signs = given as IntegerField;
      return scalarReader(name, signs, (text) => readInteger(text, signs, field.min, field.max));
    }
    case 'money':
      return moneyReader(name, given as MoneyField);
    case 'date':
      return dateFieldReader(name, given as DateField);
    case 'enum':
      return enumReader(name, given as EnumField);
    case 'reference':
      return referenceReader(owner, name, field.to, given as ReferenceField);
  }
}

function scalarReader(name: string, field: PlainField, read: (text: string) => ColumnValue): FieldReader {
  return (row, { values }) => {
    const text = row.cell(field.column) || fallback(row, name, field);
    values[name] = text === '' ? null : read(text);
  };
}

function textReader(name: string, field: TextField): FieldReader {
  const { template, column } = field;
  const fill = template
    ? template.map((text) => ({
        text,
        columns: [...text.matchAll(placeholder)].map((match) => match[1] ?? ''),
      }))
    : [];
  return (row, { values }) => {
    const chosen = fill.find(({ columns }) => columns.every((named) => row.cell(named) !== ''));
    const written = column
      ? row.cell(column)
      : (chosen?.text.replace(placeholder, (_match, named: string) => row.cell(named)) ?? '');
    const text = written || fallback(row, name, field);
    values[name] = text === '' ? null : readText(text);
  };
}

function moneyReader(name: string, field: MoneyField): FieldReader {
  return (row, { values }) => {
    const text = row.cell(field.column) || fallback(row, name, field);
    const currency = field.currency ?? row.cell(field.currencyColumn ?? '');
    if (text !== '' && currency === '') throw new Refused(`"${text}" has no currency`);
    values[`${name}Minor`] = text === '' ? null : readMoney(text, field, field.scale, currency);
    values[`${name}Currency`] = text === '' ? null : currency.toUpperCase();
  };
}

function dateFieldReader(name: string, field: DateField): FieldReader {
  const readers = field.formats.map(dateReader);
  const read = remembered(
    (text) => readers.map((reader) => reader(text)).find((date) => date !== null) ?? '',
  );
  return scalarReader(name, field, (text) => {
    const date = read(text);
    if (date !== '') return date;
    throw new Refused(`"${text}" is not a date that exists, written ${field.formats.join(' or ')}`);
  });
}

function enumReader(name: string, field: EnumField): FieldReader {
  const values = new Map(Object.entries(field.values));
  return (row, into) => {
    const written = row.cell(field.column);
    const value = written === '' ? fallback(row, name, field) || null : values.get(written);
    if (value === undefined && field.unknown === 'refuse') {
      throw new Refused(`"${written}" is none of ${[...values.keys()].join(', ')}`);
    }
    if (value === undefined) row.note({ text: `${name}: unknown values read as empty`, example: written });
    into.values[name] = value ?? null;
  };
}

function referenceReader(
  { as, source }: FieldOwner,
  name: string,
  to: ImportKind,
  field: ReferenceField,
): FieldReader {
  const idOf = remembered((key) => naturalId(source, to, JSON.parse(key) as string[]));
  return ({ cell, note }, { values, references }) => {
    const parts = field.column.map(cell);
    if (parts.every((part) => part === '')) {
      values[`${name}Id`] = null;
      if (to !== as) note({ text: `without ${name}` });
      return;
    }
    if (parts.includes('')) throw new Refused('a part of the key is empty');
    const id = idOf(JSON.stringify(parts));
    values[`${name}Id`] = id;
    if (to !== as) {
      references.push({ field: name, to, id, key: parts.join(', '), unknown: field.unknown ?? 'refuse' });
    }
  };
}

function fallback({ note }: Row, name: string, field: { readonly default?: string }): string {
  if (field.default === undefined) return '';
  note({ text: `${name}: empty, read as "${field.default}"` });
  return field.default;
}

/** Columns such as dates and owners hold the same few texts in row after row. */
function remembered(read: (text: string) => string): (text: string) => string {
  const known = new LRUCache<string, string>({ max: 10_000 });
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const value = read(text);
    known.set(text, value);
    return value;
  };
}
