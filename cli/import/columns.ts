import type { Mapping, RecordMapping } from './mapping.ts';
import type { Note } from './notices.ts';

/** Where a mapping names a column: the path of its key, for errors. */
interface NamedColumn {
  readonly column: string;
  readonly where: string;
}

/** Finds `{column}` in a template. */
export const placeholder = /\{([^{}]+)\}/g;

/** What tools that know only floating-point numbers leave behind a whole one. */
const zeroFraction = /(?<=^-?\d+)\.0+$/;

/** Throws one error that names every column the mapping speaks of and the file lacks. */
export function checkColumns(mapping: Mapping, header: readonly string[], file: string): void {
  const named = [
    ...readColumns(mapping),
    ...Object.keys(mapping.columns).map((column) => ({ column, where: `columns.${column}` })),
    ...mapping.ignore.map((column) => ({ column, where: 'ignore' })),
  ];
  const lacking = named.filter(({ column }) => !header.includes(column));
  if (lacking.length === 0) return;
  const list = lacking.map(({ column, where }) => `"${column}" (${where})`).join(', ');
  throw new Error(`${mapping.file} names columns that ${file} lacks: ${list}. It has: ${header.join(', ')}.`);
}

/** The columns of the file that the mapping neither reads nor names as ignored. */
export function unreadColumns(mapping: Mapping, header: readonly string[]): readonly string[] {
  const used = new Set([...readColumns(mapping).map(({ column }) => column), ...mapping.ignore]);
  return header.filter((column) => !used.has(column));
}

/**
 * Makes the function that prepares a row's cells for reading: trimmed and in Unicode's composed form, words
 * that stand for "no answer" emptied, corrections made; the last two are noted. Whole numbers lose a fraction of
 * zeros: 660737.0 becomes 660737.
 */
export function cellCleaner(
  mapping: Mapping,
  header: readonly string[],
): (cells: readonly string[], note: (note: Note) => void) => readonly string[] {
  const rules = header.map((column) => {
    const own = mapping.columns[column];
    return {
      column,
      empty: new Set([...mapping.empty, ...(own?.empty ?? [])]),
      correct: new Map(Object.entries(own?.correct ?? {})),
      whole: own?.number === 'whole',
    };
  });
  return (cells, note) =>
    rules.map(({ column, empty, correct, whole }, place) => {
      const written = (cells[place] ?? '').trim().normalize('NFC');
      const cell = whole ? written.replace(zeroFraction, '') : written;
      if (empty.has(cell)) {
        note({ text: `${column}: "${cell}" read as empty` });
        return '';
      }
      const corrected = correct.get(cell);
      if (corrected === undefined) return cell;
      note({ text: `${column}: "${cell}" read as "${corrected}"` });
      return corrected;
    });
}

function readColumns(mapping: Mapping): readonly NamedColumn[] {
  return [
    ...recordColumns(mapping, ''),
    ...mapping.also.flatMap((record, place) => recordColumns(record, `also.${place}.`)),
    ...(mapping.contact ? recordColumns(mapping.contact, 'contact.') : []),
    ...mapping.consents.map(({ column }, place) => ({ column, where: `consents.${place}` })),
    ...Object.entries(mapping.visits ?? {}).flatMap(([name, field]) =>
      fieldColumns(field).map((column) => ({ column, where: `visits.${name}` })),
    ),
    ...fieldColumns(mapping.asOf ?? undefined).map((column) => ({ column, where: 'asOf' })),
  ];
}

function recordColumns({ key, fields }: RecordMapping, prefix: string): readonly NamedColumn[] {
  return [
    ...key.map((column) => ({ column, where: `${prefix}key` })),
    ...Object.entries(fields).flatMap(([name, field]) =>
      fieldColumns(field as FieldColumns | undefined).map((column) => ({
        column,
        where: `${prefix}fields.${name}`,
      })),
    ),
  ];
}

/** The keys of any field's mapping that name columns. */
interface FieldColumns {
  readonly column?: string | readonly string[];
  readonly currencyColumn?: string;
  readonly template?: readonly string[];
}

function fieldColumns(field: FieldColumns | undefined): readonly string[] {
  const { column = [], currencyColumn = [], template = [] } = field ?? {};
  const placeholders = template.flatMap((text) =>
    [...text.matchAll(placeholder)].map((match) => match[1] ?? ''),
  );
  return [column, currencyColumn, placeholders].flat();
}
