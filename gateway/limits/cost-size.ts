import { type FieldNode, Kind } from 'graphql';
import { SlicingArgumentRequired } from '#gateway/pipeline/operation-errors.ts';
import type { ListSize } from './cost-directives.ts';
import type { FieldCost } from './cost-model.ts';
import type { Estimate, Variables } from './estimate.ts';

/** The value of one slicing argument: undefined where none is given, or the variable that holds it. */
type Slice = number | undefined | { readonly variable: string; readonly otherwise: number | undefined };

/**
 * How many items a field with `@listSize` returns: the largest of its slicing arguments, schema defaults included, or
 * else `assumedSize`, or else what any list is taken to have. A negative size counts as none.
 * @throws GatewayError `SLICING_ARGUMENT_REQUIRED` where exactly one argument is required and more or fewer are given,
 * by the estimate itself where variables decide.
 */
export function listSize(
  field: FieldCost,
  { assumedSize, slicingArguments, requireOneSlicingArgument }: ListSize,
  node: FieldNode,
  assumedListSize: number,
): Estimate {
  const slices = slicingArguments.map((name) => sliceOf(field, node, name));
  const settle = (given: readonly number[]): number => {
    if (requireOneSlicingArgument && slices.length > 0 && given.length !== 1) {
      throw SlicingArgumentRequired(field.coordinate, slicingArguments, given.length);
    }
    return given.length === 0 ? (assumedSize ?? assumedListSize) : Math.max(0, ...given);
  };
  if (slices.some((slice) => typeof slice === 'object')) {
    return (variables) => settle(slices.flatMap((slice) => valueWith(slice, variables) ?? []));
  }
  return settle(slices.flatMap((slice) => (typeof slice === 'number' ? slice : [])));
}

function sliceOf(field: FieldCost, node: FieldNode, name: string): Slice {
  const byDefault = field.defaults.get(name);
  const otherwise = typeof byDefault === 'number' ? byDefault : undefined;
  const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
  switch (value?.kind) {
    case undefined:
      return otherwise;
    case Kind.VARIABLE:
      return { variable: value.name.value, otherwise };
    case Kind.INT:
      return Number(value.value);
    default:
      return undefined;
  }
}

/** A variable that was not given leaves the argument to its default; one that is null does not. */
function valueWith(slice: Slice, variables: Variables): number | undefined {
  if (typeof slice !== 'object') {
    return slice;
  }
  const value = variables[slice.variable];
  if (value === undefined) {
    return slice.otherwise;
  }
  return typeof value === 'number' ? value : undefined;
}
