import type { SubgraphTarget } from '#gateway/fetching/targets.ts';
import type { PreparedOperation } from '#gateway/pipeline/operation.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { CompiledPlan, SubgraphRequest } from '#gateway/plan/types.ts';
import type { Permit } from '#gateway/rights/permit.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import type { Wish } from './filter-index.ts';
import type { LookupFilter } from './lookups.ts';
import type { EventGraph } from './types.ts';

type Variables = Readonly<Record<string, unknown>>;

/** What a client subscribes to, whoever asks and whatever the supergraph is. */
export interface Asked {
  readonly query: string;
  readonly operationName: string | undefined;
  /** As they were sent. */
  readonly variables: Variables | undefined;
  readonly isOwnDocument: boolean;
  /** Headers of the client that subgraphs get too: names and values in turn. */
  readonly forwarded: readonly string[];
}

/** A subscription as one generation plans it for one viewer. Equal keys on one generation: equal messages. */
export interface Planned {
  readonly asked: Asked;
  readonly generation: Generation;
  readonly operation: PreparedOperation;
  readonly variables: Variables;
  readonly permit: Permit;
  readonly plan: CompiledPlan;
  /** For the subscription's field; events are its answers. */
  readonly primary: SubgraphRequest;
  /** Equal where all of it may be shared, within one generation. */
  readonly key: string;
  readonly viewer: Viewer;
  readonly source: EventsSource | SubgraphSource;
}

/** A subscription to events of the bus. */
export type PlannedEvents = Planned & { readonly source: EventsSource };

/** One that a subgraph serves itself. */
export type PlannedRelay = Planned & { readonly source: SubgraphSource };

export function isOfEvents(planned: Planned): planned is PlannedEvents {
  return planned.source.kind === 'events';
}

export function isRelayed(planned: Planned): planned is PlannedRelay {
  return planned.source.kind === 'subgraph';
}

/** The subgraph says what happens. */
export interface SubgraphSource {
  readonly kind: 'subgraph';
  readonly target: SubgraphTarget;
  /** Equal for those who may share what it tells: they have the same rights, or are the same, and send the same headers. */
  readonly sharedBy: string;
}

/** Events of the bus are what happens. */
export interface EventsSource {
  readonly kind: 'events';
  readonly graph: EventGraph;
  readonly wish: Wish;
  readonly lookups: readonly LookupFilter[];
  /** The argument of the field. */
  readonly after: string | undefined;
  readonly initial: InitialSource | undefined;
}

/** The entity that a subscription begins with. */
export interface InitialSource {
  readonly entityId: string;
  /** The payload's fields. */
  readonly entity: string;
  readonly version: string;
}
