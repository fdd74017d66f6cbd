import { crc32 } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import type { EventEnvelope } from '../../envelope.ts';

/** What things are called on the server, all under one prefix. */
export interface Names {
  /** The stream of events: `<prefix>.events.<partition>.<tenant>.<type>`. */
  readonly events: string;
  /** The stream of what groups know: one record a subject, the last one counts. */
  readonly groups: string;
  readonly allEvents: string;
  readonly allRecords: string;
  readonly allMembers: string;
  /** What the events of a partition are filtered by. */
  readonly partition: (partition: number) => string;
  readonly partitionOf: (event: EventEnvelope) => string;
  readonly tenant: (tenant: string) => string;
  readonly event: (event: EventEnvelope) => string;
  readonly typeOf: (eventSubject: string) => string;
  /** How far a group has come in a partition, and who reads it: `<prefix>.groups.<group>.<partition>`. */
  readonly record: (group: string, partition: number) => string;
  /** That a process lives: `<prefix>.members.<id>`. */
  readonly member: (id: string) => string;
  readonly groupOf: (recordSubject: string) => { readonly group: string; readonly partition: number };
}

/** @param prefix letters, digits, `-` and `_` */
export function namesOf(prefix: string, partitions: number): Names {
  if (!/^[\w-]{1,40}$/.test(prefix)) {
    throw new TypeError(`"${prefix}" is no prefix of streams: 1 to 40 letters, digits, "-" and "_".`);
  }
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 1_024) {
    throw new RangeError(`There cannot be ${partitions} partitions; 1 to 1024 are possible.`);
  }
  const record = `${prefix}.groups.`;
  return {
    events: `${prefix}_events`,
    groups: `${prefix}_groups`,
    allEvents: `${prefix}.events.>`,
    allRecords: `${record}>`,
    allMembers: `${prefix}.members.*`,
    partition: (partition) => `${prefix}.events.${partition}.>`,
    partitionOf: ({ tenant, partitionkey }) =>
      `${prefix}.events.${partitionOf(tenant, partitionkey, partitions)}.>`,
    tenant: (tenant) => `${prefix}.events.*.${token(tenant)}.>`,
    event: ({ tenant, partitionkey, type }) =>
      `${prefix}.events.${partitionOf(tenant, partitionkey, partitions)}.${token(tenant)}.${type}`,
    typeOf: (subject) =>
      subject.slice(subject.indexOf('.', subject.indexOf('.', `${prefix}.events.`.length) + 1) + 1),
    record: (group, partition) => `${record}${group}.${partition}`,
    member: (id) => `${prefix}.members.${id}`,
    groupOf: (subject) => {
      const end = subject.lastIndexOf('.');
      return { group: subject.slice(record.length, end), partition: Number(subject.slice(end + 1)) };
    },
  };
}

/** The same for ever: events of a key lie in one partition because of it. */
function partitionOf(tenant: string, key: string, partitions: number): number {
  return crc32(`${tenant}\0${key}`) % partitions;
}

/** Tenants whose token is kept, so that it is not made for every event. */
const tokens = new LRUCache<string, string>({ max: 1_000 });

/** A tenant as part of a subject, which has no spaces and no dots. */
function token(tenant: string): string {
  const known = tokens.get(tenant);
  if (known !== undefined) return known;
  const made = Buffer.from(tenant).toString('base64url');
  tokens.set(tenant, made);
  return made;
}

/** The server's deduplication compares this; ids are unique within a tenant. */
export function messageId({ tenant, id }: Pick<EventEnvelope, 'tenant' | 'id'>): string {
  return `${id}.${token(tenant)}`;
}
