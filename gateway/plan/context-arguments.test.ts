import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { contextArguments } from './context-arguments.ts';
import type { Place } from './paths.ts';
import type { TreeObject } from './tree.ts';
import { createTypeIndex } from './type-index.ts';

const types = createTypeIndex(
  buildSchema(`
    type Query { any: Holder }
    interface Holder { id: ID }
    type Shop implements Holder { id: ID }
    type Market implements Holder { id: ID }
  `),
);
const rename = (path: string[], variable: string) =>
  ({ kind: 'KeyRenamer', path, renameKeyTo: variable }) as const;

function place(target: TreeObject, ...holders: TreeObject[]): Place {
  return { target, holders, path: [] };
}

const inShop = [rename(['..', '... on Shop', 'currency'], 'c')];

describe('arguments from context', () => {
  it('are none where the fetch has no context', () => {
    expect(contextArguments([], types)).toBeUndefined();
  });

  it('are read one field upwards for each step', () => {
    const root = { currency: 'CHF' };
    const shop = { __typename: 'Shop', currency: 'USD' };
    const item = { currency: 'own' };
    const read = (path: string[]) => contextArguments([rename(path, 'c')], types)?.(place(item, root, shop));
    expect(read(['..', 'currency'])).toEqual({ kind: 'given', text: ',"c":"USD"' });
    expect(read(['..', '..', 'currency'])).toEqual({ kind: 'given', text: ',"c":"CHF"' });
    expect(read(['currency'])).toEqual({ kind: 'given', text: ',"c":"own"' });
  });

  it('take the first alternative whose type the holder has', () => {
    const read = contextArguments(
      [
        rename(['..', '... on Market', 'money'], 'c'),
        rename(['..', '... on Shop', 'currency'], 'c'),
        rename(['..', '... on Holder', 'id'], 'c'),
      ],
      types,
    );
    const both = { currency: 'USD', money: 'EUR', id: '7' };
    expect(read?.(place({}, { __typename: 'Shop', ...both }))).toEqual({ kind: 'given', text: ',"c":"USD"' });
    expect(read?.(place({}, { __typename: 'Market', ...both }))).toEqual({
      kind: 'given',
      text: ',"c":"EUR"',
    });
  });

  it('are left out where no alternative holds, and null where the value is', () => {
    const read = contextArguments(inShop, types);
    expect(read?.(place({}, { __typename: 'Market', currency: 'USD' }))).toEqual({ kind: 'given', text: '' });
    expect(read?.(place({}, { __typename: 'Shop', currency: null }))).toEqual({
      kind: 'given',
      text: ',"c":null',
    });
  });

  it('stand side by side, each under its own variable', () => {
    const read = contextArguments([...inShop, rename(['..', '... on Shop', 'n'], 'n"')], types);
    expect(read?.(place({}, { __typename: 'Shop', currency: 'U"D', n: 3 }))).toEqual({
      kind: 'given',
      text: ',"c":"U\\"D","n\\"":3',
    });
  });

  it('are read through objects and lists', () => {
    const read = contextArguments([rename(['..', '... on Shop', 'rates', 'code'], 'c')], types);
    expect(read?.(place({}, { __typename: 'Shop', rates: [{ code: 'A' }, null, { code: 'B' }] }))).toEqual({
      kind: 'given',
      text: ',"c":["A",null,"B"]',
    });
  });

  it('name the holder and key that are missing', () => {
    const read = contextArguments(inShop, types);
    const shop = { __typename: 'Shop' };
    expect(read?.(place({}, shop))).toEqual({ kind: 'missing', holder: shop, key: 'currency' });
    const nested = contextArguments([rename(['..', 'rates', 'code'], 'c')], types);
    const second = {};
    expect(nested?.(place({}, { rates: [{ code: 'A' }, second] }))).toEqual({
      kind: 'missing',
      holder: second,
      key: 'code',
    });
  });
});
