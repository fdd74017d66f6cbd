import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionSetNode,
} from 'graphql';
import { argumentsCost } from './cost-arguments.ts';
import type { ListSize } from './cost-directives.ts';
import type { CostModel, FieldCost } from './cost-model.ts';
import { listSize } from './cost-size.ts';
import { type Estimate, evaluate, floored, largest, product, sum, type Variables } from './estimate.ts';

/** What Apollo's router counts for a mutation before its fields; queries and subscriptions count nothing. */
const mutationCost = 10;

/** The size of lists among the fields of an object, as the field that returns the object declares it. */
interface SizedFields {
  readonly names: readonly string[];
  readonly size: Estimate;
}

/** A selection with the type that it is made on and the conditions it stands under. */
interface Selected {
  readonly field: FieldNode;
  readonly type: string;
  readonly conditions: readonly DirectiveNode[];
}

/**
 * Compiles the estimated cost of an operation, which must be valid:
 *
 *     cost(operation) = 10 if it is a mutation, else 0, and the sum of cost(root field)
 *     cost(field)     = max(0, size × weight + cost(arguments)) + size × sum of cost(selected field)
 *     cost(arguments) = sum of weight(argument) and weight(every input field inside it)
 *     weight          = @cost, or 1 for objects, interfaces, unions and inputs that are objects, or 0
 *     size            = 1 for what is no list, or the slicing argument's value, or assumedSize, or `assumedListSize`
 *
 * The directives, default weights and rounding are those of https://ibm.github.io/graphql-specs/cost-spec.html
 * (weight, Field Cost, the List Size directive). That a list multiplies the weight of its own field, and the 10, are as
 * in Apollo's router (https://www.apollographql.com/docs/graphos/routing/security/demand-control), for which
 * federated schemas carry these directives; unlike the router's, the estimate is of the operation and not of its plan.
 * With weights that are not negative it is an upper bound where the sizes are: alternatives that exclude each other,
 * such as fragments on two object types, are added up.
 *
 * Fields that one answer merges are counted once. A field under a `@skip` or `@include` that leaves it out costs
 * nothing. Introspection costs nothing, since no subgraph is asked; validation bounds its depth.
 *
 * What depends on no variable is a number in the result, so that only lists sized by variables, conditions and
 * inputs are worked out for each request.
 * @throws GatewayError `SLICING_ARGUMENT_REQUIRED`.
 */
export function compileCost(
  model: CostModel,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Estimate {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }

  function selectionCost(
    sets: readonly SelectionSetNode[],
    type: string,
    sized: SizedFields | undefined,
  ): Estimate {
    const merged = new Map<string, [Selected, ...Selected[]]>();
    for (const set of sets) {
      collect(set, type, [], merged);
    }
    return sum([...merged.values()].map((selected) => mergedCost(selected, sized)));
  }

  function collect(
    set: SelectionSetNode,
    type: string,
    outer: readonly DirectiveNode[],
    into: Map<string, [Selected, ...Selected[]]>,
  ): void {
    for (const selection of set.selections) {
      const own = (selection.directives ?? []).filter(isCondition);
      const conditions = own.length === 0 ? outer : [...outer, ...own];
      if (selection.kind === Kind.FIELD) {
        const name = selection.alias?.value ?? selection.name.value;
        const key = `${type} ${name} ${conditions.map(print).join(' ')}`;
        const selected = { field: selection, type, conditions };
        const others = into.get(key);
        if (others === undefined) {
          into.set(key, [selected]);
        } else {
          others.push(selected);
        }
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        collect(selection.selectionSet, selection.typeCondition?.name.value ?? type, conditions, into);
      } else {
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) {
          collect(fragment.selectionSet, fragment.typeCondition.name.value, conditions, into);
        }
      }
    }
  }

  function mergedCost(
    selected: readonly [Selected, ...Selected[]],
    sized: SizedFields | undefined,
  ): Estimate {
    const [{ field, type, conditions }] = selected;
    const known = model.fields.get(`${type}.${field.name.value}`);
    if (known === undefined) {
      return 0;
    }
    const sets = selected.flatMap((each) => each.field.selectionSet ?? []);
    return underConditions(conditions, fieldCost(known, field, sets, sized));
  }

  function fieldCost(
    known: FieldCost,
    field: FieldNode,
    sets: readonly SelectionSetNode[],
    sized: SizedFields | undefined,
  ): Estimate {
    const sizeOf = (declared: ListSize) => listSize(known, declared, field, model.assumedListSize);
    const declared = known.listSizes.length === 0 ? undefined : largest(known.listSizes.map(sizeOf));
    const sizedBelow = known.listSizes.flatMap((each) => each.sizedFields);
    const below =
      declared === undefined || sizedBelow.length === 0 ? undefined : { names: sizedBelow, size: declared };
    let size: Estimate = 1;
    if (known.isList) {
      const own = below === undefined ? declared : undefined;
      const byParent = sized?.names.includes(field.name.value) ? sized.size : undefined;
      size = byParent ?? own ?? model.assumedListSize;
    }
    const raw = sum([product(size, known.weight), argumentsCost(model, known, field)]);
    return sum([floored(raw), product(size, selectionCost(sets, known.type, below))]);
  }

  const root = selectionCost([operation.selectionSet], model.rootTypes[operation.operation], undefined);
  return operation.operation === 'mutation' ? sum([mutationCost, root]) : root;
}

/** The cost of an operation with these variables, coerced; at most the largest whole number that is exact. */
export function costWith(estimate: Estimate, variables: Variables): number {
  return Math.min(evaluate(estimate, variables), Number.MAX_SAFE_INTEGER);
}

function isCondition(directive: DirectiveNode): boolean {
  return directive.name.value === 'skip' || directive.name.value === 'include';
}

function underConditions(conditions: readonly DirectiveNode[], cost: Estimate): Estimate {
  return conditions.reduce((inner, condition) => underCondition(condition, inner), cost);
}

function underCondition(condition: DirectiveNode, cost: Estimate): Estimate {
  const wanted = condition.name.value === 'include';
  const value = condition.arguments?.find(({ name }) => name.value === 'if')?.value;
  if (cost === 0 || value === undefined) {
    return cost;
  }
  if (value.kind === Kind.VARIABLE) {
    const name = value.name.value;
    return (variables) => (variables[name] === wanted ? evaluate(cost, variables) : 0);
  }
  return value.kind === Kind.BOOLEAN && value.value === wanted ? cost : 0;
}
