import { GraphUnavailable } from '#chassis/graph.ts';
import type { Engine } from '#chassis/store/store.ts';
import type { Freshness } from '#chassis/vendor/replica/read-through.ts';
import { backfill } from '#chassis/vendor/replica/sync/backfill.ts';
import { reconcile } from '#chassis/vendor/replica/sync/reconcile.ts';
import type { VendorWebhook } from '#chassis/vendor/system.ts';
import { webhookSecrets } from '#chassis/vendor/webhooks/secrets.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { type OpenConsumer, openConsumer } from '#events/start-consumer.ts';
import {
  type ActivityRecord,
  type EmailChange,
  type EmailRecords,
  type EmailSystem,
  emailTypes,
  type SuppressionRecord,
} from '#subgraphs/email/adapters/email.ts';
import type { KnownContact } from '#subgraphs/email/contacts.ts';
import { type Email, openEmail } from '#subgraphs/email/main.ts';
import { collectLog } from '../log.ts';
import { waitingEvents } from '../outbox.ts';
import { temporaryStore } from '../stores.ts';
import { ask, serveForTest } from '../subgraph.ts';
import { type ScriptedSystem, scriptedSystem } from './scripted-system.ts';

/** A contact as the rest of the graph knows it. */
export interface Known extends KnownContact {
  readonly address: string;
}

/** An email subgraph over a platform in memory, where nothing happens but by a test's steps. */
export interface EmailHouse {
  readonly email: Email;
  readonly vendor: ScriptedSystem<EmailRecords, EmailChange>;
  /** What was pushed to the platform. */
  readonly pushed: EmailChange[];
  /** Contacts of the graph, and how often it was asked; null where it is away. */
  readonly graph: { contacts: Known[] | null; asked: number };
  readonly log: () => string;
  readonly backfill: () => ReturnType<typeof backfill>;
  readonly reconcile: (repair?: boolean) => ReturnType<typeof reconcile>;
  /** What the subgraph answers of a contact. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of any shape
  readonly contact: (id: string, fields: string) => Promise<any>;
  readonly url: string;
  readonly events: (subject?: string) => Promise<readonly EventEnvelope[]>;
  readonly consumer: (name: string) => OpenConsumer;
  /** Gives a consumer an event. */
  readonly deliver: (name: string, events: readonly EventEnvelope[]) => Promise<number>;
  readonly close: () => Promise<void>;
}

export const campaign = (values: Partial<EmailRecords['campaigns']> = {}): EmailRecords['campaigns'] => ({
  ...{ name: 'Spring', channel: 'EMAIL', status: 'ACTIVE', startedAt: '2026-01-01T00:00:00.000Z' },
  ...{ recipients: 0, sent: 0, delivered: 0, opened: 0, clicked: 0, bounced: 0, unsubscribed: 0 },
  ...values,
});

export const activity = (values: Partial<ActivityRecord> = {}): ActivityRecord => ({
  kind: 'DELIVERED',
  at: '2026-03-01T09:00:00.000Z',
  messageId: 'm1',
  campaignId: null,
  recipientId: null,
  address: null,
  ...values,
});

export const suppression = (values: Partial<SuppressionRecord> = {}): SuppressionRecord => ({
  reason: 'BOUNCE',
  suppressedAt: '2026-03-01T09:00:00.000Z',
  recipientId: null,
  address: null,
  ...values,
});

export interface EmailHouseOptions {
  readonly freshness?: Partial<Freshness>;
  readonly webhook?: VendorWebhook;
  readonly recipientKeys?: readonly string[];
}

export async function emailHouse(
  engine: Engine,
  { freshness, webhook, recipientKeys = ['externalId', 'address'] }: EmailHouseOptions = {},
): Promise<EmailHouse> {
  const { location, remove } = await temporaryStore(engine);
  const pushed: EmailChange[] = [];
  const vendor = scriptedSystem<EmailRecords, EmailChange>({
    types: emailTypes,
    keys: { recipients: recipientKeys },
    push: async (change) => {
      pushed.push(change);
      return { kind: 'accepted', record: null };
    },
  });
  const system: EmailSystem =
    webhook === undefined
      ? vendor
      : { ...vendor, webhook, capabilities: { ...vendor.capabilities, webhook: 'content' } };
  const email = await openEmail({
    location,
    askConsent: async () => 'GRANTED',
    systems: new Map([['default', system]]),
    ...(freshness && { freshness }),
    webhooks: {
      publicUrl: null,
      log: collectLog().logger,
      secrets: async () => webhookSecrets([Buffer.alloc(32, 7).toString('base64')]),
    },
  });
  const graph: EmailHouse['graph'] = { contacts: [], asked: 0 };
  const known = () => {
    graph.asked += 1;
    if (graph.contacts === null) throw new GraphUnavailable('The graph is away.', {});
    return graph.contacts;
  };
  email.connectContacts({
    addresses: async (ids) =>
      new Map(known().flatMap(({ id, address }) => (ids.includes(id) ? [[id, address] as const] : []))),
    byAddress: async (addresses) =>
      new Map(
        known().flatMap(({ address, ...each }) =>
          addresses.includes(address) ? [[address, each] as const] : [],
        ),
      ),
    byId: async (ids) =>
      new Map(
        known().flatMap(({ address: _, ...each }) =>
          ids.includes(each.id) ? [[each.id, each] as const] : [],
        ),
      ),
  });
  const running = await serveForTest(email.subgraph);
  const log = collectLog();
  const consumers = new Map(
    email.consumers.map((one) => [one.name, openConsumer(one, { store: email.store, log: log.logger })]),
  );
  const hooks = () => ({ onProgress: () => {}, signal: AbortSignal.timeout(20_000) });
  const replica = email.replica;
  if (replica === undefined) throw new Error('An email platform over a vendor is a replica.');
  const consumer = (name: string) => {
    const found = consumers.get(name);
    if (found === undefined) throw new Error(`There is no consumer ${name}.`);
    return found;
  };
  return {
    ...{ email, vendor, pushed, graph, consumer },
    log: log.text,
    url: running.url,
    backfill: () => backfill(replica, { tenant: 'default' }, hooks()),
    reconcile: (repair = false) => reconcile(replica, { tenant: 'default', repair }, hooks()),
    contact: async (id, fields) => {
      const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Contact { ${fields} } } }`;
      const answer = await ask(running.url, query, { r: [{ __typename: 'Contact', id }] });
      return answer.data._entities[0];
    },
    events: async (subject) =>
      (await waitingEvents(email.store)).filter(
        (event) => subject === undefined || event.subject === subject,
      ),
    deliver: async (name, events) =>
      (await consumer(name).take([...events], 'new', AbortSignal.timeout(20_000))).done,
    close: async () => {
      await running.close();
      await remove();
    },
  };
}
