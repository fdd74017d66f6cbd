import type { Kysely, QueryExecutorProvider, Transaction } from 'kysely';

/**
 * What the relay and the consumers need of a store. A subgraph's store is one; nothing here knows more of it, since
 * the events depend on no part.
 */
export interface EventStore<Tables> {
  readonly engine: 'sqlite' | 'postgres';
  readonly db: Kysely<Tables>;
  readonly transaction: <Result>(work: (trx: Transaction<Tables>) => Promise<Result>) => Promise<Result>;
  /**
   * Calls back after commits that appended events: those of this process at once, on PostgreSQL those of others too
   * as long as its connection for that stands. Whoever must not miss one looks from time to time as well. Answers
   * what ends it.
   */
  readonly onAppend: (listener: () => void) => () => void;
  /**
   * Resolves once all that was committed before the call outlives a loss of power. Whatever goes onto the bus, or is
   * done with there, must not be taken back in the store.
   */
  readonly durable: () => Promise<void>;
}

/** A store of whatever tables, where only its event tables are read: lists of different stores can be gone through. */
export interface AnyStore {
  readonly db: QueryExecutorProvider;
}

/** Where the parts of the event path say what goes wrong; a pino logger is one. */
export interface EventLog {
  readonly info: (details: object, message: string) => void;
  readonly warn: (details: object, message: string) => void;
  readonly error: (details: object, message: string) => void;
}
