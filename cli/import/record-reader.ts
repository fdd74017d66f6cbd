import { cellCleaner } from './columns.ts';
import { type ColumnValue, type FieldOwner, fieldReader, type Reference, type Row } from './field-readers.ts';
import { type FieldType, kinds } from './kinds.ts';
import type { Mapping, RecordMapping } from './mapping.ts';
import { naturalId } from './natural-id.ts';
import type { Note } from './notices.ts';
import { type Decision, personReader, type VisitCount } from './person-reader.ts';
import { Refused } from './read-value.ts';

/** A record of the store as one row makes it: only the columns that the mapping fills. */
export interface ImportRecord {
  readonly id: string;
  readonly key: string;
  readonly values: Readonly<Record<string, ColumnValue>>;
  /** Those to another kind. */
  readonly references: readonly Reference[];
}

export type ReadRow =
  | {
      readonly kind: 'record';
      readonly main: ImportRecord;
      readonly also: readonly ImportRecord[];
      /** The person behind a lead, where the mapping makes one of the row. */
      readonly contact: ImportRecord | null;
      readonly decisions: readonly Decision[];
      readonly visitCount: VisitCount | null;
      /** What was read otherwise than it was written. */
      readonly notes: readonly Note[];
    }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Compiles a mapping for the header of a file that has all its columns. The function it makes answers a row that
 * cannot be read as refused, with every reason. `asOf` is when the file held, RFC 3339, for rows that do not say.
 */
export function recordReader(
  mapping: Mapping,
  header: readonly string[],
  asOf: string | null,
): (cells: readonly string[]) => ReadRow {
  const clean = cellCleaner(mapping, header);
  const places = new Map(header.map((column, place) => [column, place]));
  const main = compileRecord(mapping, mapping);
  const also = mapping.also.map((record) => compileRecord(mapping, record));
  const contact =
    mapping.contact === null
      ? null
      : compileRecord({ as: 'contact', source: mapping.source }, mapping.contact, 'contact.');
  const readPerson = personReader(mapping, asOf);
  return (cells) => {
    if (cells.length !== header.length) {
      return refused([`the row has ${cells.length} columns, the header ${header.length}`]);
    }
    const broken = header.filter((_column, place) => cells[place]?.includes('\ufffd'));
    if (broken.length > 0) {
      return refused(broken.map((column) => `${column}: holds bytes that are not ${mapping.csv.encoding}`));
    }
    const notes: Note[] = [];
    const note = (made: Note) => void notes.push(made);
    const cleaned = clean(cells, note);
    const row: Row = { cell: (column) => cleaned[places.get(column) ?? -1] ?? '', note };
    const reasons: string[] = [];
    const read = main(row, reasons);
    if (read === null) reasons.push(`${mapping.key.join(', ')}: the key is empty`);
    const others = also.flatMap((readOther) => readOther(row, reasons) ?? []);
    const person = contact?.(row, reasons) ?? null;
    const record = contact === null ? read : withContact(read, person);
    const contactId = mapping.as === 'contact' ? record?.id : person?.id;
    const facts = readPerson(row, { contactId: contactId ?? null, leadId: record?.id ?? null }, reasons);
    return record === null || reasons.length > 0
      ? refused(reasons)
      : { kind: 'record', main: record, also: others, contact: person, ...facts, notes };
  };
}

function refused(reasons: readonly string[]): ReadRow {
  return { kind: 'refused', reason: reasons.join('; ') };
}

function withContact(lead: ImportRecord | null, contact: ImportRecord | null): ImportRecord | null {
  return lead && { ...lead, values: { ...lead.values, contactId: contact?.id ?? null } };
}

/** Makes the reader of one record; it answers null where the row has no key for it. */
function compileRecord(owner: FieldOwner, record: RecordMapping, prefix = '') {
  const { as, source } = owner;
  const { fields, required } = kinds[as];
  const readers = Object.entries(record.fields)
    .filter(([, given]) => given !== undefined)
    .map(([field, given]) => ({ field, read: fieldReader(owner, field, fields[field] as FieldType, given) }));
  return (row: Row, reasons: string[]): ImportRecord | null => {
    const key = keyOf(row, record.key);
    if (key === null) return null;
    const values: Record<string, ColumnValue> = {};
    const references: Reference[] = [];
    for (const { field, read } of readers) {
      try {
        read(row, { values, references });
        if (required.includes(field) && values[field] === null) throw new Refused('is empty');
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        reasons.push(`${prefix}${field}: ${error.message}`);
      }
    }
    return { id: naturalId(source, as, key), key: key.join(', '), values, references };
  };
}

/** The natural key, or null where a part of it is empty. */
function keyOf({ cell }: Row, columns: readonly string[]): readonly string[] | null {
  const key = columns.map(cell);
  return key.includes('') ? null : key;
}
