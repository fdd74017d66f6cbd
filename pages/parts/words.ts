/** How the graph's values are said to people. Times are UTC and numbers English, so that both sides write the same. */

const ownWords: Readonly<Record<string, string>> = {
  OUTBOUND: 'Sales outreach',
  OPEN: 'Opened',
  CLICK: 'Clicked',
  VISIT: 'Visited',
  IMPRESSION: 'Shown',
  DOWNLOAD: 'Downloaded',
  FORM_SUBMISSION: 'Sent a form',
  ATTENDANCE: 'Attended',
  REPLY: 'Replied',
  MEETING: 'Met',
  EMAIL: 'Email',
};

/** `PAID_SEARCH` as "Paid search". */
export function words(value: string): string {
  const plain = value.toLowerCase().replaceAll('_', ' ');
  return ownWords[value] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
}

interface Amount {
  readonly amount: string;
  readonly currency: string;
}

/** "$1.2M"; one for each currency, since they are not added up. */
export function money(amounts: readonly Amount[]): string {
  return amounts.length === 0 ? '0' : amounts.map(oneAmount).join(' + ');
}

function oneAmount({ amount, currency }: Amount): string {
  const value = Number(amount);
  const isLarge = Math.abs(value) >= 10_000;
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency,
    notation: isLarge ? 'compact' : 'standard',
    maximumFractionDigits: isLarge ? 1 : 0,
  }).format(value);
}

export function count(value: number): string {
  return new Intl.NumberFormat('en-US').format(value);
}

/** "1 visit", "2 visits". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A part from 0 to 1 as "42%". */
export function percent(part: number): string {
  return new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 0 }).format(part);
}

const steps = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** "3 hours ago", by two RFC 3339 times. */
export function ago(time: string, now: string): string {
  const seconds = (Date.parse(time) - Date.parse(now)) / 1_000;
  const step = steps.find(([, length]) => Math.abs(seconds) >= length);
  return step === undefined ? 'just now' : relative.format(Math.trunc(seconds / step[1]), step[0]);
}

/** "1 Mar 2026, 09:30 UTC". */
export function exactTime(time: string): string {
  return `${new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
  }).format(new Date(time))} UTC`;
}

/** "09:30:05", UTC. */
export function clockTime(time: string): string {
  return new Date(time).toISOString().slice(11, 19);
}

/** "1 Mar", of a calendar date. */
export function shortDay(date: string): string {
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
    new Date(date),
  );
}
