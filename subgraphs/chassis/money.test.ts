import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minorUnits, money } from './money.ts';

describe('money', () => {
  it.each([
    [123456, 'USD', '1234.56'],
    [5, 'USD', '0.05'],
    [-5, 'USD', '-0.05'],
    [500, 'JPY', '500'],
    [1234, 'KWD', '1.234'],
    ['90071992547409930', 'USD', '900719925474099.30'],
  ])('%s minor units of %s are %s', (minor, currency, amount) => {
    expect(money(minor, currency)).toEqual({ amount, currency });
  });

  it('is nothing without an amount or a currency', () => {
    expect(money(null, 'USD')).toBeNull();
    expect(money(1, null)).toBeNull();
  });

  it('comes back the same', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
        fc.constantFrom('USD', 'JPY', 'KWD', 'EUR'),
        (minor, currency) => {
          expect(minorUnits(money(minor, currency)?.amount ?? '', currency)).toBe(minor);
        },
      ),
    );
  });

  it.each([
    ['12,50', 'USD', 'is not a decimal number'],
    ['1e5', 'USD', 'is not a decimal number'],
    ['1.005', 'USD', 'more decimal places'],
    ['1.5', 'JPY', 'more decimal places'],
    ['99999999999999999', 'USD', 'too large'],
    ['1', 'DOLLARS', 'DOLLARS'],
  ])('%s %s is refused', (amount, currency, why) => {
    expect(() => minorUnits(amount, currency)).toThrow(RangeError);
    expect(() => minorUnits(amount, currency)).toThrow(why);
  });

  it('takes trailing zeros beyond the currency', () => {
    expect(minorUnits('7.500', 'USD')).toBe(750);
    expect(minorUnits('7.00', 'JPY')).toBe(7);
  });
});
