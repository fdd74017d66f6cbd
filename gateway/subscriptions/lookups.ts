import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { EventEnvelope } from '#events/envelope.ts';
import type { Found } from './filter-index.ts';
import type { LiveOptions } from './options.ts';
import type { EventFilter, EventLookup } from './types.ts';

/** Asks the graph a question of the supergraph's own. Rejects where there is no answer. */
export type AskGraph = (
  document: string,
  id: string,
  tenant: string,
  signal: AbortSignal,
) => Promise<Readonly<Record<string, unknown>> | null>;

/** A filter whose value can be found out. */
export interface LookupFilter extends EventFilter {
  readonly lookup: EventLookup;
}

/** Finds out whom events are for that do not say so themselves. */
export interface Lookups {
  /**
   * What an event leaves out, as far as the graph knows it; undefined where it could not be asked. A promise only
   * where it has to be asked.
   */
  readonly find: (
    filters: readonly LookupFilter[],
    event: EventEnvelope,
  ) => Found | Promise<Found | undefined>;
}

const nothing: Found = {};
const againMs = 200;

/** Each question is asked once, however many listen, and its answer believed for `keptLookupsMs`. */
export function openLookups(
  ask: AskGraph,
  log: Logger,
  options: Pick<LiveOptions, 'lookupMs' | 'keptLookupsMs' | 'keptLookups'>,
): Lookups {
  const kept = new LRUCache<string, { readonly value: string | undefined }>({
    max: options.keptLookups,
    ttl: options.keptLookupsMs,
  });
  const asking = new Map<string, Promise<string | undefined>>();

  /** Rejects where the graph gave no answer within the deadline, however often it was asked. */
  async function answer(lookup: EventLookup, id: string, tenant: string): Promise<string | undefined> {
    const signal = AbortSignal.timeout(options.lookupMs);
    for (;;) {
      try {
        return valueAt(await ask(lookup.document, id, tenant, signal), lookup.path);
      } catch (error) {
        if (signal.aborted) throw error;
        await sleep(againMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  function find(
    lookup: EventLookup,
    id: string,
    tenant: string,
  ): string | undefined | Promise<string | undefined> {
    const key = JSON.stringify([tenant, id, lookup.path, lookup.document]);
    const known = kept.get(key);
    if (known !== undefined) return known.value;
    let answering = asking.get(key);
    if (answering === undefined) {
      answering = answer(lookup, id, tenant)
        .then((value) => {
          kept.set(key, { value });
          return value;
        })
        .finally(() => asking.delete(key));
      asking.set(key, answering);
    }
    return answering;
  }

  return {
    find: (filters, event) => {
      const missing = filters.filter(({ attributes }) => attributes.every((key) => event[key] === undefined));
      const found = missing.map(({ attributes, lookup }) => {
        const id = event[lookup.attribute];
        return { attribute: attributes[0], value: id && find(lookup, id, event.tenant) };
      });
      if (found.length === 0) return nothing;
      const gather = (values: readonly (string | undefined)[]): Found =>
        Object.fromEntries(found.map(({ attribute }, index) => [attribute, values[index]]));
      const isKnown = found.every(({ value }) => !(value instanceof Promise));
      if (isKnown) return gather(found.map(({ value }) => value as string | undefined));
      return Promise.all(found.map(({ value }) => value)).then(gather, (error: unknown) => {
        log.error(
          { err: error, event: event.id, type: event.type },
          'whom an event is for was not found out',
        );
        return undefined;
      });
    },
  };
}

function valueAt(data: unknown, path: readonly string[]): string | undefined {
  let value = data;
  for (const name of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  }
  return typeof value === 'string' ? value : undefined;
}
