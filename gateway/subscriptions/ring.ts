import { type Happening, type Place, type Stretch, sizeOf } from './place.ts';

/** The latest happenings of one tenant, as many as the bounds allow, without a hole between them. */
export interface Ring {
  readonly add: (happening: Happening) => void;
  /** Nothing happened up to here. */
  readonly advance: (place: Place) => void;
  /** Where it ends: behind all that was seen. */
  readonly end: () => Place;
  /** At most so many of what lies behind the position; undefined where the ring does not reach back to it. */
  readonly behind: (position: number, most: number) => Stretch | undefined;
}

export interface RingBounds {
  readonly recentEvents: number;
  readonly recentBytes: number;
}

const mostForgotten = 256;

/** @param from nothing before it is in the ring */
export function openRing(from: Place, { recentEvents, recentBytes }: RingBounds): Ring {
  let kept: Happening[] = [];
  let sizes: number[] = [];
  /** Where `kept` begins; what is before is forgotten, and cut off now and then. */
  let first = 0;
  let reachesTo = from.position;
  let end = from;
  let bytes = 0;

  function forgetOldest(): void {
    reachesTo = kept[first]!.position;
    bytes -= sizes[first]!;
    first += 1;
    if (first > mostForgotten) {
      kept = kept.slice(first);
      sizes = sizes.slice(first);
      first = 0;
    }
  }

  /** The index of the first happening behind the position. */
  function search(position: number): number {
    let [low, high] = [first, kept.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (kept[middle]!.position > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  return {
    add: (happening) => {
      const size = happening.kind === 'event' ? sizeOf(happening.event) : 0;
      kept.push(happening);
      sizes.push(size);
      bytes += size;
      end = happening;
      while (kept.length - first > recentEvents || (bytes > recentBytes && kept.length - first > 1)) {
        forgetOldest();
      }
    },
    advance: (place) => {
      if (place.position > end.position) end = place;
    },
    end: () => end,
    behind: (position, most) => {
      if (position < reachesTo) return undefined;
      const start = search(position);
      const happenings = kept.slice(start, start + most);
      const isAll = start + most >= kept.length;
      return { happenings, to: isAll ? end : (happenings.at(-1) as Happening) };
    },
  };
}
