import type { PageOrder } from '#chassis/store/page.ts';
import type { Direction } from '../__generated__/resolvers.ts';

/** Every order of the graph is by a column that is never null. */
const columns = { NAME: 'name', CREATED_AT: 'createdAt', UPDATED_AT: 'updatedAt' } as const;

interface Order {
  readonly by: keyof typeof columns;
  /** The schema's default is `ASC`. */
  readonly direction?: Direction;
}

/** The order that was asked for, else the list's own. */
export function orderOf(asked: Order | null | undefined, own: Order): PageOrder {
  const { by, direction } = asked ?? own;
  return { column: columns[by], direction: direction === 'DESC' ? 'desc' : 'asc' };
}
