import { createFilterIndex, type FilterIndex, type Found, meets, type Wish } from './filter-index.ts';
import type { LookupFilter, Lookups } from './lookups.ts';
import type { Happening, Place } from './place.ts';

/** What a listener is given, in the order of the bus. */
export type Given =
  | Happening
  /** An event came that may have been for the listener; it could not be found out. */
  | { readonly kind: 'unsure'; readonly cursor: string; readonly position: number };

export interface Listener {
  /** @param before the place that had been seen to; between it and what is given nothing was for the listener */
  readonly take: (given: Given, before: Place) => void;
}

/** Whether an event is for somebody. */
export type Verdict = 'wanted' | 'unwanted' | 'unsure';

/**
 * The way of a tenant's events to those who listen with the same lookups, none as a rule. An event whose lookups are
 * still asked for holds back those behind it, in this lane alone.
 */
export interface Lane {
  /** Everything up to here was given to whom it is for. */
  readonly seen: () => Place;
  readonly add: (listener: Listener, wish: Wish) => void;
  readonly remove: (listener: Listener, wish: Wish) => void;
  readonly isEmpty: () => boolean;
  readonly take: (happening: Happening) => void;
  /** Nothing happened up to here. */
  readonly advance: (place: Place) => void;
  /** Resolves when few enough events wait; undefined where they do already. */
  readonly room: () => Promise<void> | undefined;
  readonly judge: (wish: Wish, happening: Happening) => Verdict | Promise<Verdict>;
}

interface Waiting {
  readonly happening: Happening;
  /** Undefined as long as it is asked for. */
  found: Found | 'unknown' | undefined;
}

const nothing: Found = {};
/** Each waits no longer than a lookup's deadline. */
const mostWaiting = 4_096;

export function openLane(from: Place, filters: readonly LookupFilter[], lookups: Lookups): Lane {
  const index: FilterIndex<Listener> = createFilterIndex();
  const wishes = new Map<Listener, Wish>();
  const waiting: Waiting[] = [];
  let seen = from;
  let whenRoom: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  function give(happening: Happening, found: Found | 'unknown'): void {
    const before = seen;
    /* First, so that whoever joins meanwhile is measured by it. */
    seen = happening;
    if (happening.kind === 'gap') {
      for (const listener of [...wishes.keys()]) listener.take(happening, before);
    } else if (found === 'unknown') {
      const unsure = { kind: 'unsure', cursor: happening.cursor, position: happening.position } as const;
      for (const [listener, wish] of [...wishes]) {
        if (mayMeet(wish, happening)) listener.take(unsure, before);
      }
    } else {
      for (const listener of index.wanting(happening.event, found)) listener.take(happening, before);
    }
  }

  /** Whether an event fits a wish but for what would have to be found out. */
  function mayMeet(wish: Wish, { event }: Extract<Happening, { kind: 'event' }>): boolean {
    const asked = new Set(
      filters.filter(({ lookup }) => event[lookup.attribute]).flatMap(({ attributes }) => attributes),
    );
    const certain = wish.conditions.filter(
      ({ attributes }) => !attributes.some((key) => asked.has(key) && event[key] === undefined),
    );
    return wish.types.includes(event.type) && meets(certain, event);
  }

  function giveWaiting(): void {
    let given = 0;
    for (const { happening, found } of waiting) {
      if (found === undefined) break;
      given += 1;
      give(happening, found);
    }
    waiting.splice(0, given);
    if (waiting.length < mostWaiting) {
      whenRoom?.resolve();
      whenRoom = undefined;
    }
  }

  function findFor(happening: Happening): Found | Promise<Found | undefined> {
    return happening.kind === 'event' && filters.length > 0 && index.wantsType(happening.event.type)
      ? lookups.find(filters, happening.event)
      : nothing;
  }

  return {
    seen: () => seen,
    add: (listener, wish) => {
      index.add(listener, wish);
      wishes.set(listener, wish);
    },
    remove: (listener, wish) => {
      index.remove(listener, wish);
      wishes.delete(listener);
    },
    isEmpty: () => wishes.size === 0,
    take: (happening) => {
      const found = findFor(happening);
      if (found instanceof Promise) {
        const entry: Waiting = { happening, found: undefined };
        waiting.push(entry);
        void found.then((value) => {
          entry.found = value ?? 'unknown';
          giveWaiting();
        });
      } else if (waiting.length > 0) {
        waiting.push({ happening, found });
      } else {
        give(happening, found);
      }
    },
    advance: (place) => {
      if (waiting.length === 0 && place.position > seen.position) seen = place;
    },
    room: () => {
      if (waiting.length < mostWaiting) return undefined;
      whenRoom ??= Promise.withResolvers<void>();
      return whenRoom.promise;
    },
    judge: (wish, happening) => {
      if (happening.kind === 'gap') return 'wanted';
      if (!wish.types.includes(happening.event.type)) return 'unwanted';
      const judged = (found: Found | undefined): Verdict => {
        if (found === undefined) return mayMeet(wish, happening) ? 'unsure' : 'unwanted';
        return meets(wish.conditions, happening.event, found) ? 'wanted' : 'unwanted';
      };
      if (filters.length === 0) return judged(nothing);
      const found = lookups.find(filters, happening.event);
      return found instanceof Promise ? found.then(judged) : judged(found);
    },
  };
}
