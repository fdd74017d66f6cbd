import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { otherType, testEvent, testType } from '#test/harness/buses.ts';
import { createFilterIndex, meets, type Wish } from './filter-index.ts';

const value = fc.constantFrom('a', 'b', 'c');
const wish: fc.Arbitrary<Wish> = fc.record({
  types: fc.subarray([testType, otherType], { minLength: 1 }),
  conditions: fc.array(
    fc.record({
      attributes: fc.subarray(['leadid', 'ownerid', 'previousownerid', 'accountid'] as const, {
        minLength: 1,
      }),
      value,
    }),
    { maxLength: 3 },
  ),
});
const event = fc
  .record({
    type: fc.constantFrom(testType, otherType),
    leadid: value,
    ownerid: fc.option(value, { nil: undefined }),
    previousownerid: fc.option(value, { nil: undefined }),
  })
  .map((given) => ({ ...testEvent(), ...given }));
const found = fc.record({ accountid: value }, { requiredKeys: [] });

describe('the index of filters', () => {
  it('finds exactly those whose wish is met, and forgets who left', () => {
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 12 }), event, found, fc.nat(), (wishes, given, known, gone) => {
        const index = createFilterIndex<Wish>();
        for (const each of wishes) index.add(each, each);
        const left = wishes.filter((_, place) => place % 3 === gone % 3);
        for (const each of left) index.remove(each, each);
        const wanting = wishes.filter(
          (each) =>
            !left.includes(each) && each.types.includes(given.type) && meets(each.conditions, given, known),
        );
        expect(new Set(index.wanting(given, known))).toEqual(new Set(wanting));
        for (const each of wishes) index.remove(each, each);
        expect(index.isEmpty()).toBe(true);
      }),
    );
  });
});
