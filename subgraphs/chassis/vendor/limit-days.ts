import { Temporal } from '@js-temporal/polyfill';

/** How much of a day's budget is used. */
export interface UsedOfDay {
  readonly date: string;
  readonly used: number;
}

/** So long the end of a day is believed in, which may be another at the vendor than in the settings; then a call tries. */
const longestRestMs = 3_600_000;

/**
 * The calendar day of a moment in a zone, UTC where none is named, and when it ends.
 * @throws RangeError where there is no such time zone
 */
export function dayAt(now: number, zone = 'UTC'): { readonly date: string; readonly endsAt: number } {
  const date = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate();
  const end = date.add({ days: 1 }).toZonedDateTime(zone);
  return { date: date.toString(), endsAt: end.epochMilliseconds };
}

/** How long what a vendor says of its day is kept to: until the day ends, and an hour at most. */
export function restOfDay(zone: string | undefined, now: number): number {
  return Math.min(dayAt(now, zone).endsAt - now, longestRestMs);
}

/** A clock that was set back over midnight goes on with the later day. */
export function usedOn(day: UsedOfDay | null, date: string): number {
  return day === null || date > day.date ? 0 : day.used;
}

/** The later of two dates. */
export function laterOf(known: string | undefined, date: string): string {
  return known !== undefined && known > date ? known : date;
}
