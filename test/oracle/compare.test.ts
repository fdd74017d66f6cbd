import { describe, expect, it } from 'vitest';
import type { Answer } from './answers.ts';
import { difference } from './compare.ts';

const answer = (data: unknown, paths: (string | number)[][] = [], log: string[] = []): Answer => ({
  data: JSON.stringify(data),
  errorPaths: paths.map((path) => JSON.stringify(path)),
  log,
});

describe('two answers', () => {
  it.each<[string, Answer, Answer]>([
    ['are the same', answer({ a: 1 }), answer({ a: 1 })],
    [
      'have the same errors in another order',
      answer({ a: null, b: null }, [['a'], ['b']]),
      answer({ a: null, b: null }, [['b'], ['a']]),
    ],
    [
      'explain one null by different errors beneath it',
      answer({ a: null }, [['a', 'x']]),
      answer({ a: null }, [
        ['a', 'y'],
        ['a', 0, 'z'],
      ]),
    ],
    ['went on after data was lost', answer(null, [['a']], ['one']), answer(null, [['a']], ['one', 'two'])],
  ])('%s: no difference', (_, truth, given) => {
    expect(difference(truth, given)).toBeUndefined();
  });

  it.each<[string, Answer, Answer, RegExp]>([
    ['data', answer({ a: 1 }), answer({ a: 2 }), /^data$/],
    ['the order of keys', answer({ a: 1, b: 1 }), answer({ b: 1, a: 1 }), /^data$/],
    ['a mutation', answer({ a: 1 }, [], ['one']), answer({ a: 1 }, [], ['one', 'two']), /^log$/],
    [
      'the order of mutations',
      answer(null, [['a']], ['one', 'two']),
      answer(null, [['a']], ['two']),
      /^log$/,
    ],
    ['an error that is missing', answer({ a: null }, [['a']]), answer({ a: null }), /^errors/],
    ['an error too many', answer({ a: null }), answer({ a: null }, [['a']]), /^errors/],
    ['an error twice', answer({ a: null }, [['a']]), answer({ a: null }, [['a'], ['a']]), /^errors/],
    ['the place', answer({ a: null, b: null }, [['a']]), answer({ a: null, b: null }, [['b']]), /^errors/],
    [
      'the index',
      answer({ a: [null, null] }, [['a', 0]]),
      answer({ a: [null, null] }, [['a', 1]]),
      /^errors/,
    ],
    [
      'a null that nothing explains',
      answer({ a: null, b: null }, [
        ['a', 'x'],
        ['b', 'x'],
      ]),
      answer({ a: null, b: null }, [['a', 'x']]),
      /^errors/,
    ],
  ])('differ by %s', (_, truth, given, expected) => {
    expect(difference(truth, given)).toMatch(expected);
  });
});
