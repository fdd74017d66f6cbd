import type { Change } from './change.ts';
import type { Finding } from './finding.ts';

/**
 * What is left when all layers have looked: operations that the gateway plans today and would refuse then, for a reason
 * that no finding explains. And those that it refuses already, since nothing can be weighed against them.
 */
export function refusedFindings(change: Change, found: readonly Finding[]): readonly Finding[] {
  const explained = new Set(
    found
      .filter(({ severity }) => severity === 'error')
      .flatMap(({ breaks }) => breaks.map(({ client, operation }) => `${client} ${operation}`)),
  );
  const { composedBefore, operations, operationsAfter } = change;
  if (composedBefore.kind === 'refused') return [unweighable(composedBefore.errors[0]?.message)];
  return operations.flatMap((was, index): Finding[] => {
    const now = operationsAfter[index] ?? was;
    if (now.kind === 'planned') return [];
    const { known, reason, at } = now;
    const affected = { client: known.client, operation: known.name, at };
    const about = { layer: 'schema', coordinate: undefined, at: undefined, breaks: [affected] } as const;
    if (was.kind === 'planned') {
      if (explained.has(`${known.client} ${known.name}`)) return [];
      const remedy = 'Keep what the operation asks for until its client asks for something else.';
      return [
        {
          ...about,
          severity: 'error',
          code: 'OPERATION_REFUSED',
          message: `Gateways would refuse ${known.name}: ${reason}`,
          remedy,
        },
      ];
    }
    // What was seen once and is invalid by now says nothing of this change.
    if (known.source.kind === 'seen') return [];
    const remedy = 'Correct the operation, or take its file away.';
    return [
      {
        ...about,
        severity: 'warning',
        code: 'OPERATION_NOT_WEIGHED',
        message: `${known.name} is refused today, so that nothing can be weighed against it: ${reason}`,
        remedy,
      },
    ];
  });
}

function unweighable(reason: string | undefined): Finding {
  return {
    layer: 'composition',
    severity: 'warning',
    code: 'PUBLISHED_REFUSED',
    message: `What is published does not compose, so that known operations have no plans to weigh against: ${reason}`,
    coordinate: undefined,
    at: undefined,
    breaks: [],
    remedy: 'Publish a subgraph that composes first; this check says only whether this one does.',
  };
}
