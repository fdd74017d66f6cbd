import { profileRow, resource } from './klaviyo-collections.ts';
import { klaviyoProblem } from './klaviyo-problems.ts';
import type { KlaviyoJob, KlaviyoProfile, KlaviyoState, ProfileKeys } from './klaviyo-state.ts';
import type { Handler } from './spec-server.ts';
import type { VendorAnswer } from './specification.ts';

type Attributes = Readonly<Record<string, unknown>>;
interface ResourceObject<A = Attributes> {
  readonly id?: string | null;
  readonly type: string;
  readonly attributes: A;
}
interface EventAttributes {
  readonly properties: Attributes;
  readonly time?: string | null;
  readonly unique_id?: string | null;
  readonly metric: { readonly data: ResourceObject<{ readonly name: string }> };
  readonly profile: { readonly data: ResourceObject<Attributes & ProfileKeys> };
}
interface EmailConsent {
  readonly email?: {
    readonly marketing?: { readonly consent: string; readonly consented_at?: string | null } | null;
  };
}
interface JobAttributes {
  readonly historical_import?: boolean | null;
  readonly custom_source?: string | null;
  readonly profiles?: {
    readonly data: readonly ResourceObject<ProfileKeys & { subscriptions?: EmailConsent }>[];
  };
}
interface JobBody {
  readonly data: ResourceObject<JobAttributes> & {
    readonly relationships?: { readonly list?: { readonly data: { readonly id: string } } };
  };
}

/** The most profiles that one request may name, from the descriptions in the specification. */
const mostToSuppress = 100;
const mostToSubscribe = 1000;
const mostToUnsubscribe = 100;

/** Subscribing lifts these suppressions; a bounce or an invalid address stays. */
const liftedBySubscribing = new Set(['UNSUBSCRIBE', 'SPAM_COMPLAINT', 'USER_SUPPRESSED']);

/** A profile is imported in at most this many bytes. */
const largestImport = 100 * 1024;

/** The handlers that write. Jobs change the state when they run: at once, or when a test says so. */
export function klaviyoWrites(
  state: KlaviyoState,
  jobsRun: 'at once' | 'when told',
  repeatedEvents: 'taken' | 'refused',
): Record<string, Handler> {
  const start = (type: string, total: number, run: () => void): KlaviyoJob => {
    const job = state.addJob(type, total, run);
    if (jobsRun === 'at once') state.runJobs();
    return job;
  };
  const suppression = (type: string, change: (profile: KlaviyoProfile) => void): Handler => {
    return ({ body }) => {
      const { attributes } = (body as JobBody).data;
      const emails = (attributes.profiles?.data ?? []).flatMap((each) => each.attributes.email ?? []);
      if (emails.length > mostToSuppress) return tooMany('profiles', mostToSuppress);
      const job = start(type, emails.length, () => {
        for (const email of emails) change(state.upsertProfile({ email }).profile);
      });
      return { status: 202, body: jobDocument(job) };
    };
  };
  const jobOf =
    (type: string): Handler =>
    ({ params }) => {
      const job = state.jobs.find((each) => each.type === type && each.id === params.job_id);
      return job
        ? { status: 200, body: jobDocument(job) }
        : klaviyoProblem(404, `There is no job ${params.job_id}.`);
    };
  const suppressing = 'profile-suppression-bulk-create-job';
  const unsuppressing = 'profile-suppression-bulk-delete-job';

  return {
    'POST /api/profile-import': (request) => {
      if (Number(request.headers['content-length']) > largestImport) {
        return klaviyoProblem(413, `More than ${largestImport} bytes.`);
      }
      const { data } = request.body as { data: ResourceObject<Attributes & ProfileKeys> };
      const keys = { ...data.attributes, id: data.id };
      if (!keys.id && !keys.email && !keys.phone_number && !keys.external_id) {
        return klaviyoProblem(400, 'A profile needs an id, an email, a phone_number or an external_id.', {
          pointer: '/data/attributes',
        });
      }
      const { profile, created } = state.upsertProfile(keys);
      const row = profileRow(profile, request);
      return { status: created ? 201 : 200, body: { data: resource(row), links: resource(row).links } };
    },
    'POST /api/events': ({ body }) => {
      const { attributes } = (body as { data: ResourceObject<EventAttributes> }).data;
      const { id, attributes: keys } = attributes.profile.data;
      if (!id && !keys.email && !keys.phone_number && !keys.external_id) {
        return klaviyoProblem(400, 'An event needs at least one profile identifier.', {
          pointer: '/data/attributes/profile',
        });
      }
      const { profile } = state.upsertProfile({ ...keys, id });
      const time = Date.parse(attributes.time ?? state.time());
      const recorded = state.record({
        profileId: profile.id,
        metricId: state.metricNamed(attributes.metric.data.attributes.name).id,
        uniqueId: attributes.unique_id ?? String(Math.floor(time / 1000)),
        time,
        properties: attributes.properties,
      });
      /* The specification says that a repeat is taken and not recorded; of the bulk endpoint, that it fails. */
      return recorded || repeatedEvents === 'taken'
        ? { status: 202 }
        : klaviyoProblem(409, 'A repeated unique_id.');
    },
    'POST /api/profile-suppression-bulk-create-jobs': suppression(suppressing, (profile) => {
      if (profile.suppressions.some(({ reason }) => reason === 'USER_SUPPRESSED')) return;
      profile.suppressions = [
        ...profile.suppressions,
        { reason: 'USER_SUPPRESSED', timestamp: state.time() },
      ];
    }),
    'POST /api/profile-suppression-bulk-delete-jobs': suppression(unsuppressing, (profile) => {
      profile.suppressions = profile.suppressions.filter(({ reason }) => reason !== 'USER_SUPPRESSED');
    }),
    'GET /api/profile-suppression-bulk-create-jobs/{job_id}': jobOf(suppressing),
    'GET /api/profile-suppression-bulk-delete-jobs/{job_id}': jobOf(unsuppressing),
    'POST /api/profile-subscription-bulk-create-jobs': ({ body }) => {
      const { attributes, relationships } = (body as JobBody).data;
      const people = attributes.profiles?.data ?? [];
      if (people.length > mostToSubscribe) return tooMany('profiles', mostToSubscribe);
      const times = people.map(({ attributes: each }) => each.subscriptions?.email?.marketing?.consented_at);
      const historical = attributes.historical_import === true;
      if (times.some((time) => historical !== Boolean(time))) {
        const rule = historical ? 'needs consented_at' : 'takes no consented_at without historical_import';
        return klaviyoProblem(400, `A subscription ${rule}.`, { pointer: '/data/attributes/profiles' });
      }
      start('profile-subscription-bulk-create-job', people.length, () => {
        for (const { id, attributes: each } of people) {
          const marketing = each.subscriptions?.email?.marketing;
          const { subscriptions, ...keys } = each;
          const { profile } = state.upsertProfile({ ...keys, id });
          if (relationships?.list) profile.lists.add(relationships.list.data.id);
          if (!marketing) continue;
          profile.consent = {
            status: 'SUBSCRIBED',
            at: marketing.consented_at ?? state.time(),
            method: 'API',
          };
          profile.suppressions = profile.suppressions.filter(
            ({ reason }) => !liftedBySubscribing.has(reason),
          );
        }
      });
      return { status: 202 };
    },
    'POST /api/profile-subscription-bulk-delete-jobs': ({ body }) => {
      const { attributes, relationships } = (body as JobBody).data;
      const people = attributes.profiles?.data ?? [];
      if (people.length > mostToUnsubscribe) return tooMany('profiles', mostToUnsubscribe);
      const list = relationships?.list?.data.id;
      start('profile-subscription-bulk-delete-job', people.length, () => {
        for (const { id, attributes: keys } of people) {
          const profile = state.findProfile({ ...keys, id });
          if (profile && keys.subscriptions?.email?.marketing) unsubscribe(profile, list, state.time());
        }
      });
      return { status: 202 };
    },
  };
}

/** Of a list alone where the profile is in it; of everything where it is not, as the description warns. */
function unsubscribe(profile: KlaviyoProfile, list: string | undefined, timestamp: string): void {
  const suppression = { reason: 'UNSUBSCRIBE', timestamp };
  if (list !== undefined && profile.lists.delete(list)) {
    profile.listSuppressions = [...profile.listSuppressions, { list_id: list, ...suppression }];
    return;
  }
  profile.consent = { status: 'UNSUBSCRIBED', at: timestamp, method: 'API' };
  profile.suppressions = [...profile.suppressions, suppression];
}

function jobDocument({ id, type, createdAt, completedAt, total }: KlaviyoJob): unknown {
  const self = `https://a.klaviyo.com/api/${type}s/${id}/`;
  const attributes = {
    status: completedAt === null ? 'processing' : 'complete',
    created_at: createdAt,
    total_count: total,
    completed_count: completedAt === null ? 0 : total,
    completed_at: completedAt,
    skipped_count: 0,
  };
  return { data: { type, id, attributes, links: { self } }, links: { self } };
}

const tooMany = (what: string, most: number): VendorAnswer =>
  klaviyoProblem(400, `More than ${most} ${what} in one request.`, { pointer: `/data/attributes/${what}` });
