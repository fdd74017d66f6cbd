import { buildSchema, type FieldNode, parse, visit } from 'graphql';
import { describe, expect, it } from 'vitest';
import { planningNames } from './planning-names.ts';

const schema = buildSchema('type Query { id: ID name: String self: Query }');

/** The key of each field of a document, by response name. */
function keysOf(text: string): Record<string, string> {
  const document = parse(text);
  const names = planningNames(document, schema);
  const keys: [string, string][] = [];
  visit(document, {
    Field: (field: FieldNode) => {
      const name = field.alias?.value ?? field.name.value;
      keys.push([name, names.treeKey(field)]);
      if (names.plannedAs(field) === field) expect(names.clientKey(names.treeKey(field))).toBe(name);
    },
  });
  return Object.fromEntries(keys);
}

describe('the key in the tree', () => {
  it.each([
    ['an alias that is a field’s name', 'name: self { id }', { name: 'name__client0', id: 'id' }],
    ['an alias such as the planner makes', 'a__alias_0: name', { a__alias_0: 'a__alias_0__client0' }],
    ['an alias such as a stand-in has', 'a__required1: name', { a__required1: 'a__required1__client0' }],
    ['what every object answers to', 'toString: name', { toString: 'toString__client0' }],
    ['any other alias', 'a: name b: id', { a: 'a', b: 'b' }],
    ['a field that is asked for again', 'a: name b: name', { a: 'a', b: 'a' }],
  ])('of %s', (_, selection, expected) => {
    expect(keysOf(`{ ${selection} }`)).toEqual(expected);
  });

  it('has a suffix that nothing in the document has', () => {
    expect(
      keysOf('{ id: name a__client0: id ...b__client1 } fragment b__client1 on Query { x: id }'),
    ).toEqual({
      id: 'id__client2',
      a__client0: 'a__client0',
      x: 'x',
    });
  });
});

describe('variables', () => {
  it.each([
    ['representations', 'representations__client0'],
    ['contextualArgument_1_0', 'contextualArgument_1_0__client0'],
    ['representation', 'representation'],
  ])('%s is planned as %s', (name, planned) => {
    const names = planningNames(parse('{ id }'), schema);
    expect(names.planVariable(name)).toBe(planned);
    expect(names.clientVariable(planned)).toBe(name);
  });
});
