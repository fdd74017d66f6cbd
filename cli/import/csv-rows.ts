import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { type CsvError, type Parser, parse } from 'csv-parse';

/** A quote that is never closed would take in the rest of the file; this is where reading ends instead. */
const maxRecordBytes = 1_000_000;

/** A row as it stands in the file; `line` is the one it begins on, the first of the file being 1. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvSource {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly bytesRead: () => number;
  /** The first row that is not empty, trimmed. */
  readonly header: readonly string[];
  /** The rows below the header, empty lines left out; they end early where reading cannot go on. */
  readonly rows: AsyncIterable<CsvRow>;
  /** Why the rows ended early, once they have; null where they did not. */
  readonly failure: () => Error | null;
  readonly close: () => Promise<void>;
}

export interface CsvOptions {
  readonly delimiter: string;
  /** A label of the WHATWG Encoding Standard. */
  readonly encoding: string;
  readonly signal?: AbortSignal;
}

/**
 * Opens a CSV file (RFC 4180, with or without byte order mark, lines ended by CRLF or LF) and reads its header.
 * Rows are read as they are taken, so that a file of any size needs the memory of a few rows. Throws where the
 * file has no header and where two columns have one name.
 */
export async function openCsv(file: string, options: CsvOptions): Promise<CsvSource> {
  const { size } = await stat(file);
  const bytes = createReadStream(file, { highWaterMark: 65_536, signal: options.signal });
  const lines = lineIndex();
  /** Where the parser could not go on: behind so many rows. */
  let broken: { readonly rows: number; readonly error: CsvError | undefined } | undefined;
  let failed: Error | null = null;
  const parser: Parser = parse({
    bom: true,
    delimiter: options.delimiter,
    record_delimiter: ['\r\n', '\n'],
    info: true,
    relax_column_count: true,
    // A stray quote (a 12" screen) is text; refusing it would lose the rows up to the next quote.
    relax_quotes: true,
    max_record_size: maxRecordBytes,
    // An error of the parser would drop the rows above it that nobody has taken yet.
    skip_records_with_error: true,
    on_skip: (error) => {
      broken ??= { rows: parser.info.records, error };
      return undefined;
    },
  });
  const stages =
    options.encoding.toLowerCase().replace('-', '') === 'utf8' ? [] : [transcoder(options.encoding)];
  // Errors travel by hand: `pipeline` would answer a reader that stops early with an error of its own.
  const chain = [bytes, ...stages, lines.stage, parser];
  for (const [place, stage] of chain.slice(0, -1).entries()) {
    const next = chain[place + 1] as Transform;
    stage.on('error', (error: Error) => next.destroy(error));
    stage.pipe(next);
  }

  async function* read(): AsyncGenerator<CsvRow> {
    let end = 0;
    for await (const { record, info } of parser as AsyncIterable<ParsedRecord>) {
      // What the parser makes of the file behind that point begins in the middle of a field.
      if (broken !== undefined && info.records > broken.rows) break;
      const line = lines.lineAt(end);
      end = info.bytes;
      if (record.length > 1 || record[0]?.trim() !== '') yield { line, cells: record };
    }
    if (broken !== undefined) failed = unreadable(file, lines.lineAt(end), broken.error);
  }

  const rows = read();
  const close = async () => {
    for (const stage of chain) stage.destroy();
    await rows.return(undefined);
  };
  try {
    const first = await rows.next();
    if (failed) throw failed;
    if (first.done) throw new Error(`${file} is empty: its first line must name the columns.`);
    const header = first.value.cells.map((name) => name.trim());
    const twice = header.find((name, place) => header.indexOf(name) !== place);
    if (twice !== undefined) throw new Error(`${file} has two columns named "${twice}"; rename one of them.`);
    return { file, size, bytesRead: () => bytes.bytesRead, header, rows, failure: () => failed, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface ParsedRecord {
  readonly record: readonly string[];
  /** `bytes`: where the record ends; `records`: its number, from 1. */
  readonly info: { readonly bytes: number; readonly records: number };
}

function unreadable(file: string, line: number, error: CsvError | undefined): Error {
  const reason =
    error?.code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'a quoted field is never closed'
      : error?.code === 'CSV_MAX_RECORD_SIZE'
        ? `the row is longer than ${maxRecordBytes} bytes, as when a quoted field is never closed`
        : (error?.message ?? 'the file cannot be read');
  return new Error(
    `${file}, line ${line}: ${reason}. The rows above it are imported; correct the file and import it again.`,
    { cause: error },
  );
}

/**
 * Counts the lines that pass. The parser's own count takes CRLF within quotes for two, its byte offsets are
 * exact. Offsets of line ends are kept only until a row behind them was taken.
 */
function lineIndex(): { readonly stage: Transform; readonly lineAt: (offset: number) => number } {
  const newline = 0x0a;
  let ends: number[] = [];
  let taken = 0;
  let line = 1;
  let passed = 0;
  const stage = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) {
        ends.push(passed + at);
      }
      passed += chunk.length;
      done(null, chunk);
    },
  });
  return {
    stage,
    lineAt: (offset) => {
      while (taken < ends.length && (ends[taken] as number) < offset) {
        taken += 1;
        line += 1;
      }
      if (taken > 10_000) {
        ends = ends.slice(taken);
        taken = 0;
      }
      return line;
    },
  };
}

/** Any encoding → UTF-8. What cannot be read becomes U+FFFD, which refuses the row it stands in. */
function transcoder(encoding: string): Transform {
  const decoder = new TextDecoder(encoding);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, Buffer.from(decoder.decode(chunk, { stream: true })));
    },
    flush(done) {
      done(null, Buffer.from(decoder.decode()));
    },
  });
}
