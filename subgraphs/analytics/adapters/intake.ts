import type { AggregatedKind } from './fact-columns.ts';

/**
 * Which facts are taken into the aggregates: those a watermark passes as it moves from `before` to `asOf`,
 * or those of the batch just written that came behind the watermark. Times are milliseconds since 1970.
 */
export type Intake =
  | { readonly of: 'watermark'; readonly tenant: string; readonly before: number; readonly asOf: number }
  | { readonly of: 'batch'; readonly tenant: string; readonly kind: AggregatedKind; readonly asOf: number };

/** Conversions come first: they decide which touches are on an account's path. */
export function kindsOf(intake: Intake): readonly AggregatedKind[] {
  return intake.of === 'watermark' ? ['conversions', 'touches', 'visits'] : [intake.kind];
}

/** Before the first watermark: midnight of the first day of year 1. */
export const beforeAll = -62_135_596_800_000;

/** Kinds of touches that a lead answered with, as a list of SQL. */
export const responses = `'DOWNLOAD', 'FORM_SUBMISSION', 'ATTENDANCE', 'REPLY', 'MEETING'`;
