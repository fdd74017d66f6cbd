import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { maxEventBytes } from '../port.ts';
import type { Retention } from '../retention.ts';
import type { Names } from './names.ts';

/** The server forgets ids of messages after this time; older events are looked for before they are published. */
export const duplicateWindowMs = 120_000;
/** Room for headers beside the event. */
const headerBytes = 8_192;
/** https://github.com/nats-io/nats-server/blob/v2.9.10/server/errors.json */
const nameInUse = 10_058;

export interface StreamSettings {
  readonly names: Names;
  readonly partitions: number;
  readonly retention: Retention;
  readonly replicas: number;
}

/** Settings that contradict what lies on the server; waiting does not help. */
export class WrongSettings extends Error {
  override readonly name = 'WrongSettings';
}

/** Makes both streams where there are none and brings their settings up to date. Answers the stream of events. */
export async function makeStreams(jsm: JetStreamManager, settings: StreamSettings): Promise<StreamInfo> {
  const { names, partitions, retention, replicas } = settings;
  const shared = {
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    num_replicas: replicas,
  };
  await makeStream(jsm, {
    ...shared,
    name: names.groups,
    description: 'How far groups have come, and who reads for them',
    subjects: [names.allRecords, names.allMembers],
    max_msgs_per_subject: 1,
  });
  const description = `Events in ${partitions} partitions`;
  const events = await makeStream(jsm, {
    ...shared,
    name: names.events,
    description,
    subjects: [names.allEvents],
    max_age: nanos(retention.maxAgeMs),
    max_bytes: retention.maxBytes,
    max_msg_size: maxEventBytes + headerBytes,
    duplicate_window: nanos(Math.min(duplicateWindowMs, retention.maxAgeMs)),
  });
  if (events.config.description === description) return events;
  throw new WrongSettings(
    `The stream ${names.events} has "${events.config.description}", and ${partitions} are set. The number cannot be changed: it decides which events are in order. Set it back, or use another prefix.`,
  );
}

async function makeStream(
  jsm: JetStreamManager,
  wanted: Partial<StreamConfig> & { readonly name: string },
): Promise<StreamInfo> {
  const found = (await find(jsm, wanted.name)) ?? (await add(jsm, wanted)) ?? (await find(jsm, wanted.name));
  if (found === null) throw new Error(`The stream ${wanted.name} was deleted while it was made.`);
  const { description: _, ...changeable } = wanted;
  const isCurrent = Object.entries(changeable).every(
    ([name, value]) => JSON.stringify(found.config[name as keyof StreamConfig]) === JSON.stringify(value),
  );
  return isCurrent ? found : jsm.streams.update(wanted.name, changeable);
}

async function find(jsm: JetStreamManager, name: string): Promise<StreamInfo | null> {
  return jsm.streams.info(name).catch(unless(JetStreamApiCodes.StreamNotFound));
}

/** Null where another process was first. */
async function add(
  jsm: JetStreamManager,
  wanted: Partial<StreamConfig> & { readonly name: string },
): Promise<StreamInfo | null> {
  return jsm.streams.add(wanted).catch(unless(nameInUse));
}

function unless(code: number): (error: unknown) => null {
  return (error) => {
    if (error instanceof JetStreamApiError && error.code === code) return null;
    throw error;
  };
}
