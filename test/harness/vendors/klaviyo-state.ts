import { randomUUID } from 'node:crypto';

type Attributes = Readonly<Record<string, unknown>>;

/** What a profile is known by. Klaviyo looks for it in this order. */
export interface ProfileKeys {
  readonly id?: string | null;
  readonly email?: string | null;
  readonly phone_number?: string | null;
  readonly external_id?: string | null;
}

export interface KlaviyoProfile {
  readonly id: string;
  /** As `GET /api/profiles` has them, without `subscriptions`. */
  attributes: Attributes & ProfileKeys;
  consent: {
    status: 'SUBSCRIBED' | 'UNSUBSCRIBED' | 'NEVER_SUBSCRIBED';
    at: string | null;
    method: string | null;
  };
  suppressions: readonly { readonly reason: string; readonly timestamp: string }[];
  listSuppressions: readonly {
    readonly list_id: string;
    readonly reason: string;
    readonly timestamp: string;
  }[];
  readonly lists: Set<string>;
}

export interface KlaviyoEvent {
  readonly id: string;
  readonly uuid: string;
  readonly profileId: string;
  readonly metricId: string;
  readonly uniqueId: string;
  /** In ms. */
  readonly time: number;
  readonly properties: Attributes;
}

/** A metric, campaign, flow or list: its attributes are those of the specification. */
export interface KlaviyoResource {
  readonly id: string;
  readonly attributes: Attributes;
}

/** One row of a values report, as of a day. */
export interface KlaviyoValues {
  readonly groupings: Readonly<Record<string, string>>;
  readonly statistics: Readonly<Record<string, number>>;
  readonly at: string;
}

export interface KlaviyoJob {
  readonly id: string;
  readonly type: string;
  readonly createdAt: string;
  completedAt: string | null;
  readonly total: number;
  readonly run: () => void;
}

export interface KlaviyoSeed {
  readonly profiles?: readonly (Attributes & ProfileKeys)[];
  readonly metrics?: readonly KlaviyoResource[];
  readonly campaigns?: readonly KlaviyoResource[];
  readonly flows?: readonly KlaviyoResource[];
  readonly lists?: readonly KlaviyoResource[];
  readonly campaignValues?: readonly KlaviyoValues[];
  readonly flowValues?: readonly KlaviyoValues[];
}

export interface KlaviyoState {
  readonly profiles: Map<string, KlaviyoProfile>;
  readonly events: KlaviyoEvent[];
  readonly metrics: Map<string, KlaviyoResource>;
  readonly campaigns: KlaviyoResource[];
  readonly flows: KlaviyoResource[];
  readonly lists: KlaviyoResource[];
  readonly campaignValues: KlaviyoValues[];
  readonly flowValues: KlaviyoValues[];
  readonly jobs: KlaviyoJob[];
  readonly findProfile: (keys: ProfileKeys) => KlaviyoProfile | undefined;
  /** Creates the profile, or changes what is given; null clears. */
  readonly upsertProfile: (given: Attributes & ProfileKeys) => { profile: KlaviyoProfile; created: boolean };
  readonly metricNamed: (name: string) => KlaviyoResource;
  /** False where the metric has already recorded this unique id for the profile. */
  readonly record: (event: Omit<KlaviyoEvent, 'id' | 'uuid'>) => boolean;
  readonly addJob: (type: string, total: number, run: () => void) => KlaviyoJob;
  /** Does the jobs that wait, or the first `count` of them. */
  readonly runJobs: (count?: number) => void;
  /** The time as Klaviyo writes it. */
  readonly time: () => string;
}

export const klaviyoTime = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00');

export function klaviyoState(seed: KlaviyoSeed, now: () => number): KlaviyoState {
  const profiles = new Map<string, KlaviyoProfile>();
  let ids = 0;
  const nextId = (prefix: string) => `${prefix}${String(++ids).padStart(8, '0')}`;

  const state: KlaviyoState = {
    profiles,
    events: [],
    metrics: new Map(seed.metrics?.map((metric) => [metric.id, metric])),
    campaigns: [...(seed.campaigns ?? [])],
    flows: [...(seed.flows ?? [])],
    lists: [...(seed.lists ?? [])],
    campaignValues: [...(seed.campaignValues ?? [])],
    flowValues: [...(seed.flowValues ?? [])],
    jobs: [],
    time: () => klaviyoTime(now()),
    findProfile: (keys) => {
      if (keys.id) return profiles.get(keys.id);
      const all = [...profiles.values()];
      for (const key of ['email', 'phone_number', 'external_id'] as const) {
        const value = keys[key]?.toLowerCase();
        const found = value && all.find(({ attributes }) => attributes[key]?.toLowerCase() === value);
        if (found) return found;
      }
      return undefined;
    },
    upsertProfile: ({ id, ...given }) => {
      const found = state.findProfile({ id, ...given });
      const profile: KlaviyoProfile = found ?? {
        id: id ?? nextId('01PROFILE'),
        attributes: { created: state.time(), properties: {} },
        consent: { status: 'NEVER_SUBSCRIBED', at: null, method: null },
        suppressions: [],
        listSuppressions: [],
        lists: new Set(),
      };
      const properties = {
        ...(profile.attributes.properties as Attributes),
        ...(given.properties as Attributes),
      };
      profile.attributes = { ...profile.attributes, updated: state.time(), ...given, properties };
      profiles.set(profile.id, profile);
      return { profile, created: found === undefined };
    },
    metricNamed: (name) => {
      const found = [...state.metrics.values()].find(({ attributes }) => attributes.name === name);
      if (found) return found;
      const at = state.time();
      const metric = {
        id: nextId('M'),
        attributes: {
          name,
          created: at,
          updated: at,
          integration: { object: 'integration', id: '0', name: 'API' },
        },
      };
      state.metrics.set(metric.id, metric);
      return metric;
    },
    record: (event) => {
      const repeated = state.events.some(
        ({ uniqueId, profileId, metricId }) =>
          uniqueId === event.uniqueId && profileId === event.profileId && metricId === event.metricId,
      );
      if (!repeated) state.events.push({ ...event, id: nextId('E'), uuid: randomUUID() });
      return !repeated;
    },
    addJob: (type, total, run) => {
      const job: KlaviyoJob = {
        id: nextId('J'),
        type,
        createdAt: state.time(),
        completedAt: null,
        total,
        run,
      };
      state.jobs.push(job);
      return job;
    },
    runJobs: (count = Number.POSITIVE_INFINITY) => {
      const waiting = state.jobs.filter(({ completedAt }) => completedAt === null);
      for (const job of waiting.slice(0, count)) {
        job.run();
        job.completedAt = state.time();
      }
    },
  };
  for (const profile of seed.profiles ?? []) state.upsertProfile(profile);
  return state;
}
