import type { FetchOperation, SubgraphRequest } from '#gateway/plan/types.ts';
import { Flight, type FlightOwner } from './flight.ts';
import type { Requester } from './requester.ts';
import { rootUnion } from './root-union.ts';
import type { SubgraphTarget } from './targets.ts';
import { entityUnion, type Union } from './union.ts';

/** How fetches of one subgraph are shared between requests. */
export interface SharingSettings {
  /** Fetches of one shape that are under way before others queue. */
  readonly inFlight: number;
  /** Milliseconds that a fetch queues at most. */
  readonly queueMs: number;
  /** Representations in one fetch. */
  readonly representations: number;
  /** Requests for root fields whose variables differ in one fetch; 1 for each its own. */
  readonly rootRequests: number;
  /** Characters of the representations, or of the variables, in one fetch. */
  readonly characters: number;
  /** True where only requests of the same viewer share, false where those of equal rights do. */
  readonly byViewer: boolean;
}

/** The flights of one subgraph that may be joined, by operation and then by whatever else must be equal. */
export interface Sharing {
  readonly settings: SharingSettings;
  readonly entities: Union;
  /** Undefined for operations that only the very same requests share. */
  readonly roots: WeakMap<FetchOperation, Union | undefined>;
  readonly shapes: Map<string, Map<string, Shape>>;
}

export function createSharing(settings: SharingSettings): Sharing {
  const { representations: parts, characters } = settings;
  return {
    settings,
    entities: entityUnion({ parts, characters }),
    roots: new WeakMap(),
    shapes: new Map(),
  };
}

function unionFor(sharing: Sharing, { operation, representations }: SubgraphRequest): Union | undefined {
  if (representations !== undefined) {
    return sharing.entities;
  }
  const { rootRequests: parts, characters } = sharing.settings;
  if (parts > 1 && !sharing.roots.has(operation)) {
    sharing.roots.set(operation, rootUnion(operation, { parts, characters }));
  }
  return sharing.roots.get(operation);
}

/**
 * Lets a requester wait for a fetch that others may wait for too. They share where all of this is equal: subgraph,
 * operation, the variables that a union cannot hold apart, and `sharingKey`, which stands for the viewer and the
 * forwarded headers.
 */
export function share(
  sharing: Sharing,
  target: SubgraphTarget,
  requester: Requester,
  sharingKey: string,
): void {
  const { operation, representations, variables } = requester.request;
  const union = unionFor(sharing, requester.request);
  let shapes = sharing.shapes.get(operation.bodyStart);
  if (shapes === undefined) {
    shapes = new Map();
    sharing.shapes.set(operation.bodyStart, shapes);
  }
  /* No line feed stands in a header, in the key of a viewer or between members of JSON. */
  const key = union && representations === undefined ? sharingKey : `${variables}\n${sharingKey}`;
  let shape = shapes.get(key);
  if (shape === undefined) {
    shape = new Shape(sharing, target, union, operation.bodyStart, key);
    shapes.set(key, shape);
  }
  shape.add(requester);
}

/**
 * The flights of one shape. One goes out at the end of the event loop's turn, so that requests read in the same turn
 * share it; with `inFlight` under way it queues until one lands, at most `queueMs`.
 */
class Shape implements FlightOwner {
  readonly #sharing: Sharing;
  readonly #target: SubgraphTarget;
  readonly #union: Union | undefined;
  readonly #operation: string;
  readonly #key: string;
  /** Those that go out at the end of this turn, and those under way. */
  readonly #going = new Set<Flight>();
  readonly #queue = new Map<Flight, NodeJS.Timeout>();
  /** The one that came last, until it is dispatched. */
  #joinable: Flight | undefined;

  constructor(
    sharing: Sharing,
    target: SubgraphTarget,
    union: Union | undefined,
    operation: string,
    key: string,
  ) {
    this.#sharing = sharing;
    this.#target = target;
    this.#union = union;
    this.#operation = operation;
    this.#key = key;
  }

  add(requester: Requester): void {
    if (this.#joinable?.join(requester)) {
      return;
    }
    const flight = new Flight(this.#target, requester, this.#union, this);
    this.#joinable = flight;
    if (this.#hasFreePlace()) {
      this.#callUp(flight);
    } else {
      this.#queue.set(flight, setTimeout(endWait, this.#sharing.settings.queueMs, this, flight));
    }
  }

  /** It has queued for as long as it may. */
  endWait(flight: Flight): void {
    this.#queue.delete(flight);
    this.#going.add(flight);
    this.send(flight);
  }

  send(flight: Flight): void {
    if (this.#joinable === flight) {
      this.#joinable = undefined;
    }
    flight.dispatch();
  }

  flightOver(flight: Flight): void {
    if (this.#joinable === flight) {
      this.#joinable = undefined;
    }
    this.#going.delete(flight);
    clearTimeout(this.#queue.get(flight));
    this.#queue.delete(flight);
    const [next] = this.#queue;
    if (next !== undefined && this.#hasFreePlace()) {
      clearTimeout(next[1]);
      this.#queue.delete(next[0]);
      this.#callUp(next[0]);
    }
    if (this.#going.size === 0) {
      this.#remove();
    }
  }

  #hasFreePlace(): boolean {
    return this.#going.size < this.#sharing.settings.inFlight;
  }

  #callUp(flight: Flight): void {
    this.#going.add(flight);
    setImmediate(send, this, flight);
  }

  /** Nothing queues where nothing is going, so the shape is empty now. */
  #remove(): void {
    const shapes = this.#sharing.shapes.get(this.#operation);
    if (shapes?.delete(this.#key) && shapes.size === 0) {
      this.#sharing.shapes.delete(this.#operation);
    }
  }
}

function endWait(shape: Shape, flight: Flight): void {
  shape.endWait(flight);
}

function send(shape: Shape, flight: Flight): void {
  shape.send(flight);
}
