import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import type { Bus } from '#events/bus/port.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { type GatewayOptions, type RunningGateway, startGateway } from '#gateway/main.ts';
import {
  joiningWithDefaults,
  limitsWithDefaults,
  sharingWithDefaults,
  timeoutsWithDefaults,
} from '#gateway/options.ts';
import { openPersistence } from '#gateway/pipeline/persisted.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { openLive } from '#gateway/subscriptions/live.ts';
import type { LiveOptions } from '#gateway/subscriptions/options.ts';
import type {
  Ending,
  Live,
  LiveMessage,
  Session,
  SessionWatcher,
  Subscription,
} from '#gateway/subscriptions/types.ts';
import { type Generations, openGenerations } from '#gateway/supergraph/generations.ts';
import { type BusEngine, type TemporaryLog, temporaryLog, testEvent, testType } from '#test/harness/buses.ts';
import { collectLog } from '#test/harness/log.ts';
import { startSubgraph, type TinySubgraph } from './fixture.ts';

const federation = 'https://specs.apollo.dev/federation/v2.7';
const link = `extend schema @link(url: "${federation}", import: ["@key", "@requiresScopes"])`;

const lookup =
  '@lookup(attribute: "contactid", query: "query ($id: ID!) { contact(id: $id) { account } }", path: "contact.account")';

const eventsSdl = (extra: string) => `
  extend schema @link(url: "${federation}", import: ["@key", "@requiresScopes", "@composeDirective"])
    @link(url: "https://tributary.example/specs/events/v0.1", import: ["@event", "@attribute", "@lookup", "@initial"])
    @composeDirective(name: "@event") @composeDirective(name: "@attribute") @composeDirective(name: "@lookup")
    @composeDirective(name: "@initial")
  directive @event(types: [String!]!) on FIELD_DEFINITION | OBJECT
  directive @attribute(names: [String!]!, types: [String!]) on ARGUMENT_DEFINITION | FIELD_DEFINITION
  directive @lookup(attribute: String!, query: String!, path: String!) on ARGUMENT_DEFINITION
  directive @initial(argument: String!, entity: String!, version: String!) on FIELD_DEFINITION
  type Query { eventCursor: ID }
  type Subscription {
    leadStatusChanged(
      leadId: ID @attribute(names: ["leadid"])
      ownerId: ID @attribute(names: ["ownerid", "previousownerid"])
      accountId: ID @attribute(names: ["accountid"]) ${lookup}
      after: ID
    ): LeadStatusChanged! @event(types: ["${testType}"])
    leadUpdated(leadId: ID @attribute(names: ["leadid"]), after: ID, initial: Boolean = false): LeadUpdated!
      @event(types: ["${testType}"]) @initial(argument: "leadId", entity: "lead", version: "version")
    secretChanged(after: ID): LeadStatusChanged! @event(types: ["${testType}"]) @requiresScopes(scopes: [["secrets"]])
    ${extra}
  }
  interface Event { n: Int }
  type LeadStatusChanged implements Event @event(types: ["${testType}"]) {
    id: ID! @attribute(names: ["id"])
    cursor: ID! @attribute(names: ["cursor"])
    n: Int
    lead: Lead @attribute(names: ["leadid"])
    secret: String @requiresScopes(scopes: [["secrets"]])
  }
  type LeadUpdated {
    cursor: ID! @attribute(names: ["cursor"])
    version: Int @attribute(names: ["entityversion"])
    lead: Lead @attribute(names: ["leadid"])
    event: Event
  }
  type Lead @key(fields: "id", resolvable: false) { id: ID! }
`;

const leadsSdl = `${link}
  type Query { lead(id: ID!): Lead contact(id: ID!): Contact }
  type Lead @key(fields: "id") { id: ID! version: Int! status: String owner: String }
  type Contact @key(fields: "id") { id: ID! account: String @requiresScopes(scopes: [["contacts"]]) }
`;

export const alice: Viewer = { kind: 'user', id: 'usr_1', roles: [], scopes: ['secrets'], tenant: 'default' };
export const bob: Viewer = { kind: 'user', id: 'usr_2', roles: [], scopes: [], tenant: 'default' };

/** A session that tests change. */
export interface TestSession extends Session {
  readonly watchers: Set<SessionWatcher>;
  readonly become: (viewer: Viewer) => void;
}

export function testSession(viewer: Viewer = alice): TestSession {
  let current = viewer;
  const watchers = new Set<SessionWatcher>();
  return {
    viewer: () => current,
    watchers,
    become: (next) => {
      current = next;
      for (const watcher of [...watchers]) watcher.viewerChanged(next);
    },
  };
}

/** A client that keeps what it is given, and reads it when told. */
export interface TestClient {
  readonly subscription: Subscription;
  readonly session: TestSession;
  readonly messages: LiveMessage[];
  readonly endings: Ending[];
  /** `data` of the messages' one field, or the code of their first error. */
  readonly seen: () => unknown[];
  /** The field `n` of each message, or the code of its first error. */
  readonly numbers: () => unknown[];
  /** While it is stopped, what it is given waits. */
  readonly stop: () => void;
  readonly read: () => void;
}

export interface SubscribeOptions {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly after?: string | undefined;
  readonly session?: TestSession;
}

export interface LiveWorld {
  readonly bus: Bus;
  readonly live: Live;
  readonly leads: TinySubgraph;
  readonly logText: () => string;
  readonly generations: Generations;
  readonly subscribe: (query: string, options?: SubscribeOptions) => Promise<TestClient>;
  /** Another `Live` on the same bus, as another gateway has. */
  readonly openAnother: (options?: Partial<LiveOptions>) => Live;
  /** A whole gateway on the same bus. */
  readonly startGateway: (options?: Partial<GatewayOptions>) => Promise<RunningGateway>;
  /** Serves another supergraph; `extra` stands in `type Subscription`. */
  readonly republish: (
    extra?: string,
    change?: (sdl: string) => string,
    changeLeads?: (sdl: string) => string,
  ) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Versions and statuses of leads, by id. */
export const leadStates = new Map<string, { version: number; status: string }>();

/** An event of a lead, with a number to tell it by. */
export function leadEvent(n: number, given: Partial<EventEnvelope> = {}): EventEnvelope {
  const key = given.leadid ?? `lead_${randomUUID()}`;
  return { ...testEvent({ key, tenant: given.tenant ?? 'default' }, { n, secret: 'told' }), ...given };
}

/** Live queries over one real subgraph, an event graph of the test's own, and a real bus. */
export async function createLiveWorld(
  engine: BusEngine | TemporaryLog,
  options: Partial<LiveOptions> = {},
  others: readonly { readonly name: string; readonly url: string; readonly sdl: string }[] = [],
): Promise<LiveWorld> {
  const { logger, text } = collectLog();
  const log = typeof engine === 'string' ? await temporaryLog(engine) : engine;
  const bus = await log.open();
  const leads = await startSubgraph('leads', leadsSdl, {
    Query: {
      lead: (_: unknown, { id }: { id: string }) => ({ id }),
      contact: (_: unknown, { id }: { id: string }) => ({ id }),
    },
    Lead: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      version: ({ id }: { id: string }) => leadStates.get(id)?.version ?? 1,
      status: ({ id }: { id: string }) => leadStates.get(id)?.status ?? 'NEW',
      owner: () => 'usr_7',
    },
    Contact: { account: ({ id }: { id: string }) => id.replace('con_', 'acc_') },
  });
  const folder = await mkdtemp(join(tmpdir(), 'live-'));
  const supergraph = join(folder, 'supergraph.graphql');
  const asIs = (sdl: string) => sdl;
  const compose = async (extra: string, change = asIs, changeLeads = asIs) => {
    const sdl = change(eventsSdl(extra));
    const composed = composeServices([
      { name: 'events', url: 'tributary:events', typeDefs: parse(sdl) },
      { name: leads.name, url: leads.url, typeDefs: parse(changeLeads(leads.sdl)) },
      ...others.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
    ]);
    if (composed.errors) throw new AggregateError(composed.errors);
    await writeFile(supergraph, composed.supergraphSdl);
  };
  await compose('');
  const limits = limitsWithDefaults(undefined);
  const generations = await openGenerations({
    supergraph,
    subgraphUrls: {},
    subscriptionUrls: {},
    routes: undefined,
    access: undefined,
    pagePaths: [],
    plans: undefined,
    persistence: openPersistence(false, limits),
    watchMs: 0,
    timeouts: timeoutsWithDefaults(undefined),
    limits,
    sharing: sharingWithDefaults(undefined),
    joining: joiningWithDefaults(undefined),
    log: logger,
  });
  const open = (given: Partial<LiveOptions> = {}) =>
    openLive({
      bus,
      generations,
      signViewer: undefined,
      log: logger,
      options: { replanMs: 0, ...options, ...given },
      upstreams: { retryMs: 10, longestRetryMs: 50 },
    });
  const live = open();
  const lives = [live];
  const gateways: RunningGateway[] = [];
  return {
    bus,
    live,
    leads,
    logText: text,
    generations,
    subscribe: (query, given) => subscribeTo(live, query, given),
    openAnother: (given) => {
      const another = open(given);
      lives.push(another);
      return another;
    },
    startGateway: async (given = {}) => {
      const upstreams = { retryMs: 10, longestRetryMs: 50 };
      const gateway = await startGateway({
        supergraph,
        bus,
        port: 0,
        watchMs: 0,
        logger,
        upstreams,
        ...given,
      });
      gateways.push(gateway);
      return gateway;
    },
    republish: async (extra = '', change, changeLeads) => {
      await compose(extra, change, changeLeads);
      const outcome = await generations.reload();
      if (outcome.kind !== 'reloaded') throw new Error(JSON.stringify(outcome));
    },
    end: async () => {
      await Promise.all(gateways.map((each) => each.close()));
      await Promise.all(lives.map((each) => each.close()));
      await generations.close(0);
      await log.remove();
      await leads.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Subscribes a client that reads everything at once, until it is stopped. */
export async function subscribeTo(
  live: Live,
  query: string,
  { variables, after, session = testSession() }: SubscribeOptions = {},
): Promise<TestClient> {
  const messages: LiveMessage[] = [];
  const endings: Ending[] = [];
  let waiting = 0;
  let isStopped = false;
  let resume: (() => void) | undefined;
  const subscription = await live.subscribe({
    id: randomUUID(),
    session,
    parameters: { query, operationName: undefined, variables },
    after,
    sink: {
      next: (message) => {
        messages.push(message);
        if (isStopped) waiting += 1;
      },
      end: (ending) => void endings.push(ending),
      waitingBytes: () => waiting * 100,
      waitingMessages: () => waiting,
      whenRead: (callback) => {
        resume = callback;
      },
    },
  });
  const seen = () =>
    messages.map(({ text }) => {
      const { data, errors } = JSON.parse(text);
      return data === null ? errors[0].extensions.code : Object.values(data)[0];
    });
  return {
    subscription,
    session,
    messages,
    endings,
    seen,
    numbers: () =>
      seen().map((each) => (typeof each === 'object' && each !== null ? (each as { n: number }).n : each)),
    stop: () => {
      isStopped = true;
    },
    read: () => {
      isStopped = false;
      waiting = 0;
      const callback = resume;
      resume = undefined;
      setImmediate(() => callback?.());
    },
  };
}
