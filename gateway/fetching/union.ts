import { listKey, listPlace, requestBody } from '#gateway/plan/requests.ts';
import type { SubgraphAnswer, SubgraphError, SubgraphRequest } from '#gateway/plan/types.ts';

export type GraphQLAnswer = Extract<SubgraphAnswer, { kind: 'answer' }>;

/** What one fetch may ask at most. */
export interface UnionBounds {
  readonly parts: number;
  /** Of all parts together. */
  readonly characters: number;
}

/** Gives the answer that a requester of the parts at these places would have had alone. */
export type Portions = (places: readonly number[]) => GraphQLAnswer;

/**
 * How requests of one shape go out as one and come back apart. A part is what one request asks for and another may
 * ask for too; a part's place is that among all that are asked.
 */
export interface Union {
  readonly bounds: UnionBounds;
  /** The JSON body that asks for all parts, made after any one of the requests. */
  readonly body: (parts: readonly string[], request: SubgraphRequest) => string;
  /** Undefined where something failed as a whole or an error cannot be told to be one part's. */
  readonly split: (answer: GraphQLAnswer, parts: readonly string[]) => Portions | undefined;
}

/**
 * The parts of a request: its representations, or else its variables, which stand for all of it. With several lists
 * of representations the number of its list stands in front of each but those of the first.
 */
export function partsOf({ representations, variables }: SubgraphRequest): readonly string[] {
  if (representations === undefined) {
    return [variables];
  }
  const [first = [], ...others] = representations;
  /* A representation is a JSON object, so what begins otherwise has a number in front. */
  return others.length === 0
    ? first
    : [...first, ...others.flatMap((list, index) => list.map((text) => `${index + 1}${text}`))];
}

/** How many entities each `_entities` field was asked for; undefined where there is none. */
export function askedCounts(
  { representations }: SubgraphRequest,
  parts: ReadonlyMap<string, number> | undefined,
): readonly number[] | undefined {
  if (parts === undefined || representations === undefined) {
    return representations?.map((list) => list.length);
  }
  return representations.length === 1
    ? [parts.size]
    : layoutOf([...parts.keys()]).lists.map((list) => list.length);
}

/**
 * Why an answer is none to what was asked; undefined where it is one. Null for `data` or `_entities` is an answer
 * where errors say why.
 *
 * @param counts see `askedCounts`
 */
export function checkAnswer(
  { data, errors }: GraphQLAnswer,
  counts: readonly number[] | undefined,
): string | undefined {
  if (data === null) {
    return errors.length === 0 ? 'its "data" is null and it has no errors' : undefined;
  }
  for (const [list, count] of counts?.entries() ?? []) {
    const key = listKey(list);
    const cause = checkEntities(key, data[key], count, errors.length > 0);
    if (cause !== undefined) {
      return cause;
    }
  }
  return undefined;
}

function checkEntities(
  key: string,
  entities: unknown,
  count: number,
  hasErrors: boolean,
): string | undefined {
  if (!Array.isArray(entities)) {
    const isExplained = (entities === null || entities === undefined) && hasErrors;
    return isExplained ? undefined : `its "${key}" is not a list`;
  }
  if (entities.length !== count) {
    return `its "${key}" has ${entities.length} entities where ${count} were asked`;
  }
  const strange = entities.findIndex((entity) => typeof entity !== 'object' || Array.isArray(entity));
  return strange < 0 ? undefined : `entity ${strange} of its "${key}" is neither an object nor null`;
}

/** Requests for `_entities` go out as one with the union of their representations, list by list. */
export function entityUnion(bounds: UnionBounds): Union {
  return {
    bounds,
    body: (parts, { operation, variables }) => {
      const lists = layoutOf(parts).lists.map((places) =>
        places.map((place) => textOf(parts[place] as string)),
      );
      return requestBody(operation, lists, variables);
    },
    split: splitEntities,
  };
}

/** Where each part stands in the body. */
interface Layout {
  /** The places of each list's parts, in their order there. */
  readonly lists: readonly (readonly number[])[];
  /** By place: the list, and the index in it. */
  readonly listOf: readonly number[];
  readonly indexOf: readonly number[];
}

function layoutOf(parts: readonly string[]): Layout {
  const lists: number[][] = [];
  const listOf: number[] = [];
  const indexOf: number[] = [];
  parts.forEach((part, place) => {
    const list = part.startsWith('{') ? 0 : Number.parseInt(part, 10);
    while (lists.length <= list) {
      lists.push([]);
    }
    const places = lists[list] as number[];
    listOf.push(list);
    indexOf.push(places.length);
    places.push(place);
  });
  return { lists, listOf, indexOf };
}

function textOf(part: string): string {
  return part.startsWith('{') ? part : part.slice(part.indexOf('{'));
}

function splitEntities({ data, errors }: GraphQLAnswer, parts: readonly string[]): Portions | undefined {
  const { lists, listOf, indexOf } = layoutOf(parts);
  const entities = lists.map((_, list) => data?.[listKey(list)]);
  const placed = errors.map((error) => ({ error, place: placeOf(error, lists) }));
  if (!entities.every(Array.isArray) || placed.some(({ place }) => place === undefined)) {
    return undefined;
  }
  return (places) => {
    const own: Record<string, unknown[]> = {};
    const keys = lists.map((_, list) => listKey(list));
    for (const key of keys) {
      own[key] = [];
    }
    for (const place of places) {
      const list = listOf[place] as number;
      own[keys[list] as string]?.push(entities[list]?.[indexOf[place] as number]);
    }
    const ownErrors = placed.flatMap(({ error, place = -1 }) => {
      const at = places.indexOf(place);
      if (at < 0) {
        return [];
      }
      const list = listOf[place] as number;
      const index = places.slice(0, at).filter((before) => listOf[before] === list).length;
      return { at, error: { ...error, path: [listKey(list), index, ...(error.path?.slice(2) ?? [])] } };
    });
    return {
      kind: 'answer',
      data: own,
      errors: ownErrors.toSorted((a, b) => a.at - b.at).map(({ error }) => error),
    };
  };
}

/** The place of the part that an error belongs to. */
function placeOf({ path }: SubgraphError, lists: Layout['lists']): number | undefined {
  const list = listPlace(path?.[0]);
  const index = path?.[1];
  return list === undefined || typeof index !== 'number' ? undefined : lists[list]?.[index];
}
