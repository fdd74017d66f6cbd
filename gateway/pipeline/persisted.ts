import { createHash } from 'node:crypto';
import { parse, print, stripIgnoredCharacters } from 'graphql';
import { LRUCache } from 'lru-cache';
import { checkText } from '#gateway/limits/check-text.ts';
import type { OperationLimits } from '#gateway/limits/operation-limits.ts';
import { GatewayError } from './errors.ts';
import { QueryMissing } from './http-errors.ts';
import {
  PersistedOnly,
  PersistedQueryMismatch,
  PersistedQueryNotFound,
  PersistedQueryNotSupported,
} from './operation-errors.ts';
import type { GraphQLParameters } from './types.ts';

/**
 * Which documents clients may send, and which of them by their hash alone.
 *
 * - `any`: every document, and hashes are not known.
 * - `automatic`: every document; one that was sent with its hash is kept, and found by the hash from then on.
 * - `listed`: only the documents of a list, by hash or as text. Clients add nothing to it.
 */
export type PersistedOperations =
  | { readonly kind: 'any' }
  | { readonly kind: 'automatic'; readonly kept: LRUCache<string, string> }
  | { readonly kind: 'listed'; readonly list: Safelist };

/** The documents that may be asked. */
export interface Safelist {
  /** SHA-256 in hex → text. */
  readonly byHash: ReadonlyMap<string, string>;
  /** Text as it stands, or without what GraphQL ignores → text. */
  readonly byText: ReadonlyMap<string, string>;
  /** Other spellings that clients sent → the listed text that they mean, so that each is compared once. */
  readonly seen: LRUCache<string, string>;
  readonly limits: ListLimits;
}

type ListLimits = Pick<OperationLimits, 'tokens' | 'nesting'>;

/** Sizes of the store of documents that clients sent with a hash. */
export interface PersistedLimits {
  readonly persistedQueries: number | false;
  readonly persistedQueryCharacters: number;
}

const mostSpellings = 1_000;

/** Makes a generation's persisted operations of the operations folder. */
export type Persistence = (
  operations: readonly { readonly file: string; readonly text: string }[],
) => PersistedOperations;

/**
 * Decides how documents are persisted, for one gateway and all of its generations: what clients had kept is known to
 * the next generation too, and a list is read again with each.
 *
 * Keeping is Apollo's protocol, https://www.apollographql.com/docs/apollo-server/performance/apq. With `listedOnly`
 * the result throws an Error naming file and remedy, where the folder is empty or a file is no GraphQL.
 */
export function openPersistence(listedOnly: boolean, limits: ListLimits & PersistedLimits): Persistence {
  if (listedOnly) {
    return (operations) => listed(operations, limits);
  }
  const { persistedQueries, persistedQueryCharacters } = limits;
  const persisted: PersistedOperations =
    persistedQueries === false
      ? { kind: 'any' }
      : { kind: 'automatic', kept: createStore(persistedQueries, persistedQueryCharacters) };
  return () => persisted;
}

/**
 * A list of documents. Each is found by the hash of its text as it stands, of the text without what GraphQL ignores
 * (`stripIgnoredCharacters` of graphql-js), and of the text as graphql-js prints it, which is what clients hash that
 * were given parsed documents.
 */
function listed(
  operations: Parameters<Persistence>[0],
  limits: ListLimits & PersistedLimits,
): PersistedOperations {
  if (operations.length === 0) {
    throw new Error(
      'Only persisted operations are to be answered, and there are none: name a folder with *.graphql files as "routes".',
    );
  }
  const byHash = new Map<string, string>();
  const byText = new Map<string, string>();
  for (const { file, text } of operations) {
    for (const form of [text, ...formsOf(file, text)]) {
      byText.set(form, text);
      byHash.set(hashOf(form), text);
    }
  }
  const seen = createStore(mostSpellings, limits.persistedQueryCharacters);
  return { kind: 'listed', list: { byHash, byText, seen, limits } };
}

function formsOf(file: string, text: string): readonly [stripped: string, printed: string] {
  try {
    return [stripIgnoredCharacters(text), print(parse(text))];
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new Error(`${file} is to be persisted and is no GraphQL document: ${reason}`, { cause: error });
  }
}

/** Bounded by the longer of key and value: one of them is what a client sent. */
function createStore(max: number, maxSize: number): LRUCache<string, string> {
  return new LRUCache({ max, maxSize, sizeCalculation: (text, key) => Math.max(text.length, key.length) });
}

/**
 * Stage 2: the text of the document, which the client sent or which is kept under the hash that it sent.
 * @throws GatewayError `PERSISTED_QUERY_NOT_FOUND`, which asks the client to send the text along;
 * `PERSISTED_QUERY_NOT_SUPPORTED`, which asks it to send no hashes; `PERSISTED_QUERY_MISMATCH`; `PERSISTED_ONLY`;
 * `QUERY_MISSING`.
 */
export function findDocument(
  persisted: PersistedOperations,
  request: {
    readonly parameters: Pick<GraphQLParameters, 'query' | 'queryHash'>;
    readonly isOwnDocument?: boolean;
  },
): string {
  const { query, queryHash } = request.parameters;
  if (request.isOwnDocument && query !== undefined) {
    return query;
  }
  if (persisted.kind === 'listed') {
    return findListed(persisted.list, query, queryHash);
  }
  if (queryHash === undefined) {
    if (query === undefined) {
      throw QueryMissing();
    }
    return query;
  }
  if (persisted.kind === 'any') {
    throw PersistedQueryNotSupported();
  }
  const kept = persisted.kept.get(queryHash);
  if (query === undefined) {
    if (kept === undefined) {
      throw PersistedQueryNotFound();
    }
    return kept;
  }
  if (query !== kept) {
    checkHash(query, queryHash);
  }
  return query;
}

/** Keeps a document that was sent with its hash. For those that were found valid: others would only push these out. */
export function keepDocument(
  persisted: PersistedOperations,
  { query, queryHash }: Pick<GraphQLParameters, 'query' | 'queryHash'>,
): void {
  if (persisted.kind === 'automatic' && query !== undefined && queryHash !== undefined) {
    if (!persisted.kept.has(queryHash)) {
      persisted.kept.set(queryHash, query);
    }
  }
}

function findListed(list: Safelist, query: string | undefined, queryHash: string | undefined): string {
  if (query === undefined) {
    if (queryHash === undefined) {
      throw QueryMissing();
    }
    const listed = list.byHash.get(queryHash);
    if (listed === undefined) {
      throw PersistedOnly(queryHash);
    }
    return listed;
  }
  if (queryHash !== undefined) {
    checkHash(query, queryHash);
  }
  const known = list.byText.get(query) ?? list.seen.get(query);
  if (known !== undefined) {
    return known;
  }
  const meant = list.byText.get(meaningOf(list, query));
  if (meant === undefined) {
    throw PersistedOnly(hashOf(query));
  }
  list.seen.set(query, meant);
  return meant;
}

/** The text without what GraphQL ignores; itself where it is no GraphQL. */
function meaningOf({ limits }: Safelist, query: string): string {
  try {
    checkText(query, limits);
    return stripIgnoredCharacters(query);
  } catch (error) {
    if (error instanceof GatewayError) {
      throw error;
    }
    return query;
  }
}

/** Keeps anybody from putting a text of their own under the hash of somebody else's. */
function checkHash(query: string, queryHash: string): void {
  const hash = hashOf(query);
  if (hash !== queryHash) {
    throw PersistedQueryMismatch(queryHash, hash);
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
