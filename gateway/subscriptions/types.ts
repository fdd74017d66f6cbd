import type { Bus } from '#events/bus/port.ts';
import type { EventEnvelope, RoutingKey } from '#events/envelope.ts';
import type { Forwarded } from '#gateway/fetching/forwarded-headers.ts';
import type { GatewayError } from '#gateway/pipeline/errors.ts';
import type { GraphQLParameters, Viewer } from '#gateway/pipeline/types.ts';
import type { SubgraphAnswer, SubgraphRequest } from '#gateway/plan/types.ts';

/**
 * Who a connection's subscriptions are for. It belongs to the transport: one for each WebSocket, SSE stream or poll.
 * It verifies its token again as long as it is open, and takes a fresh one in place.
 */
export interface Session {
  /** Who asks, as last verified; another object after each change. */
  readonly viewer: () => Viewer;
  /** Told of changes until it is taken out again. */
  readonly watchers: Set<SessionWatcher>;
}

export interface SessionWatcher {
  /** The viewer is another, or has other rights. */
  readonly viewerChanged: (viewer: Viewer) => void;
  /** The token has run out or is no longer believed; nothing more may be shown. */
  readonly viewerLost: (error: GatewayError) => void;
}

/** One message of a subscription: the same object for everybody who shares an execution. */
export interface LiveMessage {
  /** The whole result as JSON: `{"data":…,"extensions":{"cursor":"…"}}`. */
  readonly text: string;
  /** Right behind the event; undefined where a subgraph gives the events, which has no cursors. */
  readonly cursor: string | undefined;
}

/** How a subscription ends that the client did not end. */
export type Ending =
  /** Its source has no more. */
  | { readonly kind: 'complete' }
  /** The operation can no longer be served, or not to this viewer or this reader. */
  | { readonly kind: 'error'; readonly error: GatewayError; readonly cursor: string | undefined };

/** Where the messages of one subscription go; a transport implements it. */
export interface Sink {
  /** Hands over one message. */
  readonly next: (message: LiveMessage) => void;
  /** Called at most once; nothing follows. */
  readonly end: (ending: Ending) => void;
  /** Bytes that were handed over on this connection and that the client has not read. */
  readonly waitingBytes: () => number;
  /** Messages of this subscription that the client has not read. */
  readonly waitingMessages: () => number;
  /** Calls back once, when everything that waited has been read; never before this returns. */
  readonly whenRead: (resume: () => void) => void;
}

/** What a transport asks to be subscribed to. */
export interface SubscriptionRequest {
  /** Of the request in the log. */
  readonly id: string;
  readonly session: Session;
  readonly parameters: GraphQLParameters;
  /** In place of the field's `after`: where the client goes on. */
  readonly after?: string | undefined;
  /** Default: none. Asked again when the viewer of the session is another. */
  readonly forwarded?: Forwarded | undefined;
  /** Counts the request; rejects with a GatewayError where it is one too many. */
  readonly countViewer?: (viewer: Viewer) => Promise<void> | undefined;
  /** True where the document is the gateway's own. */
  readonly isOwnDocument?: boolean;
  readonly sink: Sink;
}

/** A subscription that runs. */
export interface Subscription {
  /**
   * Where the client goes on without a gap and without anything twice: behind what was handed over, and behind
   * everything that was found not to be for it. Undefined where the source has no cursors.
   */
  readonly cursor: () => string | undefined;
  /** The client is gone or wants no more; `end` of its sink is not called. */
  readonly leave: () => void;
}

/** Everything live of a gateway. */
export interface Live {
  /**
   * Opens a subscription through the stages of the request path: count → document → operation → variables → cost →
   * rights → plan → source. Rejects with a GatewayError where a stage refuses it. Messages come after it has resolved.
   */
  readonly subscribe: (request: SubscriptionRequest) => Promise<Subscription>;
  /** Lets go of bus, upstreams and timers. Whoever is still subscribed is left without a word: transports drain first. */
  readonly close: () => Promise<void>;
  readonly numbers: () => LiveNumbers;
}

/** What is going on, for metrics and tests. */
export interface LiveNumbers {
  /** Subscriptions that run. */
  readonly subscriptions: number;
  /** Sets of them that share executions. */
  readonly groups: number;
  /** Subscriptions that read the log at their own pace. */
  readonly catchingUp: number;
  /** Tenants whose events are followed, and connections to subgraphs that give events. */
  readonly tails: number;
  readonly upstreams: number;
  /** Since the start. */
  readonly events: number;
  readonly executions: number;
  readonly messages: number;
  readonly gaps: number;
}

/** One event with where it lies. */
export interface PlacedEvent {
  readonly event: EventEnvelope;
  /** Right behind it. */
  readonly cursor: string;
  /** Ascends along the bus. */
  readonly position: number;
}

/**
 * A subgraph of events as the supergraph declares it, which has no server: the gateway answers for it. Its routing URL
 * has the scheme `tributary:`.
 */
export interface EventGraph {
  readonly subgraph: string;
  /** The subscription fields, by name. */
  readonly fields: ReadonlyMap<string, EventField>;
  /** Answers the request for a subscription field with what one event says. */
  readonly answerEvent: (request: SubgraphRequest, placed: PlacedEvent) => SubgraphAnswer;
  /** The same for the entity as it is, before any event: its own fields come from its owner. */
  readonly answerInitial: (request: SubgraphRequest, cursor: string, entityId: string) => SubgraphAnswer;
  /** Answers a query. Never rejects. */
  readonly answerQuery: (
    request: SubgraphRequest,
    source: { readonly bus: Bus; readonly tenant: string; readonly signal: AbortSignal },
  ) => Promise<SubgraphAnswer>;
}

/** A subscription field that events answer. */
export interface EventField {
  readonly name: string;
  /** Such as `tributary.crm.LeadStatusChanged.v1`. */
  readonly types: readonly string[];
  /** All that are given have to match. */
  readonly filters: readonly EventFilter[];
  /** Where the field takes `initial: true`. */
  readonly initial: EventInitial | undefined;
}

/** An argument that chooses events. */
export interface EventFilter {
  readonly argument: string;
  /** An event matches where one of these attributes has the argument's value. */
  readonly attributes: readonly RoutingKey[];
  /** How the value is found for an event that has none of the attributes. */
  readonly lookup: EventLookup | undefined;
}

/** A question to the graph, by the id that an event has in another attribute. */
export interface EventLookup {
  readonly attribute: RoutingKey;
  /** A query with the one variable `$id`. */
  readonly document: string;
  /** Where the value stands in its answer: `contact.account.id`. */
  readonly path: readonly string[];
}

/** The entity that a field begins with. */
export interface EventInitial {
  /** The argument that has its id. */
  readonly argument: string;
  /** The payload's field that has the entity, and the payload's field that has its version. */
  readonly entity: string;
  readonly version: string;
}
