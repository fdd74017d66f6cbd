import type { QueryPlan } from '@apollo/query-planner';
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { Denials } from './denials.ts';

/** The operation of one fetch node, or of several that are joined: the same object for every request of theirs. */
export interface FetchOperation {
  readonly text: string;
  /** `{"query":…,"operationName":…,"variables":{`: what every body of it begins with. */
  readonly bodyStart: string;
}

/** One HTTP request that a fetch node, or several that are joined, make of a subgraph. */
export interface SubgraphRequest {
  readonly subgraph: string;
  /** The whole JSON request body: `{"query":…,"variables":…}`. */
  readonly body: string;
  /** A subscription is not sent like the others: its events are its answers. */
  readonly kind: 'query' | 'mutation' | 'subscription';
  /* What the body was made of, so that requests can be joined without parsing it. */
  readonly operation: FetchOperation;
  /**
   * Where the body asks `_entities`: a list for each such field, in their order, of JSON texts, each once. The first
   * list is the variable `representations` and the field `_entities`; see `listVariable` and `listKey` for others.
   */
  readonly representations: readonly (readonly string[])[] | undefined;
  /** The other variables as JSON members: `"id":"1","first":10`. */
  readonly variables: string;
}

/** A GraphQL error as a subgraph wrote it. */
export interface SubgraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * What came back from a subgraph. A `failure` is anything that is not a GraphQL answer: no connection, a
 * time-out, HTML, truncated JSON. Its `message` may be shown to clients; the cause is in the log only.
 */
export type SubgraphAnswer =
  | {
      readonly kind: 'answer';
      readonly data: Readonly<Record<string, unknown>> | null;
      readonly errors: readonly SubgraphError[];
      /**
       * True where the same `data` objects were given to another execution too. An execution merges into the
       * data it gets; what of shared data it would change is copied first.
       */
      readonly shared?: boolean;
      /** When the oldest was observed of what the subgraph says is older than it should be, RFC 3339. */
      readonly staleSince?: string | undefined;
    }
  | { readonly kind: 'failure'; readonly code: SubgraphFailureCode; readonly message: string };

export type SubgraphFailureCode = 'SUBGRAPH_UNAVAILABLE' | 'SUBGRAPH_TIMEOUT' | 'SUBGRAPH_INVALID_ANSWER';

/** An error as clients see it. */
export interface ResponseError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  /** `code` always; `subgraph` where one caused it. */
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** What one execution of a compiled plan needs from the request path. Plans do no I/O of their own. */
export interface ExecutionContext {
  /** Coerced by graphql-js (`getVariableValues`), defaults applied. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly fetch: (request: SubgraphRequest) => Promise<SubgraphAnswer>;
  /** Aborted when the client goes away or the request's deadline passes: no further fetch is started. */
  readonly signal: AbortSignal;
  /** Sees the merged answers, and may change them, before the response is written of them. */
  readonly beforeWrite?: ((root: Record<string, unknown>) => void) | undefined;
}

export interface ExecutionResult {
  /** The whole response as JSON in UTF-8, `{"data":…}` or `{"errors":…,"data":…}`. */
  readonly body: Buffer;
  readonly errors: readonly ResponseError[];
  /** True where `data` is null as a whole. */
  readonly dataIsNull: boolean;
}

export interface CompiledPlan {
  /** Response names of the root fields → the subgraph whose fetch answers them; absent for introspection. */
  readonly rootOwners: ReadonlyMap<string, string>;
  /** Every subgraph that some fetch of the plan may ask. */
  readonly subgraphs: readonly string[];
  /**
   * Of a subscription: the request for its field, whose answers are the events. The plan is executed once for each of
   * them, and `fetch` answers the request of kind `subscription` with the event. Undefined for any other operation.
   */
  readonly primary?: ((variables: ExecutionContext['variables']) => SubgraphRequest) | undefined;
  readonly execute: (context: ExecutionContext) => Promise<ExecutionResult>;
}

/**
 * A document that is planned in place of a client's: without what is denied, or with what the gateway itself wants to
 * know. What it keeps of leaf fields are the client's own nodes, since names for planning are chosen by node.
 */
export interface PlannedDocument {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

export interface PlanInput {
  readonly queryPlan: QueryPlan;
  /** The API schema that clients see. */
  readonly schema: GraphQLSchema;
  /**
   * The supergraph's full schema, with what `@inaccessible` hides: needed to know the types behind
   * `__typename`s and type conditions of a subgraph's answer.
   */
  readonly supergraphSchema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** Whether parallel entity fetches of a subgraph go out as one request. Default: of every one. */
  readonly joins?: ((subgraph: string) => boolean) | undefined;
  /** What the query plan is of, where that is not `document` itself: the response is written for `document`. */
  readonly planned?: PlannedDocument | undefined;
  /** What is denied; `planned` is without it. */
  readonly denials?: Denials | undefined;
}
