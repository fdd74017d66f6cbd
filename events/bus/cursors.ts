import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Cursor, InvalidCursor } from './port.ts';

/** Tenants whose mark is kept, so that it is not computed for every event. */
const maxTenants = 1_000;

/** Writes and reads the cursors of one log. */
export interface Cursors {
  readonly write: (tenant: string, position: number) => Cursor;
  /** Throws an InvalidCursor where the text is no cursor of this tenant and log. */
  readonly read: (tenant: string, cursor: Cursor) => number;
}

/**
 * A cursor is a position and a mark of the log and the tenant that it was given for: `<position in base 36>.<mark>`.
 * The mark is no secret. It keeps a cursor from being used with another tenant, or with a log that was made anew and
 * counts from the beginning; what a tenant may read is decided by the tenant, not by the cursor.
 */
export function openCursors(logId: string): Cursors {
  const marks = new LRUCache<string, string>({ max: maxTenants });

  function markOf(tenant: string): string {
    const known = marks.get(tenant);
    if (known !== undefined) return known;
    const made = createHash('sha256').update(`${logId}\0${tenant}`).digest('base64url').slice(0, 16);
    marks.set(tenant, made);
    return made;
  }

  return {
    write: (tenant, position) => `${position.toString(36)}.${markOf(tenant)}`,
    read: (tenant, cursor) => {
      const [, digits, mark] = /^([0-9a-z]{1,11})\.([\w-]{16})$/.exec(cursor) ?? [];
      const position = Number.parseInt(digits ?? '', 36);
      if (mark === markOf(tenant) && Number.isSafeInteger(position)) return position;
      throw new InvalidCursor(
        `"${cursor.slice(0, 80)}" is no cursor that this tenant was given here. Begin at a time or at the oldest event.`,
      );
    },
  };
}
