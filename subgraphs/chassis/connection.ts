import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import { clientError } from './errors.ts';
import type { Page, PageOrder, PageRequest } from './store/page.ts';

export const maxPageSize = 100;

/** Field arguments of every list: `first` has its default in the schema. */
export interface ConnectionArguments {
  readonly first: number;
  readonly after?: string | null;
}

/** A Relay connection; `nodes` beside `edges`. */
export interface Connection<Row> {
  readonly nodes: readonly Row[];
  readonly edges: readonly { readonly node: Row; readonly cursor: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number;
}

/**
 * Checked paging arguments for the store. Throws `INVALID_ARGUMENT` where `first` is not between 1 and 100
 * and `INVALID_CURSOR` where `after` was not made by this list in this order.
 */
export function pageOf(
  args: ConnectionArguments,
  order: PageOrder,
  info: GraphQLResolveInfo,
): Pick<PageRequest, 'first' | 'after' | 'order' | 'withTotal'> {
  if (args.first < 1 || args.first > maxPageSize) {
    throw clientError('INVALID_ARGUMENT', `first must be between 1 and ${maxPageSize}, not ${args.first}.`, {
      argument: 'first',
    });
  }
  return {
    first: args.first,
    ...(args.after ? { after: decodeCursor(args.after, order) } : {}),
    order,
    withTotal: selects(info, 'totalCount'),
  };
}

/** A page of the store as a connection; cursors carry the order they were made in. */
export function connectionOf<Row extends { readonly id: string }>(
  page: Page<Row>,
  request: Pick<PageRequest, 'order' | 'after'>,
): Connection<Row> {
  const { order } = request;
  const cursorOf = (row: Row) => encodeCursor(order, String(row[order.column as keyof Row]), row.id);
  const first = page.rows[0];
  const last = page.rows.at(-1);
  return {
    nodes: page.rows,
    get edges() {
      return page.rows.map((node) => ({ node, cursor: cursorOf(node) }));
    },
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: request.after !== undefined,
      startCursor: first ? cursorOf(first) : null,
      endCursor: last ? cursorOf(last) : null,
    },
    // Null only where the field was not selected, and then nobody reads it.
    totalCount: page.total ?? 0,
  };
}

function encodeCursor(order: PageOrder, value: string, id: string): string {
  return Buffer.from(JSON.stringify([order.column, order.direction, value, id])).toString('base64url');
}

function decodeCursor(cursor: string, order: PageOrder): { value: string; id: string } {
  const refuse = (why: string) =>
    clientError(
      'INVALID_CURSOR',
      `after "${cursor}" ${why}; take a cursor from an answer of the same list.`,
      {
        argument: 'after',
      },
    );
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw refuse('is not a cursor');
  }
  if (!Array.isArray(parts) || parts.length !== 4 || !parts.every((part) => typeof part === 'string')) {
    throw refuse('is not a cursor');
  }
  const [column, direction, value, id] = parts as [string, string, string, string];
  if (column !== order.column || direction !== order.direction) throw refuse('was made in another order');
  return { value, id };
}

/** Whether the field being resolved asks for a child field, directly or in a fragment. */
export function selects(info: GraphQLResolveInfo, child: string): boolean {
  const visit = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((selection) => {
      if (selection.kind === Kind.FIELD) return selection.name.value === child;
      if (selection.kind === Kind.INLINE_FRAGMENT) return visit(selection.selectionSet);
      return visit(info.fragments[selection.name.value]?.selectionSet);
    }) ?? false;
  return info.fieldNodes.some((node) => visit(node.selectionSet));
}
