import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';
import type { AnswerType } from '#gateway/pipeline/respond.ts';

/** Clients send the same few Accept headers over and over; reading one is not free. */
const headersKept = 200;

/**
 * Makes a function that chooses among the media types offered, best first, by an Accept header; undefined where the
 * header admits none of them. Without a header the first is chosen.
 */
export function negotiate<Type extends string>(
  offered: readonly Type[],
): (accept: string | undefined) => Type | undefined {
  /* Offered in UTF-8, so that a client that asks for the charset is served as well. */
  const byFullType = new Map(offered.map((type) => [`${type}; charset=utf-8`, type]));
  const fullTypes = [...byFullType.keys()];
  const kept = new LRUCache<string, { type: Type | undefined }>({ max: headersKept });
  return (accept) => {
    if (accept === undefined) {
      return offered[0];
    }
    let choice = kept.get(accept);
    if (choice === undefined) {
      const best = new Negotiator({ headers: { accept } }).mediaType(fullTypes);
      choice = { type: best === undefined ? undefined : byFullType.get(best) };
      kept.set(accept, choice);
    }
    return choice.type;
  };
}

export const graphqlTypes: readonly AnswerType[] = ['application/graphql-response+json', 'application/json'];

export const eventStreamType = 'text/event-stream';
