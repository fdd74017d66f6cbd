import { z } from 'zod';
import { dateReader } from './date-format.ts';
import { type FieldType, type ImportKind, kinds } from './kinds.ts';

export const text = z.string().min(1, 'must not be empty');
export const columnNames = z
  .union([text, z.array(text).min(1)])
  .transform((names) => (Array.isArray(names) ? names : [names]));

/** What a field takes where its column is empty; counted in the report. */
const fallback = { default: text.optional() };

export const numberText = {
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
export const integerField = z.strictObject({ column: text, ...numberText, ...fallback });
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
export const dateField = z.strictObject({
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

/** How a mapping describes a field. */
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

/** The fields of a kind, required ones included. */
export function fieldsSchema(kind: ImportKind): z.ZodType<Readonly<Record<string, unknown>>> {
  const { fields, required } = kinds[kind];
  const shape = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const schema: z.ZodType = fieldSchema(kind, field);
      return [name, required.includes(name) ? schema : schema.optional()];
    }),
  );
  return z.strictObject(shape);
}
