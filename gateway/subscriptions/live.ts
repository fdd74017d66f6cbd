import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Bus } from '#events/bus/port.ts';
import type { SignViewer } from '#gateway/identity/internal-token.ts';
import { EventsNotServed } from '#gateway/pipeline/event-errors.ts';
import { Draining } from '#gateway/pipeline/http-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import type { Generations } from '#gateway/supergraph/generations.ts';
import { openAskGraph } from './ask-graph.ts';
import { openEventGroups } from './event-groups.ts';
import { openGate } from './gate.ts';
import { type Counts, type Hub, noCounts } from './hub.ts';
import { openLookups } from './lookups.ts';
import { planSubscription, readAsked } from './open.ts';
import { type LiveOptions, liveWithDefaults } from './options.ts';
import { type Asked, isOfEvents, isRelayed, type Planned } from './planned.ts';
import { openRelays } from './relays.ts';
import { type MovableGroup, openMovements } from './replan.ts';
import { openSubscriptionLimits } from './subscription-limits.ts';
import type { Live, Subscription, SubscriptionRequest } from './types.ts';
import type { UpstreamOptions } from './upstream-options.ts';
import { openUpstreams } from './upstreams.ts';

export interface LiveParts {
  /** Undefined where there are no events. */
  readonly bus: Bus | undefined;
  readonly generations: Pick<Generations, 'current' | 'onChange'>;
  /** Vouches for viewers; undefined where subgraphs are not told who asks. */
  readonly signViewer: SignViewer | undefined;
  readonly log: Logger;
  /** What is left out has its default. */
  readonly options?: Partial<LiveOptions> | undefined;
  /** Subgraph name → WebSocket URL, where its own subscriptions are not at its URL. */
  readonly subscriptionUrls?: Readonly<Record<string, string>> | undefined;
  readonly upstreams?: Partial<UpstreamOptions> | undefined;
}

/**
 * Opens what serves live queries. Nothing is followed, and no subgraph asked, until somebody subscribes.
 *
 * Subscriptions that get the same messages are one group (`group.ts`), which executes once for each event that is for
 * it. A tenant's events are followed once (`tail.ts`) and find groups by an index (`filter-index.ts`). Whoever is not
 * where its group is, since it resumes, reads slowly or was moved, comes there by itself (`catch-up.ts`). What a
 * subgraph tells by itself is passed on in the same way, without a log behind it (`relay.ts`).
 * @throws Error naming an option that is out of its range, or a URL that is none.
 */
export function openLive(parts: LiveParts): Live {
  const { bus, generations, signViewer, log } = parts;
  const options = liveWithDefaults(parts.options);
  const counts: Counts = { ...noCounts };
  const hub: Hub = {
    log,
    options,
    signViewer,
    counts,
    lookups: openLookups(openAskGraph(generations.current, signViewer, options.lookupMs), log, options),
    executions: openGate(options.executions),
    limits: openSubscriptionLimits(options),
    kept: new LRUCache({
      maxSize: options.keptCharacters,
      sizeCalculation: ({ text }) => text.length,
      ttl: options.keptMessagesMs,
    }),
  };
  const numbers = numbersOfGenerations();
  const keyOf = ({ generation, key }: Planned) => `${numbers(generation)} ${key}`;
  const upstreams = openUpstreams({
    log,
    signViewer,
    urls: parts.subscriptionUrls,
    options: parts.upstreams,
  });
  const events = bus && openEventGroups(hub, bus, keyOf, () => movements);
  const relays = openRelays(hub, upstreams, keyOf, () => movements);
  let isClosed = false;

  const plan = (viewer: Viewer, asked: Asked) =>
    planSubscription(generations.current(), viewer, asked, options.executionMs);

  function* groups(): Generator<MovableGroup> {
    yield* events?.groups() ?? [];
    yield* relays.relays();
  }

  const movements = openMovements({
    current: generations.current,
    plan,
    groups,
    log,
    spreadMs: options.replanMs,
  });
  const endWatch = generations.onChange(movements.changed);

  async function subscribe({ session, sink, after, ...request }: SubscriptionRequest): Promise<Subscription> {
    if (isClosed) throw Draining();
    const asked = await readAsked(generations.current(), session.viewer(), request);
    const viewer = session.viewer();
    const planned = await plan(viewer, asked);
    const countedAs = hub.limits.enter(viewer);
    try {
      const { forwarded } = request;
      const joining = { session, viewer, sink, countedAs, after, forwarded };
      const subscription = await join(planned, joining);
      if (isClosed) {
        subscription.leave();
        closeAll();
        return subscription;
      }
      if (planned.generation !== generations.current()) movements.changed();
      return subscription;
    } catch (error) {
      hub.limits.leave(countedAs);
      throw error;
    }
  }

  async function join(
    planned: Planned,
    joining: Parameters<typeof relays.subscribe>[0],
  ): Promise<Subscription> {
    if (isRelayed(planned)) return relays.subscribe(joining, planned);
    if (!isOfEvents(planned) || events === undefined) throw EventsNotServed();
    return events.subscribe(joining, planned);
  }

  function closeAll(): void {
    isClosed = true;
    endWatch();
    movements.close();
    events?.close();
    relays.close();
  }

  return {
    subscribe,
    close: async () => closeAll(),
    numbers: () => ({ ...counts, upstreams: upstreams.numbers().operations }),
  };
}

/** Numbers generations, since one may come back with the id that it had. */
function numbersOfGenerations(): (generation: Generation) => number {
  const numbers = new WeakMap<Generation, number>();
  let last = 0;
  return (generation) => {
    let number = numbers.get(generation);
    if (number === undefined) {
      last += 1;
      number = last;
      numbers.set(generation, number);
    }
    return number;
  };
}
