import type { GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { PreparedOperation } from '#gateway/pipeline/operation.ts';
import type { ClientIdentity } from './client.ts';
import type { UsageLimits } from './options.ts';
import type { UsedRequest } from './types.ts';

/** How often one client sent one operation on one day. */
export interface Counter {
  readonly schema: GraphQLSchema;
  readonly operation: PreparedOperation;
  readonly tenant: string;
  readonly client: string;
  readonly clientVersion: string;
  readonly day: string;
  requests: number;
  errors: number;
  /** Milliseconds since 1970. */
  readonly firstAt: number;
  lastAt: number;
}

/** The counters since the last flush. */
export interface Counters {
  readonly count: (schema: GraphQLSchema, operation: PreparedOperation, request: UsedRequest) => void;
  /** Takes all counters out. */
  readonly take: () => readonly Counter[];
  /** Puts back what could not be dealt with; what has no room is missed. */
  readonly putBack: (counters: readonly Counter[]) => void;
  /** Takes the number of requests that were not counted, since there were too many different ones. */
  readonly takeMissed: () => number;
}

const dayMs = 86_400_000;
/** Once all counters are taken, one in so many requests that have none gets that of the longest unseen. */
const sampledOne = 16;
/** In place of clients beyond those that are told apart. */
const otherClients: ClientIdentity = { name: 'other', version: 'other' };

/** A counter's place, and whether it was counted without a look into the table since its turn to be given up. */
interface Place {
  readonly counter: Counter;
  isSeenAgain: boolean;
}

/** An operation that counters hold, and how many of them do. */
interface Held {
  readonly number: number;
  holders: number;
  /** The place that was counted last: most often whoever sent it sends it again, and needs no key for it. */
  latest: Place | undefined;
}

/**
 * Counters by tenant, client, operation and day, in a table of fixed size: whoever sends ever new documents or names
 * costs others their place only now and then, and never those who are seen all the time.
 *
 * @param now milliseconds since 1970
 */
export function createCounters(
  limits: Pick<UsageLimits, 'counters' | 'characters' | 'clients'>,
  now: () => number = Date.now,
  random: () => number = Math.random,
): Counters {
  const helds = new WeakMap<PreparedOperation, Held>();
  const clients = new Set<string>();
  let operations = 0;
  let characters = 0;
  let missed = 0;
  let day = '';
  let dayBegins = 0;
  const table = new LRUCache<string, Place>({
    max: limits.counters,
    dispose: (place, _, reason) => {
      const { counter } = place;
      if (reason === 'evict') missed += counter.requests;
      const held = heldOf(counter.operation);
      held.holders -= 1;
      if (held.latest === place) held.latest = undefined;
      if (held.holders === 0) characters -= counter.operation.text.length;
    },
  });

  function turnTo(time: number): void {
    day = new Date(time).toISOString().slice(0, 10);
    dayBegins = Date.parse(day);
    clients.clear();
  }

  function heldOf(operation: PreparedOperation): Held {
    const known = helds.get(operation);
    if (known !== undefined) return known;
    operations += 1;
    const held: Held = { number: operations, holders: 0, latest: undefined };
    helds.set(operation, held);
    return held;
  }

  /* It is made for many requests, and therefore short. */
  function keyOf(
    operation: PreparedOperation,
    on: string,
    client: string,
    version: string,
    tenant: string,
  ): string {
    return `${heldOf(operation).number}\n${on}\n${client}\n${version}\n${tenant}`;
  }

  function isFullFor(operation: PreparedOperation): boolean {
    if (table.size >= limits.counters) return true;
    return heldOf(operation).holders === 0 && characters + operation.text.length > limits.characters;
  }

  function hold(key: string, counter: Counter): void {
    const held = heldOf(counter.operation);
    if (held.holders === 0) characters += counter.operation.text.length;
    held.holders += 1;
    table.set(key, { counter, isSeenAgain: false });
  }

  /** Gives up the counter that was unseen longest: those that were seen without a look into the table are not. */
  function giveUpOne(): void {
    let oldest = table.rentries().next().value as [string, Place] | undefined;
    while (oldest?.[1].isSeenAgain) {
      oldest[1].isSeenAgain = false;
      table.get(oldest[0]);
      oldest = table.rentries().next().value as [string, Place] | undefined;
    }
    table.pop();
  }

  /** False where the client is one too many. */
  function isToldApart(tenant: string, { name, version }: ClientIdentity): boolean {
    const key = `${name}\n${version}\n${tenant}`;
    if (clients.has(key)) return true;
    if (clients.size >= limits.clients) return false;
    clients.add(key);
    return true;
  }

  function begin(
    key: string,
    schema: GraphQLSchema,
    operation: PreparedOperation,
    { tenant, client, hasErrors }: UsedRequest,
    time: number,
  ): void {
    if (client !== otherClients && !isToldApart(tenant, client)) {
      count(schema, operation, { tenant, client: otherClients, hasErrors }, time);
      return;
    }
    if (isFullFor(operation) && random() * sampledOne >= 1) {
      missed += 1;
      return;
    }
    while (table.size > 0 && isFullFor(operation)) giveUpOne();
    const { name, version } = client;
    hold(key, {
      schema,
      operation,
      tenant,
      client: name,
      clientVersion: version,
      day,
      requests: 1,
      errors: hasErrors ? 1 : 0,
      firstAt: time,
      lastAt: time,
    });
  }

  function count(
    schema: GraphQLSchema,
    operation: PreparedOperation,
    request: UsedRequest,
    time: number,
  ): void {
    const { tenant, client, hasErrors } = request;
    const held = heldOf(operation);
    let place = held.latest;
    if (place !== undefined && isFor(place.counter, day, client, tenant)) {
      place.isSeenAgain = true;
    } else {
      const key = keyOf(operation, day, client.name, client.version, tenant);
      place = table.get(key);
      if (place === undefined) {
        begin(key, schema, operation, request, time);
        return;
      }
      held.latest = place;
    }
    const { counter } = place;
    counter.requests += 1;
    if (hasErrors) counter.errors += 1;
    counter.lastAt = time;
  }

  return {
    count: (schema, operation, request) => {
      const time = now();
      if (time < dayBegins || time >= dayBegins + dayMs) turnTo(time);
      count(schema, operation, request, time);
    },
    take: () => {
      const taken = [...table.values()].map(({ counter }) => counter);
      table.clear();
      return taken;
    },
    putBack: (counters) => {
      for (const counter of counters) {
        const { operation, tenant, client, clientVersion } = counter;
        const key = keyOf(operation, counter.day, client, clientVersion, tenant);
        const present = table.peek(key)?.counter;
        if (present !== undefined || !isFullFor(operation)) hold(key, together(counter, present));
        else missed += counter.requests;
      }
    },
    takeMissed: () => {
      const taken = missed;
      missed = 0;
      return taken;
    },
  };
}

function isFor(counter: Counter, day: string, { name, version }: ClientIdentity, tenant: string): boolean {
  return (
    counter.client === name &&
    counter.clientVersion === version &&
    counter.tenant === tenant &&
    counter.day === day
  );
}

function together(earlier: Counter, later: Counter | undefined): Counter {
  if (later === undefined) return earlier;
  const { requests, errors, firstAt } = earlier;
  return { ...later, requests: later.requests + requests, errors: later.errors + errors, firstAt };
}
