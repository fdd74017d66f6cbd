import type { Transaction } from 'kysely';
import { selectByKeys } from '#chassis/store/select.ts';
import { selectPurposes } from '#subgraphs/consent/store/purposes.ts';
import { appendRecords } from '#subgraphs/consent/store/records.ts';
import type {
  ConsentRecord,
  ConsentRecordValues,
  Tables as ConsentTables,
} from '#subgraphs/consent/store/tables.ts';
import { dateReader } from './date-format.ts';
import type { Mapping } from './mapping.ts';
import { naturalId } from './natural-id.ts';
import type { Decision, VisitCount } from './person-reader.ts';
import type { ImportParts } from './stores.ts';
import type { Run } from './write-batch.ts';

/** The warehouse looks for known ids once a write, in all of a table. */
const countsPerWrite = 5_000;

/** Consent records and facts are only ever added. */
export interface PersonCounts {
  readonly imported: number;
  readonly unchanged: number;
}

export interface PersonWriter {
  /** Records what is not the state of a contact's purpose already. */
  readonly writeDecisions: (decisions: readonly Decision[]) => Promise<void>;
  /** Takes counts in; some of them are written only by {@link PersonWriter.flush}. */
  readonly writeVisitCounts: (counts: readonly VisitCount[]) => Promise<void>;
  readonly flush: () => Promise<void>;
  /** Declares the warehouse complete up to the latest count of this run; answers the watermark that holds then. */
  readonly moveWatermark: () => Promise<string | null>;
  /** What was written so far, null for what the mapping does not read. */
  readonly counts: () => {
    readonly consents: PersonCounts | null;
    readonly visitCounts: PersonCounts | null;
  };
}

/**
 * Answers the first moment of the day that a file held on, RFC 3339, or null where no row needs one. Throws where
 * the mapping needs a day and nobody names it, and where one is named that nothing needs.
 */
export function dayNeeded(
  { file, consents, visits, asOf }: Mapping,
  given: string | undefined,
): string | null {
  const needed = consents.length > 0 || visits !== null;
  if (given === undefined) {
    if (!needed || asOf !== null) return null;
    throw new Error(
      `${file} reads consents or visits, which hold as of a day: name the day of the export with --as-of YYYY-MM-DD, or its column under "asOf".`,
    );
  }
  if (!needed) throw new Error(`${file} reads nothing that holds as of a day; leave --as-of out.`);
  const day = dateReader('YYYY-MM-DD')(given);
  if (day === null) throw new Error(`--as-of "${given}" is not a day such as 2026-03-01.`);
  const moment = `${day}T00:00:00.000Z`;
  if (moment > new Date().toISOString()) throw new Error(`--as-of ${day} lies in the future.`);
  return moment;
}

/** Throws where the mapping speaks of a purpose that the tenant does not have. */
export async function openPersonWriter(
  { consent, analytics }: ImportParts,
  mapping: Mapping,
  { tenant, observedAt, cause }: Run,
): Promise<PersonWriter> {
  const { source } = mapping;
  if (mapping.consents.length > 0) await checkPurposes(consent.store.db, mapping, tenant);
  const consents = { imported: 0, unchanged: 0 };
  const visitCounts = { imported: 0, unchanged: 0 };
  let latest: string | null = null;
  let pending: VisitCount[] = [];
  const flush = async () => {
    if (pending.length === 0) return;
    const rows = pending.map((count) => ({ id: countId(source, count), ...count }));
    pending = [];
    const written = await analytics.warehouse.writeVisitCounts(tenant, rows, observedAt);
    visitCounts.imported += written.inserted;
    visitCounts.unchanged += written.known;
  };
  return {
    writeDecisions: async (decisions) => {
      if (decisions.length === 0) return;
      await consent.store.transaction(async (trx) => {
        const records = decisions.map((decision) => recordOf(source, decision));
        const added = await newRecords(trx, tenant, records);
        const outcomes = await appendRecords(trx, tenant, added, observedAt, cause);
        const imported = outcomes.filter((outcome) => outcome === 'inserted').length;
        consents.imported += imported;
        consents.unchanged += decisions.length - imported;
      });
    },
    writeVisitCounts: async (counts) => {
      for (const { at } of counts) if (latest === null || at > latest) latest = at;
      pending.push(...counts);
      if (pending.length >= countsPerWrite) await flush();
    },
    flush,
    moveWatermark: async () => latest && (await analytics.warehouse.setWatermark(tenant, latest, observedAt)),
    counts: () => ({
      consents: mapping.consents.length > 0 ? consents : null,
      visitCounts: mapping.visits ? visitCounts : null,
    }),
  };
}

async function checkPurposes(
  db: ImportParts['consent']['store']['db'],
  { file, consents }: Mapping,
  tenant: string,
): Promise<void> {
  const known = (await selectPurposes(db, tenant)).map(({ id }) => id);
  const unknown = consents.map(({ purpose }) => purpose).filter((purpose) => !known.includes(purpose));
  if (unknown.length === 0) return;
  throw new Error(
    `${file} records consent to ${unknown.join(', ')}, which is no purpose here; the purposes are ${known.join(', ')}.`,
  );
}

/** Records that differ from what held at their time: a file that says it once more records nothing. */
async function newRecords(
  trx: Transaction<ConsentTables>,
  tenant: string,
  records: readonly ConsentRecordValues[],
): Promise<readonly ConsentRecordValues[]> {
  const contacts = [...new Set(records.map(({ contactId }) => contactId))];
  const stored = await selectByKeys<ConsentTables, ConsentRecord>(
    trx,
    'records',
    tenant,
    'contactId',
    contacts,
  );
  const placeOf = ({ contactId, purpose }: ConsentRecordValues) => JSON.stringify([contactId, purpose]);
  const histories = Map.groupBy<string, ConsentRecordValues>(stored, placeOf);
  return records.filter((record) => {
    const history = histories.get(placeOf(record)) ?? [];
    const held = history
      .filter(({ recordedAt }) => recordedAt <= record.recordedAt)
      .reduce<ConsentRecordValues | null>((last, next) => (last && !isLater(next, last) ? last : next), null);
    if (held?.decision === record.decision) return false;
    // The batch may say it of one person twice.
    histories.set(placeOf(record), [...history, record]);
    return true;
  });
}

/** The order that the consent store finds the present state by. */
function isLater(one: ConsentRecordValues, other: ConsentRecordValues): boolean {
  return one.recordedAt > other.recordedAt || (one.recordedAt === other.recordedAt && one.id > other.id);
}

function recordOf(
  source: string,
  { contactId, purpose, decision, legalBasis, evidence, at }: Decision,
): ConsentRecordValues {
  return {
    id: naturalId(source, 'consent', [contactId, purpose, decision, at]),
    contactId,
    purpose,
    decision,
    legalBasis,
    jurisdiction: null,
    source: `Import of ${source}`,
    evidence,
    recordedAt: at,
  };
}

/** Of all that a count says: facts never change, so one that was corrected is another fact. */
function countId(source: string, { leadId, visits, pageViews, seconds, at }: VisitCount): string {
  return naturalId(source, 'visit-count', [leadId, at, ...[visits, pageViews, seconds].map(String)]);
}
