import { describe, expect, it } from 'vitest';
import { fetchShape } from './errors.ts';
import { copyPlaces, createWritings, type WrittenPlaces } from './written-places.ts';

type Fetches = readonly (readonly [path: string, selection: string])[];

/** What the others write into the answers of the first. */
function writtenInto(fetches: Fetches): object {
  const writings = createWritings();
  const [first] = fetches.map(([path, selection]) =>
    writings.add({ path: path.split('.').filter(Boolean), shape: () => fetchShape(selection, false) }),
  );
  return plain(first?.() ?? new Map());
}

function plain(places: WrittenPlaces): object {
  const entries = [...places].map(([key, below]) => [key, below === 'whole' ? below : plain(below)]);
  return Object.fromEntries(entries);
}

const book = '{ book { __typename id author { id name } tags } }';

describe('what is written into an answer', () => {
  it.each<[string, Fetches, object]>([
    ['nothing by itself', [['', book]], {}],
    [
      'nothing where others write elsewhere',
      [
        ['book', '{ price { sum } }'],
        ['book', '{ note }'],
      ],
      {},
    ],
    [
      'the object that others add to',
      [
        ['', book],
        ['book', '{ price }'],
      ],
      { book: {} },
    ],
    [
      'and those on the way to it',
      [
        ['', book],
        ['book.author', '{ age }'],
      ],
      { book: { author: {} } },
    ],
    [
      'an object that others give too',
      [
        ['book', '{ author { name } }'],
        ['book', '{ author { age } }'],
      ],
      { author: {} },
    ],
    [
      'all of a field that others give too',
      [
        ['', book],
        ['', '{ book { tags } }'],
      ],
      { book: { tags: 'whole' } },
    ],
    [
      'no name of a type',
      [
        ['book', '{ __typename author { id } }'],
        ['book', '{ __typename note }'],
      ],
      {},
    ],
  ])('is %s', (_, fetches, expected) => {
    expect(writtenInto(fetches)).toEqual(expected);
  });
});

describe('a copy', () => {
  const answer = { books: [{ author: { id: '1' }, publisher: { id: '2' }, tags: [['a']] }, null] };
  const places: WrittenPlaces = new Map([
    [
      'books',
      new Map<string, WrittenPlaces | 'whole'>([
        ['author', new Map()],
        ['tags', 'whole'],
        ['missing', new Map()],
      ]),
    ],
  ]);

  it('is like the answer, and only what nobody writes into is the same', () => {
    const copy = copyPlaces(answer, places);
    expect(copy).toEqual(answer);
    const [one] = copy.books;
    const [other] = answer.books;
    expect(one?.author).not.toBe(other?.author);
    expect(one?.tags[0]).not.toBe(other?.tags[0]);
    expect(one?.publisher).toBe(other?.publisher);
  });
});
