/** An amount as the graph shows it: decimal text and an ISO 4217 code. */
export interface Money {
  readonly amount: string;
  readonly currency: string;
}

const digitsByCurrency = new Map<string, number>();

/**
 * Decimal places of a currency's minor unit as ISO 4217 gives them (USD 2, JPY 0, KWD 3); throws a
 * RangeError on anything but three letters.
 */
export function minorDigits(currency: string): number {
  const known = digitsByCurrency.get(currency);
  if (known !== undefined) return known;
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
    .maximumFractionDigits;
  if (digits === undefined) throw new RangeError(`Currency ${currency} has no minor unit.`);
  digitsByCurrency.set(currency, digits);
  return digits;
}

/**
 * Minor units → Money: `money(123456, 'USD')` is 1234.56 USD. Null where either part is missing. Takes text
 * and bigint too, since sums leave the range of safe integers and PostgreSQL answers bigint as text.
 */
export function money(minor: number | bigint | string | null, currency: string | null): Money | null {
  if (minor === null || currency === null) return null;
  const digits = minorDigits(currency);
  const units = BigInt(minor);
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  const fraction = digits === 0 ? '' : `.${text.slice(-digits)}`;
  return { amount: `${units < 0n ? '-' : ''}${whole}${fraction}`, currency };
}

/**
 * Decimal text → minor units, exactly. Throws a RangeError on text that is not a decimal, on more places
 * than the currency has, and on amounts beyond the range of safe integers.
 */
export function minorUnits(amount: string, currency: string): number {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount.trim());
  if (!match) throw new RangeError(`"${amount}" is not a decimal number such as 1234.50.`);
  const digits = minorDigits(currency);
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > digits) {
    throw new RangeError(`"${amount}" has more decimal places than ${currency} has (${digits}).`);
  }
  const units = Number(`${match[1]}${match[2]}${fraction.padEnd(digits, '0')}`);
  if (!Number.isSafeInteger(units)) throw new RangeError(`"${amount}" ${currency} is too large.`);
  return units;
}
