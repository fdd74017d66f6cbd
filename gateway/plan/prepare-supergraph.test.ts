import { expect, it } from 'vitest';
import { compose } from '#test/oracle/subgraphs.ts';
import { prepareSupergraph } from './prepare-supergraph.ts';

it('a stand-in for a field of an interface is a field of its implementers too', () => {
  const { sdl, standIns } = prepareSupergraph(
    compose({
      subgraphs: {
        a: `type Query { t: T } type T @key(fields: "id") { id: ID! media: Media }
          interface Media { price(in: String): Int } type Book implements Media { price(in: String): Int }`,
        b: `type T @key(fields: "id") { id: ID! media: Media @external
          duty: Int @requires(fields: "media { price(in: \\"EUR\\") }") }
          interface Media { price(in: String): Int } type Book implements Media @external { price(in: String): Int }`,
      },
    }),
  );
  expect([...standIns]).toEqual([['price__required0', { field: 'price', argumentsText: '(in:"EUR")' }]]);
  for (const kind of ['interface Media', 'type Book']) {
    const type = sdl.slice(sdl.indexOf(`${kind}`));
    expect(type.slice(0, type.indexOf('\n}'))).toContain('price__required0: Int');
  }
});
