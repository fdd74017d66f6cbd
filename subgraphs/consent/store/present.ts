import type { ConsentState } from '../__generated__/resolvers.ts';
import type { ConsentRecord } from './tables.ts';

/** What is now to be held of one contact and purpose: a view of the latest record. */
export interface PresentConsent {
  readonly purpose: string;
  readonly state: ConsentState;
  /** Null where nothing is recorded. */
  readonly record: ConsentRecord | null;
}

/** `latest` are the latest records of one contact, one a purpose. */
export function presentConsent(purpose: string, latest: readonly ConsentRecord[]): PresentConsent {
  const record = latest.find((candidate) => candidate.purpose === purpose) ?? null;
  return { purpose, state: stateAfter(record), record };
}

/** Silence is not consent, and whoever withdrew it has denied it. */
export function stateAfter(record: Pick<ConsentRecord, 'decision'> | null): ConsentState {
  if (record === null) return 'UNKNOWN';
  return record.decision === 'GRANTED' ? 'GRANTED' : 'DENIED';
}
