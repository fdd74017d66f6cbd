import type { Columns } from '../fact-columns.ts';
import type { FailureReason } from '../failure.ts';
import type { ResultRow, Statement } from '../statement.ts';

/**
 * What is said between the main thread and the worker that owns the DuckDB file. Every request but `cancel`
 * and `close` is answered once, under its id.
 */
export type Request =
  /** One statement on any of the reading connections. */
  | { readonly kind: 'read'; readonly id: number; readonly statement: Statement; readonly timeoutMs: number }
  /** Statements in one transaction on the writing connection; answers the rows of the last one. */
  | {
      readonly kind: 'write';
      readonly id: number;
      readonly statements: readonly Statement[];
      readonly timeoutMs: number;
    }
  /** Rows appended to a staging table of the writing connection, outside its transactions. */
  | { readonly kind: 'stage'; readonly id: number; readonly table: string; readonly columns: Columns }
  /** Gives up a read or write: it is answered as cancelled, unless its answer is under way. */
  | { readonly kind: 'cancel'; readonly id: number }
  /** Interrupts and refuses all, closes the file and ends the worker. */
  | { readonly kind: 'close' };

export type Answer =
  | { readonly kind: 'opened' }
  | { readonly kind: 'unopened'; readonly message: string }
  | { readonly kind: 'rows'; readonly id: number; readonly rows: readonly ResultRow[] }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly reason: FailureReason;
      readonly message: string;
    };

/** How the worker opens the file. */
export interface WorkerSettings {
  readonly file: string;
  readonly readers: number;
  /** Reads that wait for a connection; one more is refused as busy. */
  readonly maxWaiting: number;
  /** DuckDB's own bound, such as `1GB`; beyond it, it spills to a folder beside the file. */
  readonly memoryLimit: string;
  readonly threads: number;
  /** Run in order before the first request: tables, then the staging tables of the writing connection. */
  readonly setup: readonly string[];
}
