import type { Transaction } from 'kysely';
import { lockRows } from '#chassis/store/change.ts';
import type { UpsertOutcome } from '#chassis/store/upsert.ts';
import type { Cause } from '#events/envelope.ts';
import { selectByIds, writeRows } from '#subgraphs/crm/store/rows.ts';
import type {
  AccountValues,
  ContactValues,
  LeadValues,
  OpportunityValues,
  Tables,
  UserValues,
} from '#subgraphs/crm/store/tables.ts';
import type { ColumnValue, Reference } from './field-readers.ts';
import { columnsOf, type ImportKind, kinds } from './kinds.ts';
import type { Note } from './notices.ts';
import type { ImportRecord, ReadRow } from './record-reader.ts';

/** A row that could be read, on its way into the store. */
export interface PendingRow {
  readonly line: number;
  readonly cells: readonly string[];
  readonly read: Extract<ReadRow, { kind: 'record' }>;
}

export type RowOutcome =
  | { readonly kind: UpsertOutcome; readonly notes: readonly Note[] }
  | { readonly kind: 'refused'; readonly reason: string };

export interface BatchOutcome {
  /** One for each row, in order. */
  readonly rows: readonly RowOutcome[];
  readonly also: readonly UpsertOutcome[];
  readonly contacts: readonly UpsertOutcome[];
}

/** What all batches of one run share. */
export interface Run {
  readonly as: ImportKind;
  readonly tenant: string;
  /** When the run began, RFC 3339: a row observed at this very time was written by it. */
  readonly observedAt: string;
  /** Why rows change, as their events say it. */
  readonly cause: Cause;
  /** Ids of the records that rows made beside their own: people name the same manager many times. */
  readonly alsoWritten: Set<string>;
}

type StoredRow = Readonly<Record<string, ColumnValue>> & {
  readonly id: string;
  readonly observedAt: string;
};

/**
 * Writes a batch of rows within a transaction. Columns that the mapping does not fill keep what the store has
 * and are null in a new row. A row is refused here where its key stands in an earlier row of the file, or where
 * a reference that must lead somewhere does not. `onAccepted` is awaited with the others before any contact or
 * main record of theirs is written.
 */
export async function writeBatch(
  trx: Transaction<Tables>,
  run: Run,
  rows: readonly PendingRow[],
  onAccepted: (rows: readonly PendingRow[]) => Promise<void>,
): Promise<BatchOutcome> {
  const { as } = run;
  const also = new Map(rows.flatMap(({ read }) => read.also.map((record) => [record.id, record])));
  const alsoOutcomes = await writeRecords(trx, run, as, await storedRows(trx, run, as, also.keys()), [
    ...also.values(),
  ]);
  const stored = await storedRows(
    trx,
    run,
    as,
    rows.map(({ read }) => read.main.id),
  );
  const known = await knownReferences(trx, run, rows);

  const taken = new Set<string>();
  const accepted: ImportRecord[] = [];
  const contacts = new Map<string, ImportRecord>();
  const places: number[] = [];
  const outcomes = rows.map(({ read }, place): RowOutcome => {
    const { main, contact, notes } = read;
    const before = stored.get(main.id);
    const repeats =
      taken.has(main.id) ||
      (before?.observedAt === run.observedAt && !also.has(main.id) && !run.alsoWritten.has(main.id));
    if (repeats) return { kind: 'refused', reason: `repeats the key "${main.key}" of an earlier row` };
    const lost = referencesOf(read).filter((reference) => !known.has(reference.id));
    const missed = lost.filter(({ unknown }) => unknown === 'refuse');
    if (missed.length > 0) return { kind: 'refused', reason: missed.map(unknownReference).join('; ') };
    taken.add(main.id);
    places.push(place);
    accepted.push(withoutReferences(main, lost));
    // Leads of one person name it each; the first says what the person is.
    if (contact && !contacts.has(contact.id)) contacts.set(contact.id, withoutReferences(contact, lost));
    const lostNotes = lost.map(({ field, to, key }) => ({
      text: `without ${field}, since the ${to} it names is not in the CRM`,
      example: key,
    }));
    // The place holds until the write below says what became of the row.
    return { kind: 'unchanged', notes: [...notes, ...lostNotes] };
  });

  await onAccepted(places.map((place) => rows[place] as PendingRow));
  const contactOutcomes = await writeContacts(trx, run, contacts);
  const written = await writeRecords(trx, run, as, stored, accepted);
  for (const [nth, place] of places.entries()) {
    const outcome = outcomes[place];
    const kind = written[nth];
    if (kind && outcome && outcome.kind !== 'refused') outcomes[place] = { kind, notes: outcome.notes };
  }
  for (const id of also.keys()) run.alsoWritten.add(id);
  return { rows: outcomes, also: alsoOutcomes, contacts: contactOutcomes };
}

/** Writes those that no earlier batch of this run has written. */
async function writeContacts(
  trx: Transaction<Tables>,
  run: Run,
  contacts: ReadonlyMap<string, ImportRecord>,
): Promise<readonly UpsertOutcome[]> {
  const stored = await storedRows(trx, run, 'contact', contacts.keys());
  const unwritten = [...contacts.values()].filter(({ id }) => stored.get(id)?.observedAt !== run.observedAt);
  return writeRecords(trx, run, 'contact', stored, unwritten);
}

/** Those that must be looked for, of the row's own record and of its contact. */
function referencesOf({ main, contact }: PendingRow['read']): readonly Reference[] {
  return contact ? [...main.references, ...contact.references] : main.references;
}

function unknownReference({ field, to, key }: Reference): string {
  return `${field}: there is no ${to} "${key}" in the CRM`;
}

function withoutReferences(record: ImportRecord, lost: readonly Reference[]): ImportRecord {
  const gone = record.references.filter((reference) => lost.includes(reference));
  if (gone.length === 0) return record;
  const nulls = Object.fromEntries(gone.map(({ field }) => [`${field}Id`, null]));
  return { ...record, values: { ...record.values, ...nulls } };
}

async function storedRows(
  trx: Transaction<Tables>,
  { tenant }: Run,
  kind: ImportKind,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, StoredRow>> {
  const distinct = [...new Set(ids)];
  if (distinct.length === 0) return new Map();
  // What the file does not say is taken from them, so that nobody may change it until it is written again.
  const rows = await lockRows<Tables, StoredRow>(trx, { table: kinds[kind].table, tenant, ids: distinct });
  return new Map(rows.map((row) => [row.id, row]));
}

async function knownReferences(
  trx: Transaction<Tables>,
  { tenant }: Run,
  rows: readonly PendingRow[],
): Promise<ReadonlySet<string>> {
  const wanted = Map.groupBy(
    rows.flatMap(({ read }) => referencesOf(read)),
    ({ to }) => to,
  );
  const known = new Set<string>();
  for (const [kind, references] of wanted) {
    const ids = [...new Set(references.map(({ id }) => id))];
    for (const { id } of await selectByIds(trx, kinds[kind].table, tenant, ids)) known.add(id);
  }
  return known;
}

function writeRecords(
  trx: Transaction<Tables>,
  { tenant, observedAt, cause }: Run,
  as: ImportKind,
  stored: ReadonlyMap<string, StoredRow>,
  records: readonly ImportRecord[],
): Promise<readonly UpsertOutcome[]> {
  const columns = Object.entries(kinds[as].fields).flatMap(([name, field]) => columnsOf(name, field));
  const rows = records.map(({ id, values }) => {
    const before = stored.get(id);
    const row: Record<string, ColumnValue> = { id };
    for (const column of columns)
      row[column] = values[column] ?? (column in values ? null : (before?.[column] ?? null));
    return as === 'account' ? withOwnerSource(row, values, before) : row;
  });
  // Which columns a kind has is known from its table only at run time.
  switch (as) {
    case 'account':
      return writeRows(trx, 'accounts', tenant, rows as unknown as AccountValues[], observedAt, cause);
    case 'user':
      return writeRows(trx, 'users', tenant, rows as unknown as UserValues[], observedAt, cause);
    case 'contact':
      return writeRows(trx, 'contacts', tenant, rows as unknown as ContactValues[], observedAt, cause);
    case 'lead':
      return writeRows(trx, 'leads', tenant, rows as unknown as LeadValues[], observedAt, cause);
    case 'opportunity':
      return writeRows(
        trx,
        'opportunities',
        tenant,
        rows as unknown as OpportunityValues[],
        observedAt,
        cause,
      );
  }
}

/** An owner that the file names is recorded; one that was derived stays until the file names one. */
function withOwnerSource(
  row: Record<string, ColumnValue>,
  values: ImportRecord['values'],
  before: StoredRow | undefined,
): Record<string, ColumnValue> {
  if (typeof values.ownerId === 'string') return { ...row, ownerSource: 'RECORDED' };
  const keeps = !('ownerId' in values) || before?.ownerSource === 'DERIVED';
  return {
    ...row,
    ownerId: keeps ? (before?.ownerId ?? null) : null,
    ownerSource: keeps ? (before?.ownerSource ?? null) : null,
  };
}
