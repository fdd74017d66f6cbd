import type { Change } from './change.ts';
import type { Finding } from './finding.ts';
import { affectedBy } from './operation-uses.ts';
import type { PlannedOperation } from './planned-operation.ts';

/**
 * What the change does to the plans of known operations: more fetches are more waiting, and an operation above the
 * limit of the gateway is refused.
 * @param limit most that an operation may cost; false where the gateway has none
 */
export function costFindings(change: Change, limit: number | false): readonly Finding[] {
  return change.operationsAfter.flatMap((now, index) => {
    if (now.kind === 'refused') return [];
    const was = change.operations[index];
    const before = was?.kind === 'planned' ? was : undefined;
    return [...aboveLimit(now, before, limit), ...(before === undefined ? [] : moreWork(now, before))];
  });
}

function aboveLimit(
  now: PlannedOperation,
  before: PlannedOperation | undefined,
  limit: number | false,
): readonly Finding[] {
  if (limit === false || now.cost === undefined || now.cost <= limit) return [];
  const wasAbove = before?.cost !== undefined && before.cost > limit;
  if (wasAbove && before.cost === now.cost) return [];
  return [
    {
      ...about(now),
      severity: wasAbove ? 'warning' : 'error',
      code: 'COST_ABOVE_LIMIT',
      message: `${now.known.name} costs an estimated ${now.cost}${before?.cost === undefined ? '' : ` after ${before.cost}`}, above the limit of ${limit}: gateways refuse it.`,
      remedy: 'Declare the size of the new or changed lists with @listSize, or their weight with @cost.',
    },
  ];
}

function moreWork(now: PlannedOperation, before: PlannedOperation): readonly Finding[] {
  const [old, fetches] = [before.fetches.length, now.fetches.length];
  if (fetches > old) {
    const message = `${now.known.name} takes ${fetches} fetches after ${old}${newlyAsked(now, before)}.`;
    const remedy = 'Keep the fields that it asks for where they were, or @provide them.';
    return [{ ...about(now), severity: 'warning', code: 'MORE_FETCHES', message, remedy }];
  }
  const isCheaper = fetches < old;
  const changedCost = now.cost !== before.cost && now.cost !== undefined && before.cost !== undefined;
  if (!isCheaper && !changedCost) return [];
  const parts = [
    ...(isCheaper ? [`takes ${fetches} fetches after ${old}`] : []),
    ...(changedCost ? [`costs an estimated ${now.cost} after ${before.cost}`] : []),
  ];
  const message = `${now.known.name} ${parts.join(' and ')}.`;
  return [{ ...about(now), severity: 'note', code: 'COST_CHANGED', message, remedy: undefined }];
}

/** Subgraphs that are asked more often than before. */
function newlyAsked(now: PlannedOperation, before: PlannedOperation): string {
  const counts = (operation: PlannedOperation) =>
    Map.groupBy(operation.fetches, ({ node }) => node.serviceName);
  const old = counts(before);
  const more = [...counts(now)]
    .filter(([subgraph, fetches]) => fetches.length > (old.get(subgraph)?.length ?? 0))
    .map(([subgraph]) => subgraph);
  return more.length === 0 ? '' : `: ${more.sort().join(' and ')} asked more often`;
}

function about(operation: PlannedOperation) {
  const at = operation.placeOf(undefined, []);
  return {
    layer: 'cost',
    coordinate: undefined,
    at: undefined,
    breaks: affectedBy([{ operation: operation.known, at }]),
  } as const;
}
