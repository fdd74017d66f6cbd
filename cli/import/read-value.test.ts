import { describe, expect, it } from 'vitest';
import { dateReader } from './date-format.ts';
import { naturalId } from './natural-id.ts';
import { Refused, readDomain, readEmail, readInteger, readMoney, readMultiple } from './read-value.ts';

const point = { decimal: '.' } as const;
const comma = { decimal: ',', thousands: '.' } as const;

describe('values', () => {
  it.each([
    ['1100.04', point, 1_000_000, 'USD', 110_004_000_000],
    ['1.234,50', comma, 1, 'EUR', 123_450],
    ['-7', point, 1, 'JPY', -7],
    ['0.001', point, 1_000, 'KWD', 1_000],
    ['550', point, 1, 'usd', 55_000],
  ])('%s is an amount', (text, signs, scale, currency, minor) => {
    expect(readMoney(text, signs, scale, currency)).toBe(minor);
  });

  it.each([
    ['2.5', 5, 13, false],
    ['2.67', 3, 8, false],
    ['3.33', 3, 10, false],
    ['2.50', 2, 5, true],
    ['0.0', 7, 0, true],
    ['0.15', 10, 2, false],
    ['9007199254740993', 0, 0, true],
  ])('%s times %i is %i', (text, times, product, exact) => {
    expect(readMultiple(text, point, times)).toEqual({ product, exact });
  });

  it('refuses a multiple of what is below 0', () => {
    expect(() => readMultiple('-0.5', point, 2)).toThrow('"-0.5" is below 0');
  });

  it.each([
    ['1,234.50', point],
    ['1.23.50', comma],
    ['12,5', point],
    ['$5', point],
    ['1e3', point],
    ['.5', point],
    ['', point],
  ])('%s is not a number', (text, signs) => {
    expect(() => readMoney(text, signs, 1, 'USD')).toThrow(Refused);
  });

  it('refuses amounts that no store could hold, and currencies that are none', () => {
    expect(() => readMoney('99999999999999999', point, 1, 'USD')).toThrow('is too large');
    expect(() => readMoney('1', point, 1, 'US$')).toThrow(Refused);
  });

  it('reads whole numbers within bounds', () => {
    expect(readInteger('1 234', { decimal: '.', thousands: ' ' }, 0, 5_000)).toBe(1_234);
    expect(readInteger('12.0', point, 0, 50)).toBe(12);
    expect(() => readInteger('-1', point, 0, 50)).toThrow('-1 is not between 0 and 50');
  });

  it.each([
    ['https://www.Acme.com/about?x', 'acme.com'],
    ['acme.co.uk', 'acme.co.uk'],
    ['bücher.example', 'xn--bcher-kva.example'],
  ])('%s is a domain', (text, domain) => {
    expect(readDomain(text)).toBe(domain);
  });

  it.each(['acme', 'a b.com', '-a.com', 'http://', 'a..b'])('%s is not a domain', (text) => {
    expect(() => readDomain(text)).toThrow(Refused);
  });

  it('reads addresses in lower case', () => {
    expect(readEmail('Ann@Acme.Example')).toBe('ann@acme.example');
    expect(() => readEmail('ann at acme')).toThrow(Refused);
  });
});

describe('dates', () => {
  it.each([
    ['DD-MM-YY', '20-10-16', '2016-10-20'],
    ['DD-MM-YY', '29-02-16', '2016-02-29'],
    ['DD-MM-YY', '01-01-68', '2068-01-01'],
    ['DD-MM-YY', '01-01-69', '1969-01-01'],
    ['M/D/YYYY', '3/7/2017', '2017-03-07'],
    ['D MMM YYYY', '7 mar 2017', '2017-03-07'],
    ['YYYYMMDD', '20170307', '2017-03-07'],
  ])('%s reads %s', (format, text, date) => {
    expect(dateReader(format)(text)).toBe(date);
  });

  it.each([
    ['DD-MM-YY', '31-02-17'],
    ['DD-MM-YY', '29-02-17'],
    ['DD-MM-YY', '10-13-17'],
    ['DD-MM-YY', '1-1-17'],
    ['DD-MM-YY', '01-01-2017'],
    ['DD.MM.YY', '01x01x17'],
    ['D MMM YYYY', '7 Foo 2017'],
  ])('%s does not read %s', (format, text) => {
    expect(dateReader(format)(text)).toBeNull();
  });

  it.each(['YYYY-MM', 'DD-DD-YY', 'YYYY-MM-DD HH', 'MM-DD'])('%s is not a format', (format) => {
    expect(() => dateReader(format)).toThrow('is not a date format');
  });
});

describe('ids', () => {
  it('are the same for the same key, and never shared by kinds, sources or compound keys', () => {
    expect(naturalId('b2b-pipeline', 'account', ['Isdom'])).toMatchInlineSnapshot(`"acc_5go6zvatk3avcmiw"`);
    const ids = [
      naturalId('a', 'account', ['x']),
      naturalId('a', 'user', ['x']),
      naturalId('b', 'account', ['x']),
      naturalId('a', 'account', ['x', '']),
      naturalId('a', 'account', ['', 'x']),
    ];
    expect(new Set(ids.map((id) => id.slice(4))).size).toBe(5);
    expect(ids.every((id) => /^(acc|usr)_[a-z2-7]{16}$/.test(id))).toBe(true);
  });
});
