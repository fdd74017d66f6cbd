import type { Bus } from '#events/bus/port.ts';
import { openGate } from './gate.ts';
import type { Happening, Place, Stretch } from './place.ts';

/** Reads a tenant's log for those who are behind what is in memory. */
export interface Pages {
  /**
   * What lies behind a place. Those who read about the same place share a reading.
   * @param end everything up to it is on the bus already
   */
  readonly behind: (place: Place, end: Place) => Stretch | Promise<Stretch>;
  /** Nobody reads any more. */
  readonly forget: () => void;
}

interface Page extends Stretch {
  readonly from: number;
}

/** Happenings in one page, and pages that are kept for the next reader. */
const pageSize = 256;
const mostPages = 8;

export function openPages(bus: Bus, tenant: string, readings: number, signal: AbortSignal): Pages {
  const gate = openGate(readings);
  const reading = new Map<string, Promise<Page>>();
  let kept: Page[] = [];

  async function read(place: Place, end: Place): Promise<Page> {
    const happenings: Happening[] = [];
    const range = { tenant, from: { cursor: place.cursor }, limit: pageSize };
    for await (const happening of bus.read(range, signal)) happenings.push(happening);
    const last = happenings.at(-1);
    const isFull = happenings.filter(({ kind }) => kind === 'event').length >= pageSize;
    const to = last !== undefined && (isFull || last.position > end.position) ? last : end;
    const page = { from: place.position, happenings, to };
    kept = [page, ...kept].slice(0, mostPages);
    return page;
  }

  return {
    behind: (place, end) => {
      const { position } = place;
      const known = kept.find(({ from, to }) => from <= position && position < to.position);
      if (known !== undefined) {
        return { happenings: known.happenings.filter((each) => each.position > position), to: known.to };
      }
      let page = reading.get(place.cursor);
      if (page === undefined) {
        page = gate.pass(() => read(place, end)).finally(() => reading.delete(place.cursor));
        reading.set(place.cursor, page);
      }
      return page;
    },
    forget: () => {
      kept = [];
    },
  };
}
