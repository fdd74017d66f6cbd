import type { ConsentRecordValues } from '#subgraphs/consent/store/tables.ts';
import { type ColumnValue, type FieldReader, fieldReader, type Row } from './field-readers.ts';
import { type FieldType, maxInteger } from './kinds.ts';
import type { Mapping } from './mapping.ts';
import type { ConsentMapping, VisitsMapping } from './person-mapping.ts';
import { Refused, readMultiple } from './read-value.ts';

/** What a contact decided, as far as the file says. */
export interface Decision {
  readonly contactId: string;
  readonly purpose: string;
  readonly decision: ConsentRecordValues['decision'];
  readonly legalBasis: ConsentRecordValues['legalBasis'];
  /** The cell that says so, such as `Do Not Email: Yes`. */
  readonly evidence: string;
  /** When the file held, RFC 3339. */
  readonly at: string;
}

/** What a source counted of a lead's visits; null is what it did not count. */
export interface VisitCount {
  readonly leadId: string;
  readonly visits: number | null;
  readonly pageViews: number | null;
  readonly seconds: number | null;
  readonly at: string;
}

export interface PersonFacts {
  readonly decisions: readonly Decision[];
  readonly visitCount: VisitCount | null;
}

interface Person {
  readonly contactId: string | null;
  readonly leadId: string | null;
}

const none: PersonFacts = { decisions: [], visitCount: null };

const count: FieldType = { type: 'integer', min: 0, max: maxInteger };

/**
 * Compiles what a mapping says of consents and visits. The function it makes adds to the reasons where a row
 * cannot be read.
 */
export function personReader(
  mapping: Mapping,
  asOf: string | null,
): (row: Row, person: Person, reasons: string[]) => PersonFacts {
  const { consents, visits } = mapping;
  if (consents.length === 0 && visits === null) return () => none;
  const readTime = timeReader(mapping, asOf);
  const readVisits = visits && visitsReader(mapping, visits);
  return (row, { contactId, leadId }, reasons) => {
    const reading = <Value>(what: string, read: () => Value): Value | null => {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        reasons.push(`${what}: ${error.message}`);
        return null;
      }
    };
    const at = reading('asOf', () => readTime(row));
    if (at === null) return none;
    const decisions = consents.flatMap(
      (consent) => reading(consent.column, () => decisionOf(consent, row, contactId, at)) ?? [],
    );
    const counts = readVisits && reading('visits', () => readVisits(row));
    return { decisions, visitCount: counts && leadId ? { leadId, ...counts, at } : null };
  };
}

/** A day stands for its first moment, UTC. */
function timeReader(mapping: Mapping, asOf: string | null): (row: Row) => string {
  const read = mapping.asOf && fieldReader(mapping, 'asOf', { type: 'date' }, mapping.asOf);
  const now = new Date().toISOString();
  return (row) => {
    const values: Record<string, ColumnValue> = {};
    read?.(row, { values, references: [] });
    const at = typeof values.asOf === 'string' ? `${values.asOf}T00:00:00.000Z` : asOf;
    if (at === null) throw new Refused('is empty, and the import names no day either (--as-of)');
    if (at > now) throw new Refused(`"${at}" lies in the future`);
    return at;
  };
}

function decisionOf(
  { purpose, column, values, legalBasis }: ConsentMapping,
  { cell }: Row,
  contactId: string | null,
  at: string,
): Decision | null {
  const written = cell(column);
  if (written === '') return null;
  const decision = Object.hasOwn(values, written) ? values[written] : undefined;
  if (decision === undefined) {
    throw new Refused(`"${written}" is none of ${Object.keys(values).join(', ')}`);
  }
  if (decision === 'NOTHING') return null;
  if (contactId === null) throw new Refused(`"${written}" belongs to nobody, since the contact has no key`);
  const evidence = `${column}: ${written}`;
  return { contactId, purpose, decision, legalBasis: legalBasis ?? null, evidence, at };
}

/** Answers null where the row counts nothing. */
function visitsReader(
  mapping: Mapping,
  { pageViewsPerVisit, ...counted }: VisitsMapping,
): (row: Row) => Pick<VisitCount, 'visits' | 'pageViews' | 'seconds'> | null {
  const readers = Object.entries(counted).flatMap(([name, field]): FieldReader[] =>
    field === undefined ? [] : [fieldReader(mapping, name, count, field)],
  );
  return (row) => {
    const values: Record<string, ColumnValue> = {};
    for (const read of readers) read(row, { values, references: [] });
    const visits = numberOrNull(values.visits);
    const mean = pageViewsPerVisit ? row.cell(pageViewsPerVisit.column) : '';
    const pageViews =
      pageViewsPerVisit && mean !== '' && visits !== null
        ? pageViewsOf(row, mean, pageViewsPerVisit, visits)
        : numberOrNull(values.pageViews);
    const seconds = numberOrNull(values.seconds);
    return visits === null && pageViews === null && seconds === null ? null : { visits, pageViews, seconds };
  };
}

/** A mean is rounded where it is printed, so that its multiple need not be whole. */
function pageViewsOf(
  { note }: Row,
  mean: string,
  signs: NonNullable<VisitsMapping['pageViewsPerVisit']>,
  visits: number,
): number {
  const { product, exact } = readMultiple(mean, signs, visits);
  if (product > maxInteger) throw new Refused(`${visits} visits of "${mean}" page views are too many`);
  if (!exact) note({ text: 'page views: visits times page views per visit, rounded to a whole number' });
  return product;
}

function numberOrNull(value: ColumnValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
