import {
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  stripIgnoredCharacters,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { withoutRepeatedMutations } from './repeated-mutations.ts';

function rewritten(text: string): string {
  const { definitions } = parse(text, { noLocation: true });
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const operation = withoutRepeatedMutations(definitions[0] as OperationDefinitionNode, fragments);
  return stripIgnoredCharacters(print(operation));
}

describe('a mutation that is asked for again', () => {
  it.each([
    ['without conditions stays', 'mutation{a{x}b a{y}}', 'mutation{a{x}b a{y}}'],
    [
      'under its own condition is made once',
      'mutation{a{x}b a@skip(if:$s){y}}',
      'mutation{a{x ...@skip(if:$s){y}}b}',
    ],
    [
      'in a fragment is made once, at its first place',
      'mutation{...F@include(if:$i)b a{y}} fragment F on Mutation{a{x}}',
      'mutation{...@include(if:$i){a{x y}}b ...@skip(if:$i){a{y}}}',
    ],
    [
      'after one under two conditions is made where not both hold, each way for itself',
      'mutation{a@include(if:$i)@skip(if:$s) a}',
      'mutation{...@skip(if:$s){...@include(if:$i){a}}...@skip(if:$i){a}...@include(if:$s){...@include(if:$i){a}}}',
    ],
    ['as a query stays', '{a{x}a@skip(if:$s){y}}', '{a{x}a@skip(if:$s){y}}'],
  ])('%s', (_, text, expected) => {
    expect(rewritten(text)).toBe(expected);
  });
});
