import { z } from 'zod';
import { columnNames, dateField, integerField, numberText, text } from './field-mappings.ts';

/** What an import may record of a contact; NOTHING is a value that says nothing about consent. */
const decisions = ['GRANTED', 'DENIED', 'WITHDRAWN', 'NOTHING'] as const;

const legalBases = [
  'CONSENT',
  'CONTRACT',
  'LEGAL_OBLIGATION',
  'VITAL_INTERESTS',
  'PUBLIC_TASK',
  'LEGITIMATE_INTERESTS',
] as const;

const consentMapping = z.strictObject({
  purpose: text,
  column: text,
  values: z.record(text, z.enum(decisions)),
  legalBasis: z.enum(legalBases).optional(),
});

const visitsMapping = z
  .strictObject({
    visits: integerField.optional(),
    pageViews: integerField.optional(),
    /** In place of `pageViews`: a mean that is multiplied by the visits. */
    pageViewsPerVisit: z.strictObject({ column: text, ...numberText }).optional(),
    seconds: integerField.optional(),
  })
  .refine(({ visits, pageViews, seconds }) => visits || pageViews || seconds, {
    error: 'needs at least one of "visits", "pageViews" and "seconds"',
  })
  .refine(({ pageViews, pageViewsPerVisit }) => !(pageViews && pageViewsPerVisit), {
    error: 'takes either "pageViews" or "pageViewsPerVisit"',
  })
  .refine(({ visits, pageViewsPerVisit }) => visits || !pageViewsPerVisit, {
    error: 'needs "visits" to multiply "pageViewsPerVisit" by',
  });

export type ConsentMapping = z.infer<typeof consentMapping>;
export type VisitsMapping = z.infer<typeof visitsMapping>;

/** The keys that only mappings of people have. */
export const personKeys = {
  consents: z.array(consentMapping).default([]),
  asOf: dateField.optional(),
};

/** The keys that only mappings of leads have; `fields` are those of a contact. */
export function leadKeys(fields: z.ZodType<Readonly<Record<string, unknown>>>) {
  return {
    contact: z.strictObject({ key: columnNames.optional(), fields }).optional(),
    visits: visitsMapping.optional(),
  };
}
