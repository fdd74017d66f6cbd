import { Temporal } from '@js-temporal/polyfill';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const tokens: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  YY: '(?<shortYear>\\d{2})',
  MMM: '(?<monthName>[A-Za-z]{3})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
};

/**
 * Makes a reader of dates written in one format: `YYYY` or `YY`, `MMM` (English), `MM` or `M`, `DD` or `D`, and
 * signs between them. The reader answers `YYYY-MM-DD`, or null for text of another shape and for days that no
 * calendar has. Throws a RangeError on a format that does not name year, month and day once each.
 *
 * Two digits of a year are read as POSIX `strptime` reads `%y`: 69 to 99 are 1969 to 1999, 00 to 68 are 2000
 * to 2068. That does not move with today's date, so the same file always says the same.
 */
export function dateReader(format: string): (value: string) => string | null {
  const found: string[] = [];
  const pattern = format.replace(/YYYY|YY|MMM|MM|M|DD|D|[^A-Za-z]|[A-Za-z]/g, (part) => {
    const token = tokens[part];
    if (token !== undefined) {
      found.push(part.charAt(0));
      return token;
    }
    if (/[A-Za-z]/.test(part)) throw unusable(format);
    return RegExp.escape(part);
  });
  if (found.toSorted().join('') !== 'DMY') throw unusable(format);
  const shape = new RegExp(`^${pattern}$`);
  return (value) => {
    const parts = shape.exec(value)?.groups;
    if (!parts) return null;
    const year = parts.year ? Number(parts.year) : fullYear(Number(parts.shortYear));
    const month = parts.monthName ? months.indexOf(parts.monthName.toLowerCase()) + 1 : Number(parts.month);
    try {
      return Temporal.PlainDate.from(
        { year, month, day: Number(parts.day) },
        { overflow: 'reject' },
      ).toString();
    } catch {
      return null;
    }
  };
}

function fullYear(digits: number): number {
  return digits < 69 ? 2000 + digits : 1900 + digits;
}

function unusable(format: string): RangeError {
  return new RangeError(
    `"${format}" is not a date format: write year (YYYY, YY), month (MMM, MM, M) and day (DD, D) once each, such as DD-MM-YY`,
  );
}
