/** The form of a text, and an example that has it. */
export interface TextForm {
  readonly pattern: string;
  readonly example: string;
}

/** Text forms of the scalars that are more than text. */
export const textForms = {
  DateTime: {
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$',
    example: '2026-03-01T09:30:00.000Z',
  },
  Date: { pattern: '^\\d{4}-\\d{2}-\\d{2}$', example: '2026-03-01' },
  Decimal: { pattern: '^-?\\d+(\\.\\d+)?$', example: '1234.50' },
} satisfies Readonly<Record<string, TextForm>>;
