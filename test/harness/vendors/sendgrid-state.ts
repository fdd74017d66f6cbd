import { randomUUID } from 'node:crypto';

/** What an upsert is given, by the specification's names. One of the first four must be there. */
export interface ContactInput {
  readonly email?: string;
  readonly phone_number_id?: string;
  readonly external_id?: string;
  readonly anonymous_id?: string;
  readonly alternate_emails?: readonly string[];
  readonly first_name?: string;
  readonly last_name?: string;
  readonly custom_fields?: Readonly<Record<string, unknown>>;
}

/** A contact as `POST /v3/marketing/contacts/batch` shows it. */
export interface SendGridContact extends ContactInput {
  readonly id: string;
  readonly list_ids: readonly string[];
  readonly segment_ids: readonly string[];
  readonly created_at: string;
  readonly updated_at: string;
}

export interface SendGridJob {
  readonly id: string;
  readonly startedAt: string;
  finishedAt: string | null;
  results: Readonly<Record<'requested_count' | 'created_count' | 'updated_count' | 'errored_count', number>>;
  readonly run: () => SendGridJob['results'];
}

export interface SingleSend {
  readonly id: string;
  readonly name: string;
  status: 'draft' | 'scheduled' | 'triggered';
  send_at?: string;
  readonly categories: readonly string[];
  readonly created_at: string;
  updated_at: string;
}

/** Counts of a single send, as the statistics endpoint names them. */
export interface SingleSendStats {
  readonly id: string;
  readonly stats: Readonly<Record<string, number>>;
}

export type SuppressionKind = 'bounces' | 'blocks' | 'invalid_emails' | 'spam_reports' | 'unsubscribes';

/** A list that contacts are on; the contacts know. */
export interface MarketingList {
  readonly id: string;
  readonly name: string;
}

/** A suppression group, and the addresses in it, in lower case. */
export interface SuppressionGroup {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly members: Set<string>;
}

/** `created` is in seconds. Bounces and blocks have a reason and a status, spam reports an ip. */
export interface Suppression {
  readonly email: string;
  readonly created: number;
  readonly reason?: string;
  readonly status?: string;
  readonly ip?: string;
}

export interface SendGridSeed {
  readonly contacts?: readonly ContactInput[];
  readonly singleSends?: readonly (Pick<SingleSend, 'name'> & Partial<SingleSend>)[];
  readonly stats?: readonly SingleSendStats[];
  /** Counts by the automation's id. */
  readonly automationStats?: readonly SingleSendStats[];
  readonly lists?: readonly MarketingList[];
  readonly groups?: readonly Omit<SuppressionGroup, 'members'>[];
  readonly suppressions?: Partial<Record<SuppressionKind, readonly Suppression[]>>;
}

export interface SendGridState {
  readonly contacts: Map<string, SendGridContact>;
  readonly singleSends: Map<string, SingleSend>;
  readonly stats: SingleSendStats[];
  readonly automationStats: SingleSendStats[];
  readonly lists: Map<string, MarketingList>;
  readonly groups: Map<number, SuppressionGroup>;
  /** Unsubscribes are the global suppressions. */
  readonly suppressions: Record<SuppressionKind, Suppression[]>;
  readonly jobs: SendGridJob[];
  /** Each time that a contact came to a list it was not on: an automation starts then. */
  readonly joined: { readonly contactId: string; readonly listId: string }[];
  readonly findContact: (email: string) => SendGridContact | undefined;
  readonly addJob: (contacts: readonly ContactInput[], listIds: readonly string[]) => SendGridJob;
  /** Does the jobs that wait, or the first `count` of them. */
  readonly runJobs: (count?: number) => void;
  readonly time: () => string;
  readonly seconds: () => number;
}

const identifiers = ['email', 'phone_number_id', 'external_id', 'anonymous_id'] as const;

export function sendGridState(seed: SendGridSeed, now: () => number): SendGridState {
  const contacts = new Map<string, SendGridContact>();
  const joined: SendGridState['joined'] = [];
  const time = () => new Date(now()).toISOString().replace(/\.\d+Z$/, 'Z');

  function upsert(given: ContactInput, listIds: readonly string[]): 'created' | 'updated' | 'errored' {
    if (!identifiers.some((name) => given[name])) return 'errored';
    const email = given.email?.toLowerCase();
    const identity = { ...given, email };
    const [found, ...others] = [...contacts.values()].filter((contact) =>
      identifiers.some((name) => contact[name] && contact[name] === identity[name]),
    );
    // Each identifier is of one contact, and all that a contact has must come along.
    const lacks = identifiers.some((name) => found?.[name] && found[name] !== identity[name]);
    if (others.length > 0 || lacks) return 'errored';
    const id = found?.id ?? randomUUID();
    const fresh = listIds.filter((listId) => !found?.list_ids.includes(listId));
    joined.push(...fresh.map((listId) => ({ contactId: id, listId })));
    contacts.set(id, {
      segment_ids: [],
      created_at: time(),
      ...found,
      ...given,
      ...(email && { email }),
      id,
      list_ids: [...new Set([...(found?.list_ids ?? []), ...listIds])],
      updated_at: time(),
    });
    return found ? 'updated' : 'created';
  }

  const state: SendGridState = {
    contacts,
    singleSends: new Map(
      seed.singleSends?.map((given) => {
        const id = given.id ?? randomUUID();
        const at = time();
        return [id, { status: 'draft', categories: [], created_at: at, updated_at: at, ...given, id }];
      }),
    ),
    stats: [...(seed.stats ?? [])],
    automationStats: [...(seed.automationStats ?? [])],
    lists: new Map(seed.lists?.map((list) => [list.id, list])),
    groups: new Map(seed.groups?.map((group) => [group.id, { ...group, members: new Set<string>() }])),
    suppressions: {
      bounces: [...(seed.suppressions?.bounces ?? [])],
      blocks: [...(seed.suppressions?.blocks ?? [])],
      invalid_emails: [...(seed.suppressions?.invalid_emails ?? [])],
      spam_reports: [...(seed.suppressions?.spam_reports ?? [])],
      unsubscribes: [...(seed.suppressions?.unsubscribes ?? [])],
    },
    jobs: [],
    joined,
    findContact: (email) => {
      const wanted = email.toLowerCase();
      return [...contacts.values()].find(
        (contact) =>
          contact.email === wanted ||
          contact.alternate_emails?.some((other) => other.toLowerCase() === wanted),
      );
    },
    addJob: (given, listIds) => {
      const requested_count = given.length;
      const job: SendGridJob = {
        id: randomUUID(),
        startedAt: time(),
        finishedAt: null,
        results: { requested_count, created_count: 0, updated_count: 0, errored_count: 0 },
        run: () => {
          const done = given.map((contact) => upsert(contact, listIds));
          const count = (outcome: string) => done.filter((each) => each === outcome).length;
          return {
            requested_count,
            created_count: count('created'),
            updated_count: count('updated'),
            errored_count: count('errored'),
          };
        },
      };
      state.jobs.push(job);
      return job;
    },
    runJobs: (count = Number.POSITIVE_INFINITY) => {
      const waiting = state.jobs.filter(({ finishedAt }) => finishedAt === null);
      for (const job of waiting.slice(0, count)) {
        job.results = job.run();
        job.finishedAt = time();
      }
    },
    time,
    seconds: () => Math.floor(now() / 1000),
  };
  for (const contact of seed.contacts ?? []) upsert(contact, []);
  return state;
}
