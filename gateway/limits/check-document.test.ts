import { getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, test, vi } from 'vitest';
import { checkDocument } from './check-document.ts';
import { checkText } from './check-text.ts';
import { refusalOf } from './fixture.ts';
import { defaultOperationLimits, type OperationLimits } from './operation-limits.ts';

function check(text: string, limits: Partial<OperationLimits> = {}) {
  const all = { ...defaultOperationLimits, ...limits };
  return refusalOf(() => {
    checkText(text, all);
    checkDocument(parse(text), all);
  });
}

const repeated = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

describe('each limit at its edge', () => {
  const nested = (levels: number) => `{ ${'a { '.repeat(levels - 1)} b ${'} '.repeat(levels)}`;
  test.each<[string, string, string, Partial<OperationLimits>, string, number]>([
    ['depth', nested(3), nested(4), { depth: 3 }, 'DEPTH_LIMIT_EXCEEDED', 3],
    [
      'depth through fragments',
      '{ a { ...F } } fragment F on A { b { ... on A { c } } }',
      '{ a { ...F } } fragment F on A { b { ...G } } fragment G on A { c { d } }',
      { depth: 3 },
      'DEPTH_LIMIT_EXCEEDED',
      3,
    ],
    ['aliases', '{ a: b c { d: e } }', '{ a: b c { d: e f: g } }', { aliases: 2 }, 'ALIAS_LIMIT_EXCEEDED', 2],
    [
      'aliases of a fragment, once for each spread',
      '{ ...F c { ...F } } fragment F on A { a: b }',
      '{ ...F c { ...F } ...F } fragment F on A { a: b }',
      { aliases: 2 },
      'ALIAS_LIMIT_EXCEEDED',
      2,
    ],
    ['root fields', '{ a b { c d e } }', '{ a b c }', { rootFields: 2 }, 'ROOT_FIELD_LIMIT_EXCEEDED', 2],
    [
      'root fields in fragments',
      '{ ...F } fragment F on Query { a ... { b } }',
      '{ ...F c } fragment F on Query { a ... { b } }',
      { rootFields: 2 },
      'ROOT_FIELD_LIMIT_EXCEEDED',
      2,
    ],
    [
      'directives',
      'query ($x: Int @v) @o { a @skip(if: true) ...F } fragment F on Query { b }',
      'query ($x: Int @v) @o { a @skip(if: true) ...F @i } fragment F on Query { b }',
      { directives: 3 },
      'DIRECTIVE_LIMIT_EXCEEDED',
      3,
    ],
    [
      'directives of fragments',
      '{ a ...F } fragment F on Query @f { ... @i { b @s } }',
      '{ a ...F @i } fragment F on Query @f { ... @i { b @s } }',
      { directives: 3 },
      'DIRECTIVE_LIMIT_EXCEEDED',
      3,
    ],
    ['fields', '{ a { b } c }', '{ a { b } c d }', { fields: 3 }, 'FIELD_LIMIT_EXCEEDED', 3],
    [
      'nesting through a fragment that was measured further up',
      '{ ...F a { ...F } } fragment F on A { b }',
      '{ ...F a { ... { ...F } } } fragment F on A { b }',
      { nesting: 3 },
      'NESTING_LIMIT_EXCEEDED',
      3,
    ],
    [
      'nesting through fragments',
      '{ ...F } fragment F on A { a { b } }',
      '{ ...F } fragment F on A { a { ... { b } } }',
      { nesting: 3 },
      'NESTING_LIMIT_EXCEEDED',
      3,
    ],
  ])('%s', (_, passing, refused, limits, code, limit) => {
    expect(check(passing, limits)).toBeUndefined();
    expect(check(refused, limits)).toEqual({
      message: expect.stringContaining(String(limit)),
      code,
      limit,
      value: limit + 1,
    });
  });

  test('the defaults', () => {
    expect(check(nested(15))).toBeUndefined();
    expect(check(nested(16))).toMatchObject({ code: 'DEPTH_LIMIT_EXCEEDED', limit: 15, value: 16 });
    const aliases = (count: number) => `{ q { ${repeated(count, (index) => `x${index}: a`)} } }`;
    expect(check(aliases(100))).toBeUndefined();
    expect(check(aliases(101))).toMatchObject({ code: 'ALIAS_LIMIT_EXCEEDED', limit: 100, value: 101 });
    const roots = (count: number) => `{ ${repeated(count, () => 'a')} }`;
    expect(check(roots(20))).toBeUndefined();
    expect(check(roots(21))).toMatchObject({ code: 'ROOT_FIELD_LIMIT_EXCEEDED', limit: 20, value: 21 });
    const directives = (count: number) => `{ a ${repeated(count, () => '@d')} }`;
    expect(check(directives(100))).toBeUndefined();
    expect(check(directives(101))).toMatchObject({
      code: 'DIRECTIVE_LIMIT_EXCEEDED',
      limit: 100,
      value: 101,
    });
    const tokens = (count: number) => `{ a { ${repeated(count - 5, () => 'b')} } }`;
    expect(check(tokens(10_000))).toBeUndefined();
    expect(check(tokens(10_001))).toMatchObject({
      code: 'TOKEN_LIMIT_EXCEEDED',
      limit: 10_000,
      value: 10_001,
    });
    const fields = (count: number) => {
      const leaves = Math.floor(count / 10) - 1;
      const rest = count - 10 * (leaves + 1);
      const spreads = repeated(10, (index) => `f${index} { ...F }`);
      return `{ ${spreads} ${repeated(rest, () => 'a')} } fragment F on A { ${repeated(leaves, () => 'b')} }`;
    };
    expect(check(fields(10_000))).toBeUndefined();
    expect(check(fields(10_001))).toMatchObject({
      code: 'FIELD_LIMIT_EXCEEDED',
      limit: 10_000,
      value: 10_001,
    });
  });

  test('the one operation of several that is too large is named', () => {
    const text = 'query Small { a } query Large { a b c }';
    expect(check(text, { rootFields: 2 })).toMatchObject({
      message: 'Operation "Large" has 3 root fields; 2 are allowed: send several requests.',
    });
  });

  test('a limit that is turned off refuses nothing', () => {
    const off = { depth: false, aliases: false, rootFields: false, directives: false } as const;
    expect(check(nested(100), off)).toBeUndefined();
    expect(check(`{ ${repeated(500, (index) => `x${index}: a @skip(if: true)`)} }`, off)).toBeUndefined();
  });
});

describe('documents that unfold to far more than their text', () => {
  const count = 600;
  const doubling = (text: string) =>
    `{ ${text}0 } ${repeated(count, (index) => `fragment F${index} on A { ${text}${index + 1} ${text}${index + 1} }`)} fragment F${count} on A { a }`;

  test('are measured by their text', () => {
    const text = doubling('...F');
    const document = parse(text);
    let visits = 0;
    for (const definition of document.definitions) {
      if ('selectionSet' in definition) {
        const { selections } = definition.selectionSet;
        vi.spyOn(definition.selectionSet, 'selections', 'get').mockImplementation(() => {
          visits += 1;
          return selections;
        });
      }
    }
    const limits = { ...defaultOperationLimits, nesting: 1_000, rootFields: false } as const;
    expect(refusalOf(() => checkDocument(document, limits))).toMatchObject({
      code: 'FIELD_LIMIT_EXCEEDED',
      value: 16_384,
    });
    expect(visits).toBeLessThanOrEqual(count + 2);
  });

  test('are refused for whatever they unfold to first', () => {
    expect(check(doubling('...F'))).toMatchObject({ code: 'NESTING_LIMIT_EXCEEDED' });
    const deep = `{ a { ...F0 } } ${repeated(14, (index) => `fragment F${index} on A { a { ...F${index + 1} } b { ...F${index + 1} } }`)} fragment F14 on A { a }`;
    expect(check(deep)).toMatchObject({ code: 'FIELD_LIMIT_EXCEEDED' });
    const aliased = deep.replaceAll('b {', 'x: a {');
    expect(check(aliased)).toMatchObject({ code: 'ALIAS_LIMIT_EXCEEDED' });
  });
});

describe('what validation refuses is measured all the same', () => {
  test.each([
    ['a fragment inside itself', '{ ...F } fragment F on A { a ...F }'],
    ['fragments inside each other', '{ ...F } fragment F on A { a ...G } fragment G on A { b ...F }'],
    ['a fragment that is nowhere', '{ ...F }'],
    ['a document of types', 'type A { a: Int }'],
  ])('%s', (_, text) => {
    expect(check(text)).toBeUndefined();
  });

  test('a fragment that nobody spreads', () => {
    const text = '{ a } fragment F on A { x: a y: b z: c }';
    expect(check(text, { aliases: 2 })).toMatchObject({ message: expect.stringContaining('Fragment "F"') });
  });
});

describe('introspection', () => {
  test('passes with every default', () => {
    const text = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
    });
    expect(check(text)).toBeUndefined();
  });

  test('is refused where it is turned off, but for __typename', () => {
    const off = { introspection: false };
    expect(check('{ __typename a { __typename } }', off)).toBeUndefined();
    expect(check('{ ...F } fragment F on Query { __schema { types { name } } }', off)).toEqual({
      message: 'Introspection is turned off here: "__schema" cannot be asked.',
      code: 'INTROSPECTION_DISABLED',
    });
    expect(check('{ x: __type(name: "A") { name } }', off)).toMatchObject({ code: 'INTROSPECTION_DISABLED' });
  });
});
