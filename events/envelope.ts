import { CloudEvent } from 'cloudevents';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';

/**
 * Ids of what an event is about beside its subject, as far as its owner knows them. Readers filter by them and load
 * what stands behind them; the names are attributes of the envelope, which CloudEvents wants in lower case.
 */
export const routingKeys = [
  'leadid',
  'contactid',
  'accountid',
  'opportunityid',
  'campaignid',
  'ownerid',
  'previousownerid',
] as const;

export type RoutingKey = (typeof routingKeys)[number];
export type Routing = { readonly [Key in RoutingKey]?: string };

/** What made a change: somebody's mutation, the reaction to another event, or rows read from elsewhere. */
export const origins = ['mutation', 'consumer', 'import', 'seed', 'vendor'] as const;
export type Origin = (typeof origins)[number];

/** Why a change was made, and by whom; the same for all events of one request. */
export interface Cause {
  readonly tenant: string;
  /** `user:usr_7`, `machine:billing`, `local`, `anonymous`, `consumer:suppression`, `vendor:hubspot`: opaque, never a name. */
  readonly actor: string;
  readonly origin: Origin;
  /** The request that all follows from; its id, or that of the event that began it. */
  readonly correlationId: string;
  /** The event that this one follows from. */
  readonly causationId?: string;
  /** W3C Trace Context of the request. */
  readonly traceparent?: string;
  readonly idempotencyKey?: string;
}

/** What happened to an entity. */
export interface Change<Data> {
  /** The entity's opaque id. */
  readonly subject: string;
  /** The entity's version after the change; from 1. */
  readonly entityVersion: number;
  readonly routing: Routing;
  readonly data: Data;
  /** When it happened, RFC 3339; by default now. */
  readonly time?: string;
}

const text = z.string().min(1);

/**
 * An event as it travels: CloudEvents 1.0 in structured mode, with attributes of our own. It holds keys and no
 * personal data: whoever needs a name asks the graph.
 */
export const envelopeShape = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid({ version: 'v7' }),
  /** `/subgraphs/<name>` */
  source: text,
  /** `tributary.<subgraph>.<Event>.v<N>` */
  type: z.string().regex(/^tributary\.[a-z]+\.[A-Z][A-Za-z]+\.v[1-9]\d*$/),
  subject: text,
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  tenant: text,
  /** Events of one tenant and key are delivered in the order of their entity's versions (CloudEvents Partitioning). */
  partitionkey: text,
  entityversion: z.int().min(1),
  origin: z.enum(origins),
  actor: text,
  correlationid: text,
  causationid: text.optional(),
  traceparent: text.optional(),
  idempotencykey: text.optional(),
  ...(Object.fromEntries(routingKeys.map((key) => [key, text.optional()])) as {
    [Key in RoutingKey]: z.ZodOptional<z.ZodString>;
  }),
  data: z.record(z.string(), z.unknown()),
});

export type EventEnvelope<Data = Readonly<Record<string, unknown>>> = Readonly<
  Omit<z.infer<typeof envelopeShape>, 'data'>
> & { readonly data: Data };

/**
 * Makes the event of a change: a new id (UUIDv7, so that ids sort by time), checked against its schema and against
 * CloudEvents. Throws a ZodError or a ValidationError where the change is not what the definition says: a defect of
 * the caller, never of a client.
 */
export function makeEvent<Data extends object>(
  definition: EventDefinition<Data>,
  change: Change<Data>,
  cause: Cause,
): EventEnvelope<Data> {
  const { subject, entityVersion, routing, time = new Date().toISOString() } = change;
  const ordering = definition.orderedBy === 'subject' ? subject : routing[definition.orderedBy];
  if (ordering === undefined) {
    throw new TypeError(`${definition.type} is ordered by ${definition.orderedBy}, which the change lacks.`);
  }
  const event = new CloudEvent<unknown>({
    id: uuidv7(),
    source: `/subgraphs/${definition.owner}`,
    type: definition.type,
    subject,
    time,
    datacontenttype: 'application/json',
    tenant: cause.tenant,
    partitionkey: ordering,
    entityversion: entityVersion,
    origin: cause.origin,
    actor: cause.actor,
    correlationid: cause.correlationId,
    ...given('causationid', cause.causationId),
    ...given('traceparent', cause.traceparent),
    ...given('idempotencykey', cause.idempotencyKey),
    ...routing,
    data: definition.data.parse(change.data),
  });
  return event.toJSON() as unknown as EventEnvelope<Data>;
}

/** Reads an event that came from outside this process. Throws an Error that says what is wrong with it. */
export function parseEnvelope(json: string): EventEnvelope {
  const read = envelopeShape.safeParse(JSON.parse(json));
  if (read.success) return read.data;
  throw new Error(`This is no event of ours: ${z.prettifyError(read.error)}`);
}

function given(name: string, value: string | undefined): object {
  return value === undefined ? {} : { [name]: value };
}
