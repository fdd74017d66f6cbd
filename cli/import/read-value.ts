import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { minorUnits } from '#chassis/money.ts';

/** Why a row cannot be imported, in words for whoever wrote the file. */
export class Refused extends Error {}

const maxText = 1_000;
const email = z.email().max(254);
const hostname = /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/;

export interface NumberSigns {
  readonly decimal: '.' | ',';
  readonly thousands?: string;
}

export function readText(value: string): string {
  if (value.length > maxText) throw new Refused(`is longer than ${maxText} characters`);
  return value;
}

/** An address in lower case. */
export function readEmail(value: string): string {
  const parsed = email.safeParse(value.toLowerCase());
  if (!parsed.success) throw new Refused(`"${value}" is not an e-mail address`);
  return parsed.data;
}

/** The domain of a web address or a bare domain, in lower case and without `www.`. */
export function readDomain(value: string): string {
  const host = value
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[/?#:].*$/, '')
    .replace(/^www\./, '')
    .replace(/\.$/, '');
  const domain = domainToASCII(host);
  if (!hostname.test(domain)) throw new Refused(`"${value}" is not a domain such as acme.com`);
  return domain;
}

export function readInteger(value: string, signs: NumberSigns, min: number, max: number): number {
  const { digits, fraction } = decimalParts(value, signs);
  if (/[1-9]/.test(fraction)) throw new Refused(`"${value}" is not a whole number`);
  const number = Number(digits);
  if (number < min || number > max) throw new Refused(`${number} is not between ${min} and ${max}`);
  return number;
}

/** Decimal text from 0 on times a whole number, rounded to a whole one; halves go up. */
export function readMultiple(
  value: string,
  signs: NumberSigns,
  times: number,
): { readonly product: number; readonly exact: boolean } {
  const { digits, fraction } = decimalParts(value, signs);
  if (digits.startsWith('-')) throw new Refused(`"${value}" is below 0`);
  const scale = 10n ** BigInt(fraction.length);
  const scaled = BigInt(`${digits}${fraction}`) * BigInt(times);
  return { product: Number((2n * scaled + scale) / (2n * scale)), exact: scaled % scale === 0n };
}

/** Decimal text times `scale` in minor units of the currency, exactly. */
export function readMoney(value: string, signs: NumberSigns, scale: number, currency: string): number {
  const { digits, fraction } = decimalParts(value, signs);
  const scaled = BigInt(`${digits}${fraction}`) * BigInt(scale);
  const text = (scaled < 0n ? -scaled : scaled).toString().padStart(fraction.length + 1, '0');
  const split = text.length - fraction.length;
  try {
    return minorUnits(
      `${scaled < 0n ? '-' : ''}${text.slice(0, split)}.${text.slice(split)}0`,
      currency.toUpperCase(),
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Refused(`"${value}" ${currency} is not an amount: ${error.message}`);
  }
}

function decimalParts(value: string, { decimal, thousands }: NumberSigns) {
  const grouped = thousands === undefined ? value : ungrouped(value, decimal, thousands);
  const match = /^(-?\d{1,18})(?:[.,](\d{1,18}))?$/.exec(grouped);
  if (!match || (match[2] !== undefined && grouped.charAt(match[1]?.length ?? 0) !== decimal)) {
    throw new Refused(`"${value}" is not a number`);
  }
  return { digits: match[1] as string, fraction: match[2] ?? '' };
}

/** Takes out the signs between thousands, where they do stand between thousands. */
function ungrouped(value: string, decimal: string, thousands: string): string {
  const end = value.indexOf(decimal);
  const whole = end === -1 ? value : value.slice(0, end);
  const groups = whole.split(thousands);
  if (groups.slice(1).some((group) => group.length !== 3)) throw new Refused(`"${value}" is not a number`);
  return groups.join('') + value.slice(whole.length);
}
