import type { Bus } from '#events/bus/port.ts';
import type { RequestScope } from '#gateway/fetching/request-scope.ts';
import type { Authenticate } from '#gateway/identity/authenticator.ts';
import type { SignViewer } from '#gateway/identity/internal-token.ts';
import type { CompiledPlan, ExecutionResult } from '#gateway/plan/types.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import type { ClientIdentity } from '#gateway/usage/client.ts';
import type { RecordUsage } from '#gateway/usage/types.ts';
import type { GatewayError } from './errors.ts';
import type { PreparedOperation } from './operation.ts';

/** Who asks. Everything that is shared, kept or counted later is so by tenant. */
export interface Viewer {
  /** `machine` is a part of the platform or a program of a consumer's, `local` whoever uses this machine. */
  readonly kind: 'anonymous' | 'local' | 'user' | 'machine';
  readonly id: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenant: string;
  /** Until when the viewer's token holds, in milliseconds since 1970; undefined where nothing runs out. */
  readonly expiresAt?: number;
}

/** A well-formed GraphQL request, whichever transport read it. */
export interface GraphQLParameters {
  /** The document's text; undefined where only its hash was sent. */
  readonly query: string | undefined;
  /** SHA-256 of the document's text in lower-case hex, where the client sent one. */
  readonly queryHash?: string | undefined;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/** What a transport hands to the pipeline. */
export interface PipelineRequest {
  readonly scope: RequestScope;
  /** The client's `authorization` header, or what a transport takes in its place. */
  readonly authorization: string | undefined;
  readonly parameters: GraphQLParameters;
  /** False where the transport must be safe to repeat, as GET must. */
  readonly allowsMutations: boolean;
  /** Counts the request once it is known who asks; rejects with a GatewayError where it is one too many. */
  readonly countViewer?: (viewer: Viewer) => Promise<void> | undefined;
  /** True where the document is the gateway's own, as a REST route's is: it needs to be in no list. */
  readonly isOwnDocument?: boolean;
  /** The program that asks. Default: unknown. */
  readonly client?: ClientIdentity;
  /** Milliseconds for a fetch of this subgraph, where the transport wants another deadline than the gateway's. */
  readonly timeoutMsOf?: (subgraph: string) => number | undefined;
}

/** What the pipeline works on; `generation` is taken once, at the first stage. */
export interface PipelineParts {
  readonly generation: () => Generation;
  readonly authenticate: Authenticate;
  /** Vouches for the viewer in every fetch; undefined where subgraphs are not told who asks. */
  readonly signViewer: SignViewer | undefined;
  /** Where events lie; undefined where this gateway serves none. */
  readonly bus: Bus | undefined;
  /** Counts what was executed; undefined where nobody wants to know. */
  readonly recordUsage?: RecordUsage | undefined;
}

/** How a request ended. */
export type PipelineAnswer =
  | {
      readonly kind: 'executed';
      readonly viewer: Viewer;
      readonly operation: PreparedOperation;
      /** Estimated; undefined where no cost is estimated. */
      readonly cost: number | undefined;
      readonly plan: CompiledPlan;
      readonly result: ExecutionResult;
    }
  | {
      readonly kind: 'refused';
      readonly error: GatewayError;
      readonly viewer: Viewer | undefined;
      readonly operation: PreparedOperation | undefined;
    };
