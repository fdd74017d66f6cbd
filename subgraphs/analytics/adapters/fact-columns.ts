import type { ConversionRow, TouchRow, VisitCountRow, VisitRow } from './warehouse.ts';

export type FactKind = AggregatedKind | 'visit_counts';

/** Facts that aggregates are made of. */
export type AggregatedKind = 'touches' | 'visits' | 'conversions';

export type FactRow = TouchRow | VisitRow | VisitCountRow | ConversionRow;

/** Rows by column, in the order of the staging table's; times are milliseconds since 1970. */
export type Columns = readonly { readonly type: 'text' | 'number'; readonly values: readonly Cell[] }[];

export type Cell = string | number | null;

/** A column of a kind of fact, and its cell of a row: every adapter stages these, whatever its tables have beside them. */
export type Column<Row> = readonly [name: string, type: Columns[number]['type'], cell: (row: Row) => Cell];

export const touchColumns: readonly Column<TouchRow>[] = [
  ['id', 'text', (row) => row.id],
  ['account_id', 'text', (row) => row.accountId],
  ['lead_id', 'text', (row) => row.leadId],
  ['channel', 'text', (row) => row.channel],
  ['campaign_id', 'text', (row) => row.campaignId],
  ['kind', 'text', (row) => row.kind],
  ['happened_at', 'number', (row) => timeOf(row.at, row.id)],
];

export const visitColumns: readonly Column<VisitRow>[] = [
  ['id', 'text', (row) => row.id],
  ['account_id', 'text', (row) => row.accountId],
  ['lead_id', 'text', (row) => row.leadId],
  ['visitor_id', 'text', (row) => row.visitorId],
  ['page_views', 'number', (row) => row.pageViews],
  ['seconds', 'number', (row) => row.seconds],
  ['happened_at', 'number', (row) => timeOf(row.at, row.id)],
];

export const visitCountColumns: readonly Column<VisitCountRow>[] = [
  ['id', 'text', (row) => row.id],
  ['lead_id', 'text', (row) => row.leadId],
  ['visits', 'number', (row) => row.visits],
  ['page_views', 'number', (row) => row.pageViews],
  ['seconds', 'number', (row) => row.seconds],
  ['happened_at', 'number', (row) => timeOf(row.at, row.id)],
];

export const conversionColumns: readonly Column<ConversionRow>[] = [
  ['id', 'text', (row) => row.id],
  ['account_id', 'text', (row) => row.accountId],
  ['kind', 'text', (row) => row.kind],
  ['happened_at', 'number', (row) => timeOf(row.at, row.id)],
];

/** Rows → columns; a RangeError names a row that lacks a time or an owner. */
export function toColumns<Row extends FactRow>(
  kind: FactKind,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Columns {
  for (const row of rows) {
    if ('accountId' in row && row.accountId === null && 'leadId' in row && row.leadId === null) {
      throw new RangeError(`Row ${row.id} of ${kind} names neither an account nor a lead.`);
    }
  }
  return columns.map(([, type, cell]) => ({ type, values: rows.map(cell) }));
}

/** RFC 3339 text → milliseconds since 1970; a RangeError names what has no such time. */
export function timeOf(text: string, whose: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new RangeError(`"${text}" of ${whose} is not a time such as 2026-03-01T09:30:00Z.`);
  return time;
}
