import { Flight, type FlightOwner } from './flight.ts';
import type { Requester } from './requester.ts';
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
  /** Characters of the representations in one fetch. */
  readonly characters: number;
}

/** The flights of one subgraph that may be joined, by operation and then by whatever else must be equal. */
export interface Sharing {
  readonly settings: SharingSettings;
  readonly entities: Union;
  readonly shapes: Map<string, Map<string, Shape>>;
}

export function createSharing(settings: SharingSettings): Sharing {
  const { representations: parts, characters } = settings;
  return { settings, entities: entityUnion({ parts, characters }), shapes: new Map() };
}

/**
 * Lets a requester wait for a fetch that others may wait for too. They share where all of this is equal: subgraph,
 * operation, variables (without representations), and `sharingKey`, which stands for the viewer and the forwarded
 * headers.
 */
export function share(
  sharing: Sharing,
  target: SubgraphTarget,
  requester: Requester,
  sharingKey: string,
): void {
  const { operation, representations, variables } = requester.request;
  let shapes = sharing.shapes.get(operation.bodyStart);
  if (shapes === undefined) {
    shapes = new Map();
    sharing.shapes.set(operation.bodyStart, shapes);
  }
  /* No line feed stands in a header, in the key of a viewer or between members of JSON. */
  const key = `${variables}\n${sharingKey}`;
  let shape = shapes.get(key);
  if (shape === undefined) {
    const union = representations === undefined ? undefined : sharing.entities;
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
