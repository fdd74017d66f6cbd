import { openStore } from '#chassis/store/store.ts';
import { type CallLimitTables, createCallLimits } from '#chassis/vendor/limit-store.ts';
import type { EmailSystem } from '#subgraphs/email/adapters/email.ts';
import type { EmailPlatform, OpenedEmailSystem, Person } from '#subgraphs/email/adapters/email-suite.ts';
import { openKlaviyo } from '#subgraphs/email/adapters/klaviyo.ts';
import { collectLog } from '../log.ts';
import { temporaryStore } from '../stores.ts';
import { type FaultProxy, startFaultProxy, vendorClock } from './fault-proxy.ts';
import { type KlaviyoDouble, type KlaviyoOptions, startKlaviyo } from './klaviyo.ts';
import type { KlaviyoSeed } from './klaviyo-state.ts';

export interface KlaviyoHouse extends OpenedEmailSystem {
  readonly double: KlaviyoDouble;
  readonly proxy: FaultProxy;
  /** Opens one more system, with other settings or bounds on calls. */
  readonly open: (more?: {
    readonly settings?: object;
    readonly calls?: Partial<Parameters<typeof openKlaviyo>[0]>;
  }) => Promise<EmailSystem>;
  /** All that was logged so far. */
  readonly logged: () => string;
}

export const testKey = 'pk_a_key_of_tests';
const keyVariable = 'TEST_KLAVIYO_KEY';
const started = '2026-02-01T00:00:00+00:00';

const metrics = {
  SENT: 'Received Email',
  DELIVERED: 'Received Email',
  OPENED: 'Opened Email',
  CLICKED: 'Clicked Email',
  BOUNCED: 'Bounced Email',
} as const;

const metric = (id: string, name: string, integration = 'Klaviyo') => ({
  id,
  attributes: {
    name,
    created: started,
    updated: started,
    integration: { object: 'integration', id: '0', name: integration },
  },
});

export const klaviyoFlow = (id: string, more: object = {}) => ({
  id,
  attributes: {
    name: `Flow ${id}`,
    status: 'live',
    archived: false,
    created: started,
    updated: started,
    trigger_type: 'Metric',
    ...more,
  },
});

export const klaviyoCampaign = (id: string, more: object = {}) => ({
  id,
  attributes: {
    name: `Campaign ${id}`,
    status: 'Sent',
    archived: false,
    audiences: { included: [], excluded: [] },
    send_options: { use_smart_sending: true },
    send_strategy: { method: 'immediate' },
    created_at: started,
    updated_at: started,
    scheduled_at: null,
    send_time: '2026-02-02T09:00:00+00:00',
    ...more,
  },
});

const seed: KlaviyoSeed = {
  metrics: [
    ...[...new Set(Object.values(metrics))].map((name, index) => metric(`M${index}`, name)),
    metric('M9', 'Nurture Started', 'API'),
  ],
  flows: [klaviyoFlow('F1')],
  campaigns: [klaviyoCampaign('C1')],
};

/** Klaviyo's reason of each of ours. */
const reasons = {
  BOUNCE: 'HARD_BOUNCE',
  COMPLAINT: 'SPAM_COMPLAINT',
  UNSUBSCRIBE: 'UNSUBSCRIBE',
  MANUAL: 'USER_SUPPRESSED',
} as const;

/** The adapter on Klaviyo's double, with a proxy between them, and a mapping by which F1 takes contacts in. */
export async function klaviyoHouse(options: KlaviyoOptions = {}): Promise<KlaviyoHouse> {
  const ends: (() => Promise<unknown>)[] = [];
  const clock = options.now === undefined ? vendorClock() : { now: options.now, skew: () => {} };
  // Klaviyo's times are in seconds: a test's changes are a second apart, whatever the machine takes.
  let ahead = 0;
  const now = () => clock.now() + ahead;
  const double = await startKlaviyo({
    apiKeys: [testKey],
    ...options,
    seed: { ...seed, ...options.seed },
    now,
  });
  ends.push(double.close);
  const proxy = await startFaultProxy(double.url, { ...clock, now });
  ends.push(proxy.close);
  const place = await temporaryStore('sqlite');
  ends.push(place.remove);
  const log = collectLog();
  process.env[keyVariable] = testKey;

  const open: KlaviyoHouse['open'] = async ({ settings = {}, calls = {} } = {}) => {
    const store = await openStore<CallLimitTables>({
      name: 'calls',
      location: place.location,
      migrations: { '001_calls': createCallLimits },
    });
    ends.push(store.close);
    const system = await openKlaviyo<CallLimitTables>({
      settings: {
        apiKey: { env: keyVariable },
        baseUrl: proxy.url,
        mapping: new URL('klaviyo-mapping.yaml', import.meta.url).pathname,
        ...settings,
      },
      tenant: 'default',
      account: 'main',
      store,
      log: log.logger,
      ...(calls as object),
    });
    ends.push(system.close);
    return system;
  };

  const profileOf = ({ address }: Person) => double.state.findProfile({ email: address });
  const platform: EmailPlatform = {
    addRecipients: async (people) =>
      people.map(({ address, contactId }) => {
        return double.state.upsertProfile({ email: address, external_id: contactId }).profile.id;
      }),
    changeRecipient: async (id) => {
      ahead += 1_000;
      double.state.upsertProfile({ id, first_name: 'Other' });
    },
    suppress: async (person, reason) => {
      const profile = profileOf(person);
      const theirs = reasons[reason as keyof typeof reasons];
      if (profile === undefined || theirs === undefined) throw new Error(`Nobody to suppress for ${reason}.`);
      profile.suppressions = [...profile.suppressions, { reason: theirs, timestamp: double.state.time() }];
    },
    record: async (person, { kind, at, campaignId }) => {
      const profileId = profileOf(person)?.id ?? '';
      const metricId = double.state.metricNamed(metrics[kind]).id;
      const properties = { $message: 'MSG1', $flow: campaignId };
      const time = Date.parse(at);
      double.state.record({ profileId, metricId, uniqueId: `${kind} ${at}`, time, properties });
    },
    enrollments: async (campaignId, person) => {
      const profileId = profileOf(person)?.id;
      const metricId = double.state.metricNamed('Nurture Started').id;
      const told = double.state.events.filter(
        (event) => event.profileId === profileId && event.metricId === metricId,
      );
      return campaignId === 'F1' ? told.length : 0;
    },
    mayMail: async (person) => profileOf(person)?.suppressions.length === 0,
  };
  return {
    system: await open(),
    another: () => open(),
    open,
    platform,
    campaigns: { enrolling: 'F1', other: 'C1' },
    reasons: ['BOUNCE', 'COMPLAINT', 'UNSUBSCRIBE', 'MANUAL'],
    manyRecipients: 230,
    double,
    proxy,
    logged: log.text,
    close: async () => {
      for (const end of ends.splice(0).reverse()) await end();
    },
  };
}
