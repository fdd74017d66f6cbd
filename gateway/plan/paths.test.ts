import { describe, expect, it } from 'vitest';
import { compilePath } from './paths.ts';

const book = { __typename: 'Book', author: { name: 'A' } };
const film = { __typename: 'Film', author: { name: 'B' } };
const untyped = { author: { name: 'C' } };
const root = { shelf: { things: [book, null, [film], film, 'odd'], one: book }, untyped, none: null };

describe('a path', () => {
  it.each([
    [['shelf', 'one'], [book]],
    [
      ['shelf', 'things', '@'],
      [book, film],
    ],
    [['shelf', 'things', '@', '@'], [film]],
    [
      ['shelf', 'things', '@', 'author'],
      [book.author, film.author],
    ],
    [['shelf', 'things', '@|[Film]', 'author'], [film.author]],
    [['shelf', 'things', '@', '|[Book,Song]', 'author'], [book.author]],
    [['shelf', 'one|[Film]', 'author'], []],
    [['untyped|[Film]', 'author'], [untyped.author]],
    [['none', 'author'], []],
    [['shelf', 'one', '@'], []],
    [['missing'], []],
    [[], [root]],
  ])('%j leads to its objects', (path, expected) => {
    const compiled = compilePath(path);
    expect(compiled.collect(root)).toEqual(expected);
    expect(compiled.locate(root).map(({ target }) => target)).toEqual(expected);
  });

  it('tells where its objects are', () => {
    const places = compilePath(['shelf', 'things', '@', 'author']).locate(root);
    expect(places.map(({ path }) => path)).toEqual([
      ['shelf', 'things', 0, 'author'],
      ['shelf', 'things', 3, 'author'],
    ]);
    expect(places[0]?.holders).toEqual([root, root.shelf, book]);
  });

  it('has a stem up to its first list', () => {
    expect(compilePath(['shelf', 'things', '@', 'author']).stem).toEqual(['shelf', 'things']);
    expect(compilePath([]).stem).toEqual([]);
  });
});
