import { refuseField } from '#chassis/input.ts';

/** Longer than the longest window, so that last year's lists can still be taken down. */
const oldestDays = 400;

/** When a fact happened: as given, by default now. Throws `INVALID_ARGUMENT` for the future and for long ago. */
export function factTime(at: string | null | undefined, now: number): string {
  const time = at === null || at === undefined ? now : Date.parse(at);
  if (time > now) refuseField('at', at, `a time up to now, ${new Date(now).toISOString()}`);
  const oldest = now - oldestDays * 86_400_000;
  if (time < oldest) refuseField('at', at, `a time of the last ${oldestDays} days`);
  return new Date(time).toISOString();
}
