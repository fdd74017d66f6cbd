import { type Kysely, type RawBuilder, sql } from 'kysely';

export interface PageOrder {
  /** A column without nulls, in TypeScript's spelling; `id` breaks ties. */
  readonly column: string;
  readonly direction: 'asc' | 'desc';
}

export interface PageRequest {
  readonly table: string;
  /** The conditions of the list, tenant and filters; the cursor is not among them. */
  readonly where: RawBuilder<unknown>;
  /** With a parent: one page for each of its values. Without: one page, under the key `''`. */
  readonly parent?: { readonly column: string; readonly values: readonly string[] };
  readonly order: PageOrder;
  readonly first: number;
  /** The sort value and id of the row behind which the page begins. */
  readonly after?: { readonly value: string; readonly id: string };
  readonly withTotal: boolean;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  /** All rows of the list whatever the cursor; null where it was not asked for. */
  readonly total: number | null;
}

export const emptyPage: Page<never> = { rows: [], hasNextPage: false, total: 0 };

interface PagedRow {
  readonly id: string | null;
  readonly pageParent: string;
  readonly pageTotal: number | string | null;
}

/**
 * Reads one page for every parent in a single statement: rows are numbered within their parent behind the
 * cursor and cut at `first + 1`, the one row more tells whether there is a next page. Totals come from the
 * same scope before the cursor, so that a page behind the last row still knows them.
 */
export async function selectPages<Tables, Row extends { readonly id: string }>(
  db: Kysely<Tables>,
  request: PageRequest,
): Promise<Map<string, Page<Row>>> {
  const { parent, order, first, after } = request;
  const parentOf = parent ? sql.ref(parent.column) : sql`''`;
  const column = sql.ref(order.column);
  const direction = order.direction === 'asc' ? sql`asc` : sql`desc`;
  const beyond = order.direction === 'asc' ? sql`>` : sql`<`;
  const scope = parent
    ? sql`${request.where} and ${sql.ref(parent.column)} in (${sql.join(parent.values)})`
    : request.where;
  const behind = after
    ? sql`where (${column}, ${sql.ref('id')}) ${beyond} (${after.value}, ${after.id})`
    : sql``;
  const totals = request.withTotal
    ? sql`select ${parentOf} as page_parent, count(*) as page_total from scoped group by 1`
    : sql`select distinct page_parent, null as page_total from page`;

  const { rows } = await sql<PagedRow & Row>`
    with scoped as (select * from ${sql.table(request.table)} where ${scope}),
    page as (
      select scoped.*, ${parentOf} as page_parent, row_number() over (
        partition by ${parentOf} order by ${column} ${direction}, ${sql.ref('id')} ${direction}
      ) as page_number
      from scoped ${behind}
    ),
    totals as (${totals})
    select page.*, totals.page_parent, totals.page_total
    from totals left join page on page.page_parent = totals.page_parent and page.page_number <= ${sql.lit(first + 1)}
    order by totals.page_parent, page.page_number`.execute(db);

  const pages = new Map<string, { rows: Row[]; hasNextPage: boolean; total: number | null }>();
  for (const row of rows) {
    let page = pages.get(row.pageParent);
    if (!page) {
      page = { rows: [], hasNextPage: false, total: row.pageTotal === null ? null : Number(row.pageTotal) };
      pages.set(row.pageParent, page);
    }
    if (row.id === null) continue;
    if (page.rows.length === first) page.hasNextPage = true;
    else page.rows.push(row);
  }
  return pages;
}
