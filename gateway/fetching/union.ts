import { requestBody } from '#gateway/plan/fetch-node.ts';
import type { SubgraphAnswer, SubgraphError, SubgraphRequest } from '#gateway/plan/types.ts';

export type GraphQLAnswer = Extract<SubgraphAnswer, { kind: 'answer' }>;

/** What one fetch may ask at most. */
export interface UnionBounds {
  readonly parts: number;
  /** Of all parts together. */
  readonly characters: number;
}

/**
 * How requests of one shape go out as one and come back apart. A part is what one request asks for and another may
 * ask for too; a part's place is that in the body.
 */
export interface Union {
  readonly bounds: UnionBounds;
  /** The JSON body that asks for all parts, made after any one of the requests. */
  readonly body: (parts: readonly string[], request: SubgraphRequest) => string;
  /** Whether nothing failed as a whole and each error of an answer belongs to one part. */
  readonly canBeSplit: (answer: GraphQLAnswer, parts: number) => boolean;
  /** The answer that a requester of the parts at these places would have had alone. */
  readonly portion: (answer: GraphQLAnswer, places: readonly number[]) => GraphQLAnswer;
}

/** The parts of a request: its representations, or else its variables, which stand for all of it. */
export function partsOf({ representations, variables }: SubgraphRequest): readonly string[] {
  return representations ?? [variables];
}

/**
 * Why an answer is none to what was asked; undefined where it is one. Null for `data` or `_entities` is an answer
 * where errors say why.
 */
export function checkAnswer(
  { data, errors }: GraphQLAnswer,
  { representations }: SubgraphRequest,
  parts: number,
): string | undefined {
  if (data === null) {
    return errors.length === 0 ? 'its "data" is null and it has no errors' : undefined;
  }
  if (representations === undefined) {
    return undefined;
  }
  const { _entities: entities } = data;
  if (!Array.isArray(entities)) {
    const isExplained = (entities === null || entities === undefined) && errors.length > 0;
    return isExplained ? undefined : 'its "_entities" is not a list';
  }
  if (entities.length !== parts) {
    return `it has ${entities.length} entities where ${parts} were asked`;
  }
  const strange = entities.findIndex((entity) => typeof entity !== 'object' || Array.isArray(entity));
  return strange < 0 ? undefined : `its entity ${strange} is neither an object nor null`;
}

/** Requests for `_entities` go out as one with the union of their representations. */
export function entityUnion(bounds: UnionBounds): Union {
  return {
    bounds,
    body: (parts, { operation, variables }) => requestBody(operation, parts, variables),
    canBeSplit: ({ data, errors }, parts) =>
      Array.isArray(data?._entities) && errors.every((error) => placeOf(error, parts) !== undefined),
    portion: entityPortion,
  };
}

function entityPortion({ data, errors }: GraphQLAnswer, places: readonly number[]): GraphQLAnswer {
  const entities = data?._entities as readonly unknown[];
  const own = errors.flatMap((error) => {
    const place = placeOf(error, entities.length);
    const index = place === undefined ? -1 : places.indexOf(place);
    return index < 0 ? [] : { index, error: { ...error, path: ['_entities', index, ...restOf(error)] } };
  });
  return {
    kind: 'answer',
    data: { _entities: places.map((place) => entities[place]) },
    errors: own.toSorted((a, b) => a.index - b.index).map(({ error }) => error),
  };
}

function restOf({ path }: SubgraphError): readonly (string | number)[] {
  return path?.slice(2) ?? [];
}

/** The place of the part that an error belongs to. */
function placeOf({ path }: SubgraphError, parts: number): number | undefined {
  const place = path?.[0] === '_entities' ? path[1] : undefined;
  return typeof place === 'number' && Number.isInteger(place) && place >= 0 && place < parts
    ? place
    : undefined;
}
