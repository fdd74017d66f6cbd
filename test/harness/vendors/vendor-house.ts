import { randomUUID } from 'node:crypto';
import type { RunningSubgraph } from '#chassis/serve.ts';
import type { Engine } from '#chassis/store/store.ts';
import { listDecisions } from '#chassis/vendor/pushes/decisions.ts';
import { type AnySystem, vendorCause } from '#chassis/vendor/replica/domain.ts';
import { readTime } from '#chassis/vendor/replica/read-time.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { type OpenConsumer, openConsumer } from '#events/start-consumer.ts';
import { type Crm, openCrm } from '#subgraphs/crm/main.ts';
import type { CrmRules } from '#subgraphs/crm/pushes/rules.ts';
import { collectLog } from '../log.ts';
import { waitingEvents } from '../outbox.ts';
import { temporaryStore } from '../stores.ts';
import { ask, type GraphqlAnswer, serveForTest } from '../subgraph.ts';
import { type ChangingCrm, changingCrm } from './changing-crm.ts';

/** A CRM subgraph over a vendor that a test has in its hands, where nothing happens but by its steps. */
export interface VendorHouse {
  readonly crm: Crm;
  readonly vendor: ChangingCrm;
  readonly consumer: OpenConsumer;
  readonly log: () => string;
  /** Asks for a change, under a new key. */
  readonly change: (name: string, input: object, selection: string) => Promise<GraphqlAnswer>;
  /** What the subgraph answers of an entity. */
  readonly entity: (typename: string, id: string, fields: string) => Promise<Record<string, unknown>>;
  /** Gives the consumer all events of an entity once, as a bus does, and answers how many are done. */
  readonly deliver: (subject: string) => Promise<{ readonly of: number; readonly done: number }>;
  /** Writes what the vendor has of a type as if it had just been read, or as it was read before. */
  readonly sync: (type: string, read?: Read) => Promise<void>;
  readonly read: (type: string) => Read;
  readonly events: (subject: string) => Promise<readonly EventEnvelope[]>;
  readonly decisions: (id?: string) => ReturnType<typeof listDecisions>;
  readonly close: () => Promise<void>;
}

export interface Read {
  readonly seen: ReturnType<ChangingCrm['seen']>;
  readonly observedAt: string;
}

export async function vendorHouse(engine: Engine, rules?: CrmRules): Promise<VendorHouse> {
  const place = await temporaryStore(engine);
  const vendor = changingCrm();
  const crm = await openCrm({
    location: place.location,
    systems: new Map([['default', vendor.system]]),
    ...(rules && { rules: new Map([['default', rules]]) }),
  });
  const running: RunningSubgraph = await serveForTest(crm.subgraph);
  const log = collectLog();
  const [defined] = crm.consumers;
  if (defined === undefined) throw new Error('A CRM over a vendor has a consumer.');
  const consumer = openConsumer(defined, { store: crm.store, log: log.logger });
  const done = new Set<string>();
  const { signal } = new AbortController();

  const events = async (subject: string) =>
    (await waitingEvents(crm.store)).filter((event) => event.subject === subject);
  const read = (type: string): Read => ({ observedAt: readTime(), seen: vendor.seen(type) });
  return {
    crm,
    vendor,
    consumer,
    log: log.text,
    events,
    read,
    change: (name, input, selection) => {
      const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
      const query = `mutation ($input: ${type}!) { answer: ${name}(input: $input) { ${selection} } }`;
      return ask(running.url, query, { input: { idempotencyKey: randomUUID(), ...input } });
    },
    entity: async (__typename, id, fields) => {
      const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${__typename} { ${fields} } } }`;
      return (await ask(running.url, query, { r: [{ __typename, id }] })).data._entities[0];
    },
    deliver: async (subject) => {
      const fresh = (await events(subject)).filter(
        ({ id, type }) => !done.has(id) && consumer.types.includes(type),
      );
      const outcome = await consumer.take(fresh, 'new', signal);
      for (const { id } of fresh.slice(0, outcome.done)) done.add(id);
      return { of: fresh.length, done: outcome.done };
    },
    sync: async (type, { seen, observedAt } = read(type)) => {
      const system = vendor.system as unknown as AnySystem;
      const cause = vendorCause(system.vendor, 'default');
      const at = { tenant: 'default', urgency: 'sync', signal } as const;
      await crm.replica?.writer({ system, type, seen, observedAt, cause, ...at });
    },
    decisions: (id) => listDecisions(crm.store.db, { tenant: 'default', limit: 1_000, ...(id && { id }) }),
    close: async () => {
      await running.close();
      await place.remove();
    },
  };
}
