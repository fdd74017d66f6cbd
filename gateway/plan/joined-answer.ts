import { listKey, listPlace } from './requests.ts';
import type { SubgraphAnswer, SubgraphError, SubgraphRequest } from './types.ts';

/**
 * Whether those who were joined have to ask again, each for itself: the answer cannot be told apart, or one of them
 * has spoiled it for the others. `_entities` must not be null, so an error there leaves no data at all. A subgraph
 * that is away, or slow, would be so again.
 *
 * False for a request that asks for one list of representations, or none.
 */
export function mustAskApart(
  representations: SubgraphRequest['representations'],
  answer: SubgraphAnswer,
): boolean {
  if (representations === undefined || representations.length < 2) return false;
  if (answer.kind === 'failure') return answer.code === 'SUBGRAPH_INVALID_ANSWER';
  const { data, errors } = answer;
  const isWhole = representations.every((asked, place) => {
    const entities = data?.[listKey(place)];
    return Array.isArray(entities) && entities.length === asked.length;
  });
  return (
    !isWhole || errors.some((error) => (placeOf(error) ?? representations.length) >= representations.length)
  );
}

/** What the fetch at a place among the joined ones would have been answered alone. */
export function portionOf(answer: SubgraphAnswer, place: number): SubgraphAnswer {
  if (answer.kind === 'failure') return answer;
  const { data, errors } = answer;
  const own = errors.filter((error) => placeOf(error) === place);
  return {
    ...answer,
    data: { _entities: data?.[listKey(place)] },
    errors: own.map((error) => ({ ...error, path: ['_entities', ...(error.path ?? []).slice(1)] })),
  };
}

function placeOf({ path }: SubgraphError): number | undefined {
  return listPlace(path?.[0]);
}
