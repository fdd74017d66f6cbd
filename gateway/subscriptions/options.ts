import { checkWhole } from '#gateway/limits/operation-limits.ts';

/** Bounds of everything live. Durations in milliseconds. */
export interface LiveOptions {
  /** Subscriptions of everybody in this process, those being opened too. Default 50,000. */
  readonly subscriptions: number;
  /** Subscriptions of one user or machine in this process. Default 1,000. */
  readonly subscriptionsPerViewer: number;
  /** Bytes that may wait on a connection before a subscription is given no more. Default 1 MB. */
  readonly waitingBytes: number;
  /** Messages of one subscription that may wait before it is given no more. Default 256. */
  readonly waitingMessages: number;
  /** Events of one tenant that are kept in memory. Default 4,096. */
  readonly recentEvents: number;
  /** Their bytes, roughly. Default 8 MB. */
  readonly recentBytes: number;
  /** How long a tenant's events are followed when nobody listens any more. Default 5,000. */
  readonly lingerMs: number;
  /** Executions of one group at once. Default 16. */
  readonly groupExecutions: number;
  /** Executions of all groups at once. Default 128. */
  readonly executions: number;
  /** Events that may wait for one group before its readers read the log instead. Default 1,024. */
  readonly groupQueue: number;
  /** One execution, fetches included. Default 10,000. */
  readonly executionMs: number;
  /** How long a message is kept for those who come to it later. Default 3,000. */
  readonly keptMessagesMs: number;
  /** Characters of all messages that are kept. Default 8,000,000. */
  readonly keptCharacters: number;
  /** Over how long subscriptions move to a new supergraph. Default 5,000. */
  readonly replanMs: number;
  /** A question to the graph whom an event is for, tries included. Default 5,000. */
  readonly lookupMs: number;
  /** How long its answer is believed. Default 60,000. */
  readonly keptLookupsMs: number;
  /** Answers that are kept. Default 10,000. */
  readonly keptLookups: number;
  /** Readings of a tenant's log at once. Default 4. */
  readonly readings: number;
  /** A tenant without events has its place on the bus renewed so often, lest it be taken for forgotten. Default 60,000. */
  readonly quietMs: number;
}

export const defaultLiveOptions: LiveOptions = {
  subscriptions: 50_000,
  subscriptionsPerViewer: 1_000,
  waitingBytes: 1_048_576,
  waitingMessages: 256,
  recentEvents: 4_096,
  recentBytes: 8_388_608,
  lingerMs: 5_000,
  groupExecutions: 16,
  executions: 128,
  groupQueue: 1_024,
  executionMs: 10_000,
  keptMessagesMs: 3_000,
  keptCharacters: 8_000_000,
  replanMs: 5_000,
  lookupMs: 5_000,
  keptLookupsMs: 60_000,
  keptLookups: 10_000,
  readings: 4,
  quietMs: 60_000,
};

const most = 2_147_483_647;

/** @throws Error naming the value that is none and what is allowed. */
export function liveWithDefaults(given: Partial<LiveOptions> = {}): LiveOptions {
  const options = { ...defaultLiveOptions, ...given };
  for (const [name, value] of Object.entries(options)) {
    const least = name === 'replanMs' || name === 'lingerMs' ? 0 : 1;
    checkWhole(`live.${name}`, value, least, most);
  }
  return options;
}
