import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { defaultTenant } from '#chassis/context.ts';
import { deriveAccountOwners } from '#subgraphs/crm/store/owners.ts';
import { commandCause } from '../command-cause.ts';
import { checkColumns, unreadColumns } from './columns.ts';
import { type CsvSource, openCsv } from './csv-rows.ts';
import { type ImportKind, kinds } from './kinds.ts';
import { readMapping } from './mapping.ts';
import { countNotices, type Notice, type Notices } from './notices.ts';
import { dayNeeded, openPersonWriter, type PersonCounts, type PersonWriter } from './person-writer.ts';
import { type ReadRow, recordReader } from './record-reader.ts';
import { openRefusals, type Refusal, type RefusalLog } from './refusals.ts';
import type { ImportParts } from './stores.ts';
import { type PendingRow, type Run, writeBatch } from './write-batch.ts';

/** Rows per transaction: some milliseconds of work, since nothing else runs in the process meanwhile. */
const batchSize = 200;

export interface ImportOptions {
  /** The CSV file. */
  readonly file: string;
  /** Must be what the mapping says too. */
  readonly as: ImportKind;
  /** The mapping's YAML file. */
  readonly map: string;
  /** Where refused rows are written as CSV; overwritten. */
  readonly refusedFile?: string;
  /** The day on which the file held, `YYYY-MM-DD`, where its rows do not say; it stands for its first moment, UTC. */
  readonly asOf?: string;
  readonly tenant?: string;
}

/** How far a long piece of work has come. */
export interface ImportProgress {
  readonly step: string;
  /** Bytes of the file. */
  readonly done: number;
  readonly total: number;
}

export interface ImportHooks {
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Ends the import between two batches; those that were written stay. */
  readonly signal?: AbortSignal;
}

interface Counts {
  readonly imported: number;
  readonly updated: number;
  readonly unchanged: number;
}

export interface ImportReport extends Counts {
  readonly file: string;
  readonly as: ImportKind;
  /** Rows below the header: the sum of imported, updated, unchanged and refused. */
  readonly rows: number;
  readonly refused: number;
  /** The first 20; all of them stand in `refusedFile`. */
  readonly refusals: readonly Refusal[];
  readonly refusedFile: string | null;
  /** Records that rows make beside their own, such as managers; once for each batch that names them. */
  readonly also: Counts | null;
  /** The people behind leads; null where the mapping makes none of them. */
  readonly contacts: Counts | null;
  /** Records of the consent store; null where the mapping reads none. */
  readonly consents: PersonCounts | null;
  /** What leads visited, in the warehouse; null where the mapping reads none. */
  readonly visitCounts: PersonCounts | null;
  /** The warehouse's watermark afterwards; null where the mapping does not move it. */
  readonly watermark: string | null;
  /** What was read otherwise than it was written, and what is missing; most frequent first. */
  readonly notices: readonly Notice[];
  /** Columns that the mapping neither reads nor ignores. */
  readonly unreadColumns: readonly string[];
  /** Accounts whose owner changed by derivation; null where the mapping asks for none. */
  readonly derivedOwners: number | null;
  readonly seconds: number;
}

/**
 * Imports a CSV file into the CRM as its mapping says, consents and counts of visits into their stores. Rows are read, checked and written in batches of one
 * transaction each, so that memory does not grow with the file. Ids are made from natural keys: importing the
 * same file again changes nothing, and completes what an import that was broken off has left out. Throws where the file or the mapping cannot be used at all; a bad row is
 * refused with its line and reason.
 */
export async function importFile(
  parts: ImportParts,
  { file, as, map, refusedFile, asOf, tenant = defaultTenant }: ImportOptions,
  hooks: ImportHooks = {},
): Promise<ImportReport> {
  const begun = performance.now();
  const run: Run = {
    as,
    tenant,
    observedAt: new Date().toISOString(),
    cause: commandCause('import', tenant),
    alsoWritten: new Set(),
  };
  const mapping = await readMapping(map);
  if (mapping.as !== as) throw new Error(`${map} maps rows as ${mapping.as}, not as ${as}.`);

  if (refusedFile !== undefined && resolve(refusedFile) === resolve(file)) {
    throw new Error(`Refused rows cannot be written to ${file} itself; name another file.`);
  }

  const day = dayNeeded(mapping, asOf);
  const people = await openPersonWriter(parts, mapping, run);

  const source = await openCsv(file, { ...mapping.csv, signal: hooks.signal });
  try {
    checkColumns(mapping, source.header, file);
    const refusals = await openRefusals(refusedFile, source.header);
    const notices = countNotices();
    let read: RowCounts;
    try {
      const readRow = recordReader(mapping, source.header, day);
      read = await importRows({ parts, run, source, readRow, people, refusals, notices }, hooks);
    } finally {
      await refusals.close();
    }
    const dangling = await danglingReferences(parts, run);
    const derivedOwners = mapping.after.includes('derive-account-owners')
      ? await parts.crm.store.transaction((trx) =>
          deriveAccountOwners(trx, tenant, run.observedAt, run.cause),
        )
      : null;
    const watermark = mapping.after.includes('move-watermark') ? await people.moveWatermark() : null;
    return {
      file,
      as,
      rows: read.rows,
      ...read.main,
      refused: refusals.count(),
      refusals: refusals.first(),
      refusedFile: refusedFile ?? null,
      also: mapping.also.length > 0 ? read.also : null,
      contacts: mapping.contact ? read.contacts : null,
      ...people.counts(),
      watermark,
      notices: [...notices.list(), ...dangling],
      unreadColumns: unreadColumns(mapping, source.header),
      derivedOwners,
      seconds: (performance.now() - begun) / 1_000,
    };
  } finally {
    await source.close();
  }
}

interface RowCounts {
  readonly rows: number;
  readonly main: Counts;
  readonly also: Counts;
  readonly contacts: Counts;
}

interface Work {
  readonly parts: ImportParts;
  readonly run: Run;
  readonly source: CsvSource;
  readonly readRow: (cells: readonly string[]) => ReadRow;
  readonly people: PersonWriter;
  readonly refusals: RefusalLog;
  readonly notices: Notices;
}

async function importRows(work: Work, { onProgress, signal }: ImportHooks): Promise<RowCounts> {
  const { parts, run, source, readRow, people, refusals, notices } = work;
  const main = { imported: 0, updated: 0, unchanged: 0 };
  const also = { imported: 0, updated: 0, unchanged: 0 };
  const contacts = { imported: 0, updated: 0, unchanged: 0 };
  const step = kinds[run.as].table;
  let rows = 0;
  let batch: PendingRow[] = [];

  const flush = async () => {
    let accepted: readonly PendingRow[] = [];
    const outcome = await parts.crm.store.transaction((trx) =>
      writeBatch(trx, run, batch, async (rows) => {
        accepted = rows;
        // Nobody stands in the CRM for a moment without the "no" that the same row says.
        await people.writeDecisions(rows.flatMap(({ read }) => read.decisions));
      }),
    );
    await people.writeVisitCounts(accepted.flatMap(({ read }) => read.visitCount ?? []));
    for (const kind of outcome.also) also[countOf[kind]] += 1;
    for (const kind of outcome.contacts) contacts[countOf[kind]] += 1;
    for (const [place, row] of outcome.rows.entries()) {
      if (row.kind === 'refused') {
        const { line, cells } = batch[place] as PendingRow;
        await refusals.add({ line, reason: row.reason }, cells);
      } else {
        main[countOf[row.kind]] += 1;
        for (const note of row.notes) notices.count(note);
      }
    }
    batch = [];
    onProgress?.({ step, done: source.bytesRead(), total: source.size });
    await setImmediate();
    signal?.throwIfAborted();
  };

  for await (const { line, cells } of source.rows) {
    rows += 1;
    const row = readRow(cells);
    if (row.kind === 'refused') await refusals.add({ line, reason: row.reason }, cells);
    else batch.push({ line, cells, read: row });
    if (batch.length === batchSize) await flush();
  }
  if (batch.length > 0) await flush();
  await people.flush();
  const failure = source.failure();
  if (failure) throw failure;
  onProgress?.({ step, done: source.size, total: source.size });
  return { rows, main, also, contacts };
}

const countOf = { inserted: 'imported', updated: 'updated', unchanged: 'unchanged' } as const;

/**
 * References within one kind may lead to a row further down, so they are looked for when all rows are in. One
 * that leads nowhere stays in its row: it shows as null, and as soon as the record is imported as that record.
 */
async function danglingReferences(
  { crm }: ImportParts,
  { as, tenant, observedAt }: Run,
): Promise<readonly Notice[]> {
  const { table, fields } = kinds[as];
  const notices: Notice[] = [];
  for (const [name, field] of Object.entries(fields)) {
    if (field.type !== 'reference' || field.to !== as) continue;
    const reference = sql.ref(`here.${name}Id`);
    const { rows } = await sql<{ name: string; total: number | string }>`
      select here.name as name, count(*) over () as total from ${sql.table(table)} as here
      where here.tenant = ${tenant} and here.observed_at = ${observedAt} and ${reference} is not null
        and not exists (
          select 1 from ${sql.table(table)} as there where there.tenant = here.tenant and there.id = ${reference}
        )
      order by 1 limit 5`.execute(crm.store.db);
    if (rows.length === 0) continue;
    notices.push({
      text: `${name}: names an ${as} that is not in the CRM`,
      count: Number(rows[0]?.total),
      examples: rows.map((row) => row.name),
    });
  }
  return notices;
}
