import { readFile } from 'node:fs/promises';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { columnNames, type DateField, fieldsSchema, text } from './field-mappings.ts';
import { type ImportKind, importKinds } from './kinds.ts';
import { type ConsentMapping, leadKeys, personKeys, type VisitsMapping } from './person-mapping.ts';

/** One record that a row makes: its natural key, and how its fields are filled. */
export interface RecordMapping {
  readonly key: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What an import does once all rows are in. */
export type Afterwards = 'derive-account-owners' | 'move-watermark';

/** How a file is read; see README.md beside this file. */
export interface Mapping extends RecordMapping {
  readonly file: string;
  readonly source: string;
  readonly as: ImportKind;
  readonly csv: { readonly delimiter: string; readonly encoding: string };
  readonly empty: readonly string[];
  readonly columns: Readonly<
    Record<
      string,
      {
        readonly correct: Readonly<Record<string, string>>;
        readonly empty: readonly string[];
        readonly number?: 'whole';
      }
    >
  >;
  readonly ignore: readonly string[];
  readonly also: readonly RecordMapping[];
  /** The person behind each lead, where the file knows it. */
  readonly contact: RecordMapping | null;
  readonly consents: readonly ConsentMapping[];
  /** What a source counted of a lead's visits. */
  readonly visits: VisitsMapping | null;
  /** The column that says when a row held. */
  readonly asOf: DateField | null;
  readonly after: readonly Afterwards[];
}

function mappingSchema(as: ImportKind) {
  const record = { key: columnNames, fields: fieldsSchema(as) };
  return z.strictObject({
    source: text,
    as: z.literal(as),
    csv: z
      .strictObject({
        delimiter: z.string().length(1, 'must be one character').default(','),
        encoding: text.refine(isEncoding, { error: 'is not an encoding that is known' }).default('utf-8'),
      })
      .prefault({}),
    empty: z.array(text).default([]),
    columns: z
      .record(
        text,
        z.strictObject({
          correct: z.record(text, text).default({}),
          empty: z.array(text).default([]),
          number: z.literal('whole').optional(),
        }),
      )
      .default({}),
    ignore: z.array(text).default([]),
    ...record,
    also: z.array(z.strictObject(record)).default([]),
    ...(as === 'lead' || as === 'contact' ? personKeys : {}),
    ...(as === 'lead' ? leadKeys(fieldsSchema('contact')) : {}),
    after: z
      .array(z.enum(as === 'lead' ? ['derive-account-owners', 'move-watermark'] : ['derive-account-owners']))
      .default([]),
  });
}

/** What keys say about one another. */
function contradictions(mapping: Mapping): readonly string[] {
  const { as, fields, contact, consents, visits, after } = mapping;
  return [
    ...(contact !== null && fields.contact !== undefined
      ? ['fields.contact: the contact is made of the row, so it cannot be named by a column too']
      : []),
    ...(as === 'lead' && contact === null && consents.length > 0
      ? ['consents: need "contact", since a consent belongs to a person']
      : []),
    ...(visits === null && after.includes('move-watermark') ? ['after: move-watermark needs "visits"'] : []),
  ];
}

function isEncoding(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
}

/** Reads a mapping; throws one error that names the file and every key that is wrong. */
export async function readMapping(file: string): Promise<Mapping> {
  return parseMapping(await readFile(file, 'utf8'), file);
}

/** As {@link readMapping}, of text at hand; `file` is what errors call it. */
export function parseMapping(yaml: string, file: string): Mapping {
  let value: unknown;
  try {
    // Without a schema every scalar stays text: a key 007 or a value No means itself.
    value = parse(yaml, { schema: 'failsafe' });
  } catch (error) {
    if (error instanceof YAMLParseError) throw new Error(`${file} is not YAML: ${error.message.trimEnd()}`);
    throw error;
  }
  const kind = z.object({ as: z.enum(importKinds) }).safeParse(value);
  const parsed = kind.success ? mappingSchema(kind.data.as).safeParse(value) : kind;
  if (!parsed.success) {
    throw unusable(
      file,
      parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'mapping'}: ${message}`),
    );
  }
  const { contact, consents = [], visits = null, asOf = null, ...given } = parsed.data as Parsed;
  const mapping: Mapping = {
    ...given,
    consents,
    visits,
    asOf,
    contact: contact ? { key: contact.key ?? given.key, fields: contact.fields } : null,
    file,
  };
  const problems = contradictions(mapping);
  if (problems.length > 0) throw unusable(file, problems);
  return mapping;
}

/** A mapping before its gaps are filled. */
type Parsed = Omit<Mapping, 'file' | PersonKey> &
  Partial<Pick<Mapping, Exclude<PersonKey, 'contact'>>> & {
    readonly contact?: Partial<RecordMapping> & Pick<RecordMapping, 'fields'>;
  };

type PersonKey = 'contact' | 'consents' | 'visits' | 'asOf';

function unusable(file: string, problems: readonly string[]): Error {
  return new Error(`${file} is not a mapping that can be used. ${problems.join('; ')}`);
}
