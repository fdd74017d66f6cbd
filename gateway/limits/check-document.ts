import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import {
  AliasLimitExceeded,
  DepthLimitExceeded,
  DirectiveLimitExceeded,
  FieldLimitExceeded,
  IntrospectionDisabled,
  NestingLimitExceeded,
  RootFieldLimitExceeded,
} from '#gateway/pipeline/operation-errors.ts';
import type { OperationLimits } from './operation-limits.ts';

/** What a selection set comes to with everything below it, fragments included. */
interface Measure {
  depth: number;
  nesting: number;
  aliases: number;
  directives: number;
  fields: number;
  /** Fields of its own level. */
  topFields: number;
}

type Definition = OperationDefinitionNode | FragmentDefinitionNode;

/**
 * Refuses a document that is too large in any of its measures. It needs no schema and runs before validation, whose
 * own work grows with the square of what is counted here.
 *
 * A fragment is measured once, however often it is spread, and measuring stops with the first selection set that is
 * over a limit; so the work grows with the text and not with what the text unfolds to, and `value` is what was
 * counted until then. A fragment inside itself counts once: validation refuses it.
 * @throws GatewayError with a code for each limit.
 */
export function checkDocument(document: DocumentNode, limits: OperationLimits): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const meter = createMeter(fragments, limits);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) {
      const { topFields } = meter(definition);
      if (isOver(topFields, limits.rootFields)) {
        throw RootFieldLimitExceeded(nameOf(definition), limits.rootFields, topFields);
      }
    } else if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      meter(definition);
    }
  }
}

function isOver(value: number, limit: number | false): limit is number {
  return limit !== false && value > limit;
}

function nameOf(definition: Definition): string {
  if (definition.kind === Kind.FRAGMENT_DEFINITION) {
    return `Fragment "${definition.name.value}"`;
  }
  return definition.name === undefined ? 'The operation' : `Operation "${definition.name.value}"`;
}

function createMeter(fragments: ReadonlyMap<string, FragmentDefinitionNode>, limits: OperationLimits) {
  const known = new Map<FragmentDefinitionNode, Measure>();

  function measureDefinition(definition: Definition, level = 1): Measure {
    if (definition.kind === Kind.OPERATION_DEFINITION) {
      const variables = definition.variableDefinitions ?? [];
      const directives = [definition, ...variables].reduce((sum, node) => sum + countDirectives(node), 0);
      return measure(definition.selectionSet, definition, level, directives);
    }
    const found = known.get(definition);
    if (found !== undefined) {
      return found;
    }
    known.set(definition, nothing());
    const measured = measure(definition.selectionSet, definition, level, countDirectives(definition));
    known.set(definition, measured);
    return measured;
  }

  function measure(set: SelectionSetNode, within: Definition, level: number, directives: number): Measure {
    if (level > limits.nesting) {
      throw NestingLimitExceeded(nameOf(within), limits.nesting, level);
    }
    const sum = { ...nothing(), directives, nesting: 1 };
    for (const selection of set.selections) {
      sum.directives += countDirectives(selection);
      if (selection.kind === Kind.FIELD) {
        checkIntrospection(selection.name.value, limits);
        sum.fields += 1;
        sum.topFields += 1;
        sum.aliases += selection.alias === undefined ? 0 : 1;
        sum.depth = Math.max(sum.depth, 1);
        if (selection.selectionSet !== undefined) {
          addBelow(sum, measure(selection.selectionSet, within, level + 1, 0), 1);
        }
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const inner = measure(selection.selectionSet, within, level + 1, 0);
        sum.topFields += inner.topFields;
        addBelow(sum, inner, 0);
      } else {
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) {
          const inner = measureDefinition(fragment, level + 1);
          sum.topFields += inner.topFields;
          addBelow(sum, inner, 0);
        }
      }
    }
    checkMeasure(sum, within, limits);
    return sum;
  }

  return measureDefinition;
}

function nothing(): Measure {
  return { depth: 0, nesting: 0, aliases: 0, directives: 0, fields: 0, topFields: 0 };
}

function countDirectives(node: { readonly directives?: readonly unknown[] | undefined }): number {
  return node.directives?.length ?? 0;
}

function addBelow(sum: Measure, inner: Measure, levels: 0 | 1): void {
  sum.depth = Math.max(sum.depth, inner.depth + levels);
  sum.nesting = Math.max(sum.nesting, inner.nesting + 1);
  sum.aliases += inner.aliases;
  sum.directives += inner.directives;
  sum.fields += inner.fields;
}

function checkMeasure(sum: Measure, within: Definition, limits: OperationLimits): void {
  if (sum.nesting > limits.nesting) {
    throw NestingLimitExceeded(nameOf(within), limits.nesting, sum.nesting);
  }
  if (isOver(sum.depth, limits.depth)) {
    throw DepthLimitExceeded(nameOf(within), limits.depth, sum.depth);
  }
  if (isOver(sum.aliases, limits.aliases)) {
    throw AliasLimitExceeded(nameOf(within), limits.aliases, sum.aliases);
  }
  if (isOver(sum.directives, limits.directives)) {
    throw DirectiveLimitExceeded(nameOf(within), limits.directives, sum.directives);
  }
  if (sum.fields > limits.fields) {
    throw FieldLimitExceeded(nameOf(within), limits.fields, sum.fields);
  }
}

/** No other field can be called so: names with two underscores are introspection's own. */
function checkIntrospection(field: string, limits: OperationLimits): void {
  if (!limits.introspection && (field === '__schema' || field === '__type')) {
    throw IntrospectionDisabled(field);
  }
}
