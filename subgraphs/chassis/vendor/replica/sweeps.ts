import type { Kysely } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { LinkPlace } from './links.ts';
import { type PositionTables, positionOf } from './positions.ts';

/** A sweep is every some seconds; to look more often than this tells nothing new. */
const lookMs = 1_000;

/** When the last look at all changes of a type began; null where none came to its end. Looks into the store at most once a second. */
export function createSweeps<Tables extends PositionTables>(
  db: Kysely<Tables>,
  place: Omit<LinkPlace, 'type'>,
): (type: string) => Promise<string | null> {
  const known = new LRUCache<string, Promise<string | null>>({ max: 100, ttl: lookMs });
  return (type) => {
    const fresh = known.get(type);
    if (fresh !== undefined) return fresh;
    const look = positionOf(db, { ...place, type }).then((position) => position?.sweptAt ?? null);
    known.set(type, look);
    look.catch(() => known.delete(type));
    return look;
  };
}
