import type { GraphQLSchema } from 'graphql';
import type { PreparedOperation } from '#gateway/pipeline/operation.ts';
import type { ClientIdentity } from './client.ts';

/** An operation without anything that a client has put into it. */
export interface UsedOperation {
  /** SHA-256 of the text, in hex. */
  readonly hash: string;
  /** Undefined where it has none. */
  readonly name: string | undefined;
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** The operation with its fragments, in one order and with empty values in place of literals; still valid. */
  readonly text: string;
  /** What of the schema it uses, sorted: `Contact.title`, `Query.contact(id:)`, `LeadInput.status`, `Stage.WON`. */
  readonly coordinates: readonly string[];
}

/** How often a client sent an operation on one day, since the last time that it was told. */
export interface UsageCount {
  readonly tenant: string;
  readonly client: string;
  readonly clientVersion: string;
  /** Of the operation. */
  readonly hash: string;
  /** In UTC, such as `2026-11-21`. */
  readonly day: string;
  readonly requests: number;
  /** Those of them whose answer had errors. */
  readonly errors: number;
  /** Of the first and the last request, RFC 3339. */
  readonly firstAt: string;
  readonly lastAt: string;
}

/** Counts with every operation that they are about. */
export interface UsageBatch {
  readonly operations: readonly UsedOperation[];
  readonly counts: readonly UsageCount[];
}

/** What a client asks most. */
export interface MostUsed {
  readonly client: string;
  readonly hash: string;
  readonly name: string | undefined;
  readonly kind: UsedOperation['kind'];
  readonly requests: number;
  readonly errors: number;
}

export interface MostUsedQuestion {
  /** All, where it is left out. */
  readonly tenant?: string | undefined;
  /** Today and the days before it. */
  readonly days: number;
  readonly limit: number;
}

/** Where counts go, and what they come to. */
export interface UsageSink {
  /** Adds a batch to what is there, whole or not at all. Settles within a minute; what was rejected is brought again. */
  readonly write: (batch: UsageBatch) => Promise<void>;
  /** What clients asked most, most first. */
  readonly mostUsed: (question: MostUsedQuestion) => Promise<readonly MostUsed[]>;
}

/** One request that was executed. */
export interface UsedRequest {
  readonly tenant: string;
  readonly client: ClientIdentity;
  readonly hasErrors: boolean;
}

/** Counts one request; it takes a fraction of a microsecond and never throws. */
export type RecordUsage = (schema: GraphQLSchema, operation: PreparedOperation, request: UsedRequest) => void;
