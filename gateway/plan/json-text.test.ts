import { describe, expect, it } from 'vitest';
import { jsonText, quote } from './json-text.ts';

describe('JSON text', () => {
  it.each([
    '',
    'plain',
    'é ü 漢',
    '"',
    '\\',
    '\n\t\u0000\u001f',
    '\u007f\u2028\u2029',
    '😀',
    '\ud800',
    'a\udc00b',
  ])('of the string %j', (text) => {
    expect(quote(text)).toBe(JSON.stringify(text));
  });

  it.each([0, -0, 1.5, 1e21, 5e-324, true, false, null, ['a', { b: [1] }], { c: null }])('of %j', (value) => {
    expect(jsonText(value)).toBe(JSON.stringify(value));
  });

  it('of what is no number is null', () => {
    expect(jsonText(Number.NaN)).toBe('null');
    expect(jsonText(undefined)).toBe('null');
  });
});
