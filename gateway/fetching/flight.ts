import { ownHeaders, sharedHeaders } from './asked-for.ts';
import { Exchange, type ExchangeEnd, type ExchangeFailure, type ExchangeOwner } from './exchange.ts';
import type { Awaited, Requester, SeenSoFar } from './requester.ts';
import { logShared, logSharedFailure, type SharedFetch, startShared } from './shared-fetch.ts';
import type { SubgraphTarget } from './targets.ts';
import { askedCounts, checkAnswer, type GraphQLAnswer, type Portions, type Union } from './union.ts';

/** Whoever decides when a flight leaves, and is told when nobody waits for it any more. */
export interface FlightOwner {
  flightOver(flight: Flight): void;
}

type Places = readonly number[];

/**
 * One fetch of a subgraph and everybody who waits for it. It may be joined until it is dispatched, never after: what
 * began before a commit must not answer a request that came after it.
 *
 * Where requests for different parts were joined and the fetch fails as a whole, or an error cannot be told to be one
 * part's, each requester asks again for itself, once. So a representation that the subgraph cannot bear harms only
 * who asked for it.
 */
export class Flight implements ExchangeOwner, Awaited {
  readonly #target: SubgraphTarget;
  readonly #union: Union | undefined;
  readonly #owner: FlightOwner | undefined;
  /** Everybody who waits, with the places of their parts; undefined while all ask the very same. */
  readonly #requesters = new Map<Requester, Places | undefined>();
  /** Each part that is asked, with its place in the body; undefined as above. */
  #parts: Map<string, number> | undefined;
  #characters = 0;
  #state: 'open' | 'out' | 'over' = 'open';
  #exchange: Exchange | undefined;
  #shared: SharedFetch | undefined;

  /** With the first requester. Without a union, whoever joins must ask the very same. */
  constructor(target: SubgraphTarget, first: Requester, union?: Union, owner?: FlightOwner) {
    this.#target = target;
    this.#union = union;
    this.#owner = owner;
    this.#requesters.set(first, undefined);
    first.waitFor(this);
  }

  /** Takes in another requester, unless more would then be asked than one fetch may. */
  join(requester: Requester): boolean {
    const [first] = this.#requesters;
    /* Who asks the very same changes nothing, and to compare two texts is far less than to look up each part. */
    if (first?.[0].request.body === requester.request.body) {
      this.#requesters.set(requester, first[1]);
      requester.waitFor(this);
      return true;
    }
    const parts = this.#parts ?? this.#placeAll();
    let count = parts.size;
    let characters = this.#characters;
    for (const part of requester.parts) {
      if (!parts.has(part)) {
        count += 1;
        characters += part.length;
      }
    }
    const bounds = this.#union?.bounds;
    if (bounds && count > parts.size && (count > bounds.parts || characters > bounds.characters)) {
      return false;
    }
    this.#place(requester, parts);
    requester.waitFor(this);
    return true;
  }

  /** Sends it. From here on nobody may join. */
  dispatch(): void {
    const [first] = this.#requesters.keys();
    if (this.#state !== 'open' || first === undefined) {
      return;
    }
    this.#state = 'out';
    const { load, limits } = this.#target;
    if (load >= limits.connections + limits.maxWaiting) {
      for (const [requester] of this.#close()) {
        requester.failLogged('SUBGRAPH_UNAVAILABLE', `${load} fetches are under way or waiting already`);
      }
      return;
    }
    const { scope, request } = first;
    const parts = this.#parts;
    const isMore = parts !== undefined && parts.size > first.parts.length;
    const body = isMore && this.#union ? this.#union.body([...parts.keys()], request) : request.body;
    let headers: string[] | undefined;
    if (this.#requesters.size === 1) {
      headers = ownHeaders(scope, this.#target.name);
    } else {
      const requesters = [...this.#requesters.keys()];
      this.#shared = startShared(requesters, parts?.size ?? first.parts.length);
      const scopes = requesters.map((requester) => requester.scope);
      headers = sharedHeaders(scopes, this.#shared, this.#target.name);
    }
    if (headers === undefined) {
      this.#shared = undefined;
      this.#askAgain(this.#close());
      return;
    }
    this.#exchange = new Exchange(this.#target, this);
    this.#exchange.start(headers, body);
  }

  /** A requester no longer waits. The last one ends the flight. */
  leave(requester: Requester): void {
    if (!this.#requesters.delete(requester)) {
      return;
    }
    if (this.#requesters.size === 0) {
      if (this.#shared) {
        logShared(this.#target, this.#shared, 'ABANDONED');
      }
      this.#exchange?.abandon();
      this.#close();
    } else if (this.#state === 'open' && this.#parts !== undefined) {
      /* What only the leaver wanted is not asked. */
      this.#placeAll();
    }
  }

  seenSoFar(): SeenSoFar | undefined {
    const seen = this.#exchange?.seenSoFar();
    return seen && { ...seen, sharedFetch: this.#shared?.id };
  }

  exchangeEnded(end: ExchangeEnd): void {
    const seen = this.seenSoFar();
    const requesters = this.#close();
    const ended = this.#checked(end, requesters);
    const areWhole = requesters.every(([, places]) => this.#isWhole(places));
    if (ended.kind === 'failed') {
      this.#fail(requesters, ended, seen, areWhole);
      return;
    }
    if (areWhole) {
      this.#answerWhole(requesters, ended);
      return;
    }
    const portions = this.#union?.split(ended, [...(this.#parts?.keys() ?? [])]);
    if (portions) {
      this.#answerParts(requesters, ended, portions);
    } else {
      this.#logShared('ERROR', true);
      this.#askAgain(requesters);
    }
  }

  /** An answer that is none to what was asked is a failure. */
  #checked(end: ExchangeEnd, requesters: Waiting): ExchangeEnd {
    const [first] = requesters;
    if (end.kind === 'failed' || first === undefined) {
      return end;
    }
    const cause = checkAnswer(end, askedCounts(first[0].request, this.#parts));
    return cause === undefined ? end : { kind: 'failed', code: 'SUBGRAPH_INVALID_ANSWER', cause };
  }

  #answerWhole(requesters: Waiting, answer: GraphQLAnswer): void {
    this.#logShared(answer.errors.length === 0 ? 'OK' : 'ERROR');
    const given = requesters.length > 1 ? { ...answer, shared: true } : answer;
    for (const [requester] of requesters) {
      requester.answer(given);
    }
  }

  #answerParts(requesters: Waiting, answer: GraphQLAnswer, portions: Portions): void {
    this.#logShared(answer.errors.length === 0 ? 'OK' : 'ERROR');
    const uses = new Map<number, number>();
    for (const [, places = []] of requesters) {
      for (const place of places) {
        uses.set(place, (uses.get(place) ?? 0) + 1);
      }
    }
    for (const [requester, places = []] of requesters) {
      /* Whose part of it is old, the subgraph does not say. */
      const portion = { ...portions(places), staleSince: answer.staleSince };
      const isShared = places.some((place) => (uses.get(place) ?? 0) > 1);
      requester.answer(isShared ? { ...portion, shared: true } : portion);
    }
  }

  #fail(requesters: Waiting, failure: ExchangeFailure, seen: SeenSoFar | undefined, areWhole: boolean): void {
    if (this.#shared === undefined) {
      for (const [requester] of requesters) {
        requester.failLogged(failure.code, failure.cause, seen);
      }
      return;
    }
    /* Alone, requesters of the very same would have had the very same. */
    logSharedFailure(this.#target, this.#shared, failure, seen, !areWhole);
    if (areWhole) {
      for (const [requester] of requesters) {
        requester.fail(failure.code);
      }
    } else {
      this.#askAgain(requesters);
    }
  }

  #askAgain(requesters: Waiting): void {
    for (const [requester] of requesters) {
      new Flight(this.#target, requester).dispatch();
    }
  }

  #logShared(outcome: 'OK' | 'ERROR', isAskedAgain = false): void {
    if (this.#shared) {
      logShared(this.#target, this.#shared, outcome, isAskedAgain);
    }
  }

  /** Ends it for everybody who still waits, and gives them. */
  #close(): Waiting {
    this.#state = 'over';
    const waiting = [...this.#requesters];
    this.#requesters.clear();
    this.#owner?.flightOver(this);
    return waiting;
  }

  /** Whether a requester's parts are all that was asked, in the same order. */
  #isWhole(places: Places | undefined): boolean {
    if (this.#parts === undefined || places === undefined) {
      return true;
    }
    return places.length === this.#parts.size && places.every((place, index) => place === index);
  }

  #placeAll(): Map<string, number> {
    const parts = new Map<string, number>();
    this.#parts = parts;
    this.#characters = 0;
    for (const requester of this.#requesters.keys()) {
      this.#place(requester, parts);
    }
    return parts;
  }

  #place(requester: Requester, parts: Map<string, number>): void {
    const places = requester.parts.map((part) => {
      let place = parts.get(part);
      if (place === undefined) {
        place = parts.size;
        parts.set(part, place);
        this.#characters += part.length;
      }
      return place;
    });
    this.#requesters.set(requester, places);
  }
}

type Waiting = readonly (readonly [Requester, Places | undefined])[];
