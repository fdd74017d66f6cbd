import { randomUUID } from 'node:crypto';
import { sharedFolder } from '../shared.ts';
import { klaviyoAmendments } from './klaviyo-amendments.ts';
import { klaviyoCollections } from './klaviyo-collections.ts';
import { klaviyoDialect, klaviyoProblem } from './klaviyo-problems.ts';
import { klaviyoReports } from './klaviyo-reports.ts';
import { type KlaviyoSeed, type KlaviyoState, klaviyoState } from './klaviyo-state.ts';
import { klaviyoWrites } from './klaviyo-writes.ts';
import { type RateWindow, rateCounter, type Taken } from './rate-windows.ts';
import { type OperationRequest, type SpecServer, startSpecServer } from './spec-server.ts';
import { nameOf, type Operation, readSpecification, type Specification } from './specification.ts';
import { deliver, type KlaviyoWebhookEvent, klaviyoWebhook } from './webhooks.ts';

/** The files that the double serves behind one origin. */
export const klaviyoFiles = [
  'profiles.json',
  'events.json',
  'lists.json',
  'campaigns.json',
  'flows.json',
  'metrics.json',
  'reporting.json',
  'webhooks.json',
];

/** Where the specification lies, and whether it is missing; its tests are skipped then. */
export const klaviyoSource = () => {
  const { folder, missing } = sharedFolder('vendor-apis', 'klaviyo');
  return { folder, missing, files: klaviyoFiles, amendments: klaviyoAmendments };
};

/** The revision that the files describe. */
export const klaviyoRevision = '2026-07-15';

export interface KlaviyoOptions {
  readonly seed?: KlaviyoSeed;
  /** Private keys that are taken. */
  readonly apiKeys?: readonly string[];
  /** When bulk jobs change the state: at once, or when a test calls `state.runJobs`. */
  readonly jobsRun?: 'at once' | 'when told';
  /** An event with a unique_id that was there before: 202 and not recorded, or 409. */
  readonly repeatedEvents?: 'taken' | 'refused';
  /** Off, as the specification's descriptions say for each endpoint, or these windows for all. */
  readonly rateLimits?: 'off' | 'documented' | readonly RateWindow[];
  readonly now?: () => number;
}

export interface KlaviyoDouble extends SpecServer {
  readonly state: KlaviyoState;
  /** Changes the private keys that are taken. */
  readonly takeKeys: (keys: readonly string[]) => void;
  /** The secret that its webhooks are signed with. */
  readonly webhookSecret: string;
  /** Signs the events as one webhook, posts it, and gives the status of the answer. */
  readonly sendEvents: (url: string, events: readonly KlaviyoWebhookEvent[]) => Promise<number>;
}

let specification: Promise<Specification> | undefined;

/** Klaviyo on loopback: judged by its specification, answered from a state that tests seed and read. */
export async function startKlaviyo(options: KlaviyoOptions = {}): Promise<KlaviyoDouble> {
  const { seed = {}, jobsRun = 'at once', rateLimits = 'off', now = Date.now } = options;
  let keys = options.apiKeys ?? ['pk_test'];
  specification ??= readSpecification(klaviyoSource());
  const state = klaviyoState(seed, now);
  const webhookSecret = randomUUID();
  const count = rateCounter(now);
  const latest = new WeakMap<Operation, Taken>();

  const admit = (request: OperationRequest) => {
    const authorization = request.headers.authorization;
    const known = keys.some((key) => authorization === `Klaviyo-API-Key ${key}`);
    if (authorization !== undefined && !known) {
      return klaviyoProblem(401, 'Incorrect authentication credentials.');
    }
    const windows = windowsOf(request.operation, rateLimits);
    const taken = windows.length > 0 ? count(nameOf(request.operation), windows) : undefined;
    if (taken === undefined) return undefined;
    latest.set(request.operation, taken);
    if (taken.allowed) return undefined;
    const seconds = Math.max(1, Math.ceil(taken.resetsInMs / 1000));
    const refusal = klaviyoProblem(429, `Request was throttled. Expected available in ${seconds} seconds.`);
    return { ...refusal, headers: { ...refusal.headers, 'retry-after': String(seconds) } };
  };

  const server = await startSpecServer({
    specification: await specification,
    dialect: klaviyoDialect,
    handlers: {
      ...klaviyoCollections(state),
      ...klaviyoWrites(state, jobsRun, options.repeatedEvents ?? 'taken'),
      ...klaviyoReports(state, now),
    },
    admit,
    headers: ({ operation }) => rateHeaders(latest.get(operation)),
    now,
  });
  return {
    ...server,
    state,
    takeKeys: (taken) => {
      keys = taken;
    },
    webhookSecret,
    sendEvents: (url, events) =>
      deliver(url, klaviyoWebhook(events, { id: '01WEBHOOK', secret: webhookSecret, now: now() })),
  };
}

/** These stand on answers other than 429, which has Retry-After. Reset is in seconds. */
function rateHeaders(taken: Taken | undefined): Record<string, string> {
  if (taken === undefined) return {};
  return {
    'ratelimit-limit': String(taken.window.limit),
    'ratelimit-remaining': String(taken.remaining),
    'ratelimit-reset': String(Math.max(0, Math.ceil(taken.resetsInMs / 1000))),
  };
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, d: 86_400_000 };

/** The descriptions name windows as "Burst: `75/s`". The first of a name holds without additional fields. */
function windowsOf(
  operation: Operation,
  limits: NonNullable<KlaviyoOptions['rateLimits']>,
): readonly RateWindow[] {
  if (limits === 'off') return [];
  if (limits !== 'documented') return limits;
  const found = [...(operation.description ?? '').matchAll(/(Burst|Steady|Daily): `(\d+)\/([smd])`/g)];
  const windows = found.map(([, name = '', limit, unit = '']) => ({
    name: name.toLowerCase(),
    limit: Number(limit),
    windowMs: units[unit] ?? 0,
  }));
  return windows.filter(({ name }, index) => windows.findIndex((each) => each.name === name) === index);
}
