import { sharedFolder } from '../shared.ts';
import { type RateWindow, rateCounter, type Taken } from './rate-windows.ts';
import { sendGridAmendments } from './sendgrid-amendments.ts';
import { sendGridHandlers } from './sendgrid-handlers.ts';
import { sendGridDialect, sendGridProblem } from './sendgrid-problems.ts';
import { type SendGridSeed, type SendGridState, sendGridState } from './sendgrid-state.ts';
import { type OperationRequest, type SpecServer, startSpecServer } from './spec-server.ts';
import { nameOf, type Operation, readSpecification, type Specification } from './specification.ts';
import { deliver, sendGridKeys, sendGridWebhook } from './webhooks.ts';

/** The files that the double serves behind one origin. */
export const sendGridFiles = [
  'tsg_mc_contacts_v3.json',
  'tsg_mc_lists_v3.json',
  'tsg_mc_segments_2.0_v3.json',
  'tsg_mc_singlesends_v3.json',
  'tsg_mc_stats_v3.json',
  'tsg_suppressions_v3.json',
  'tsg_webhooks_v3.json',
  'tsg_mail_v3.json',
  'tsg_stats_v3.json',
  'tsg_email_activity_v3.json',
  'tsg_recipients_data_erasure_v3.json',
];

/** Where the specification lies, and whether it is missing; its tests are skipped then. */
export const sendGridSource = () => {
  const { folder, missing } = sharedFolder('vendor-apis', 'sendgrid');
  return { folder, missing, files: sendGridFiles, amendments: sendGridAmendments };
};

export interface SendGridOptions {
  readonly seed?: SendGridSeed;
  /** Keys that are taken as bearer tokens. */
  readonly apiKeys?: readonly string[];
  /** When an upsert's job changes the state: at once, or when a test calls `state.runJobs`. */
  readonly jobsRun?: 'at once' | 'when told';
  /** A window for each endpoint; without one there are no headers and no 429. */
  readonly rateLimit?: RateWindow;
  readonly now?: () => number;
}

export interface SendGridDouble extends SpecServer {
  readonly state: SendGridState;
  /** Changes the keys that are taken. */
  readonly takeKeys: (keys: readonly string[]) => void;
  /** The key that verifies its webhooks: base64 SPKI, as SendGrid gives it out. */
  readonly webhookKey: string;
  /** Signs the events as one batch, posts it, and gives the status of the answer. */
  readonly sendEvents: (url: string, events: readonly object[]) => Promise<number>;
}

let specification: Promise<Specification> | undefined;

/** SendGrid on loopback: judged by its specification, answered from a state that tests seed and read. */
export async function startSendGrid(options: SendGridOptions = {}): Promise<SendGridDouble> {
  const { seed = {}, jobsRun = 'at once', rateLimit, now = Date.now } = options;
  let keys = options.apiKeys ?? ['SG.test'];
  specification ??= readSpecification(sendGridSource());
  const state = sendGridState(seed, now);
  const webhookKeys = sendGridKeys();
  const count = rateCounter(now);
  const latest = new WeakMap<Operation, Taken>();
  const headers = ({ operation }: OperationRequest) => rateHeaders(latest.get(operation), now());

  const admit = (request: OperationRequest) => {
    const authorization = request.headers.authorization;
    const known = keys.some((key) => authorization === `Bearer ${key}`);
    if (authorization !== undefined && !known) {
      return sendGridProblem(401, 'The provided authorization grant is invalid, expired, or revoked');
    }
    const taken = rateLimit && count(nameOf(request.operation), [rateLimit]);
    if (taken === undefined) return undefined;
    latest.set(request.operation, taken);
    const refusal = sendGridProblem(429);
    return taken.allowed ? undefined : { ...refusal, headers: { ...refusal.headers, ...headers(request) } };
  };

  const server = await startSpecServer({
    specification: await specification,
    dialect: sendGridDialect,
    handlers: sendGridHandlers(state, jobsRun),
    admit,
    headers,
    now,
  });
  return {
    ...server,
    state,
    takeKeys: (taken) => {
      keys = taken;
    },
    webhookKey: webhookKeys.publicKey,
    sendEvents: (url, events) => deliver(url, sendGridWebhook(events, webhookKeys.privateKey, now())),
  };
}

/** On every answer, 429 included, which has no Retry-After. Reset is a time in seconds since 1970. */
function rateHeaders(taken: Taken | undefined, now: number): Record<string, string> {
  if (taken === undefined) return {};
  return {
    'x-ratelimit-limit': String(taken.window.limit),
    'x-ratelimit-remaining': String(taken.remaining),
    'x-ratelimit-reset': String(Math.ceil((now + taken.resetsInMs) / 1000)),
  };
}
