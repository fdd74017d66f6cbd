import { readFile } from 'node:fs/promises';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { dateReader } from './date-format.ts';
import { type FieldType, type ImportKind, importKinds, kinds } from './kinds.ts';

const text = z.string().min(1, 'must not be empty');
const columnNames = z
  .union([text, z.array(text).min(1)])
  .transform((names) => (Array.isArray(names) ? names : [names]));

/** What a field takes where its column is empty; counted in the report. */
const fallback = { default: text.optional() };

const numberText = {
  /** The decimal sign, and the sign between thousands. */
  decimal: z.enum(['.', ',']).default('.'),
  thousands: z.enum(['.', ',', "'", ' ']).optional(),
};

const textField = z
  .strictObject({
    column: text.optional(),
    /** `{column}` stands for a column; of several the first whose columns are all filled is taken. */
    template: columnNames.optional(),
    ...fallback,
  })
  .refine((field) => (field.column === undefined) !== (field.template === undefined), {
    error: 'needs either "column" or "template"',
  });
const plainField = z.strictObject({ column: text, ...fallback });
const integerField = z.strictObject({ column: text, ...numberText, ...fallback });
const moneyField = z
  .strictObject({
    column: text,
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as USD')
      .optional(),
    currencyColumn: text.optional(),
    /** What one unit of the column is worth: 1000000 where it counts millions. */
    scale: z.coerce.number().int().positive().default(1),
    ...numberText,
    ...fallback,
  })
  .refine((field) => (field.currency === undefined) !== (field.currencyColumn === undefined), {
    error: 'needs either "currency" or "currencyColumn"',
  });
const dateField = z.strictObject({
  column: text,
  formats: z
    .array(
      text.superRefine((format, context) => {
        try {
          dateReader(format);
        } catch (error) {
          context.addIssue({ code: 'custom', message: (error as Error).message });
        }
      }),
    )
    .min(1),
  ...fallback,
});

function enumField(values: readonly string[]) {
  return z.strictObject({
    column: text,
    values: z.record(text, z.enum(values as [string, ...string[]])),
    /** A value that is not in the list refuses its row, unless it is to be read as empty. */
    unknown: z.enum(['refuse', 'empty']).default('refuse'),
    default: z.enum(values as [string, ...string[]]).optional(),
  });
}

/**
 * A reference to another kind is looked for: where it leads nowhere the row is refused or written without.
 * One within the same kind may lead to a row further down, so it is written as it is and looked for at the end.
 */
function referenceField(from: ImportKind, to: ImportKind) {
  return from === to
    ? z.strictObject({ column: columnNames })
    : z.strictObject({ column: columnNames, unknown: z.enum(['refuse', 'without']) });
}

function fieldSchema(kind: ImportKind, field: FieldType) {
  switch (field.type) {
    case 'text':
      return textField;
    case 'domain':
    case 'email':
      return plainField;
    case 'integer':
      return integerField;
    case 'money':
      return moneyField;
    case 'date':
      return dateField;
    case 'enum':
      return enumField(field.values);
    case 'reference':
      return referenceField(kind, field.to);
  }
}

export type TextField = z.infer<typeof textField>;
export type PlainField = z.infer<typeof plainField>;
export type IntegerField = z.infer<typeof integerField>;
export type MoneyField = z.infer<typeof moneyField>;
export type DateField = z.infer<typeof dateField>;
export type EnumField = z.infer<ReturnType<typeof enumField>>;
export interface ReferenceField {
  readonly column: readonly string[];
  readonly unknown?: 'refuse' | 'without';
}

/** One record that a row makes: its natural key, and how its fields are filled. */
export interface RecordMapping {
  readonly key: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How a file is read; see README.md beside this file. */
export interface Mapping extends RecordMapping {
  readonly file: string;
  readonly source: string;
  readonly as: ImportKind;
  readonly csv: { readonly delimiter: string; readonly encoding: string };
  readonly empty: readonly string[];
  readonly columns: Readonly<
    Record<string, { readonly correct: Readonly<Record<string, string>>; readonly empty: readonly string[] }>
  >;
  readonly ignore: readonly string[];
  readonly also: readonly RecordMapping[];
  readonly after: readonly 'derive-account-owners'[];
}

function mappingSchema(as: ImportKind) {
  const { fields, required } = kinds[as];
  const shape = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const schema: z.ZodType = fieldSchema(as, field);
      return [name, required.includes(name) ? schema : schema.optional()];
    }),
  );
  const record = { key: columnNames, fields: z.strictObject(shape) };
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
        z.strictObject({ correct: z.record(text, text).default({}), empty: z.array(text).default([]) }),
      )
      .default({}),
    ignore: z.array(text).default([]),
    ...record,
    also: z.array(z.strictObject(record)).default([]),
    after: z.array(z.literal('derive-account-owners')).default([]),
  });
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
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'mapping'}: ${message}`,
    );
    throw new Error(`${file} is not a mapping that can be used. ${problems.join('; ')}`);
  }
  return { ...(parsed.data as Omit<Mapping, 'file'>), file };
}
