import { describe, expect, it } from 'vitest';
import { clientOf, unknownClient } from './client.ts';

describe('clientOf', () => {
  it.each(['sidebar', '@acme/sales-tool', 'Lead Desk 2', 'page /sidebar', 'ios:main'])(
    'takes "%s"',
    (name) => {
      expect(clientOf(name, '1.4.0-rc.1+7')).toEqual({ name, version: '1.4.0-rc.1+7' });
    },
  );

  it.each(['', ' ', 'jane@acme.example', 'a\nb', 'naïve', '<b>', 'x'.repeat(66), 7, ['a', 'b'], null])(
    'has %j unknown',
    (given) => {
      expect(clientOf(given, given === 7 ? 7 : `${given}`.slice(0, 0))).toEqual(unknownClient);
      expect(clientOf('fit', given)).toEqual({ name: 'fit', version: 'unknown' });
    },
  );

  it('is the same object for all who say nothing', () => {
    expect(clientOf(undefined, undefined)).toBe(unknownClient);
  });
});
