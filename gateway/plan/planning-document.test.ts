import { buildSchema, parse, print, stripIgnoredCharacters } from 'graphql';
import { describe, expect, it } from 'vitest';
import { executionOver } from '#test/harness/execution.ts';
import { planningDocument } from './planning-document.ts';

const schema = buildSchema(`
  type Query { t: T }
  type T { id: ID name: String next: T }
`);

function planned(selection: string, rest = ''): string {
  const document = parse(`query($x:Boolean!){t{${selection}}}${rest}`);
  const text = stripIgnoredCharacters(print(planningDocument(document, schema, schema)));
  return text
    .slice(0, rest === '' ? undefined : text.indexOf('fragment'))
    .replace(/^.*?\{t\{(.*)\}\}\s*$/s, '$1');
}

describe('the document that is planned', () => {
  it.each([
    ['has no constant conditions', 'id@include(if:true) name@skip(if:true)', 'id'],
    ['has nothing that no variables include', 'id name@skip(if:$x)@include(if:$x)', 'id'],
    [
      'has nothing that the conditions around exclude',
      'id ...@skip(if:$x){name next@include(if:$x){id}}',
      'id ...@skip(if:$x){name}',
    ],
    [
      'asks for the type name where all fields may be skipped',
      'next{id@skip(if:$x)...{name@skip(if:$x)}}',
      'next{id@skip(if:$x)...{name@skip(if:$x)}keeper__client0:__typename}',
    ],
    ['and only there', 'next{id@skip(if:$x)...{name}}', 'next{id@skip(if:$x)...{name}}'],
    ['and where no field is left', 'id next{name@skip(if:true)}', 'id next{keeper__client0:__typename}'],
  ])('%s', (_, selection, expected) => {
    expect(planned(selection)).toBe(expected);
  });

  it('looks into named fragments for fields that are never skipped', () => {
    expect(planned('next{...F}', 'fragment F on T{id@skip(if:$x)}')).toBe(
      'next{...F keeper__client0:__typename}',
    );
    expect(planned('next{...F}', 'fragment F on T{id}')).toBe('next{...F}');
  });
});

it('an object whose fields are all skipped is told from one that is null', async () => {
  const { run } = executionOver({
    a: 'type Query { t: T } type T @key(fields: "id") { id: ID! }',
    b: 'type T @key(fields: "id") { id: ID! next: T }',
    c: 'type T @key(fields: "id") { id: ID! name: String }',
  });
  const text = 'query ($x: Boolean!) { t { next { name @skip(if: $x) } } }';
  for (const next of [{ __typename: 'T', id: '2' }, null]) {
    const answers = { a: () => ({ t: { __typename: 'T', id: '1' } }), b: () => ({ _entities: [{ next }] }) };
    const { response } = await run(text, answers, { x: true });
    expect(response).toEqual({ data: { t: { next: next && {} } } });
  }
});
