import { z } from 'zod';
import type { Store } from '#chassis/store/store.ts';
import { listDecisions } from '#chassis/vendor/pushes/decisions.ts';
import type { PushTables } from '#chassis/vendor/pushes/tables.ts';
import type { Bus, Delivery, ReadRange } from '#events/bus/port.ts';
import type { DeadLetter } from '#events/dead-letter.ts';
import { outboxStatus } from '#events/outbox.ts';
import { registry } from '#events/registry.ts';
import { replay } from '#events/replay.ts';
import type { OpenConsumer } from '#events/start-consumer.ts';
import { type Work, type WorkHooks, work } from './control.ts';
import type { EventPath } from './event-path.ts';
import type { PartName } from './parts.ts';
import { isWebhookOperation, operateOnWebhooks, webhookShapes } from './webhook-operations.ts';

/** The subgraphs that bring changes to vendors. */
export const pushingParts = ['crm', 'email'] as const satisfies readonly PartName[];

const tenant = z.string().min(1);
const types = z.array(z.string()).optional();
/** A time (RFC 3339), a cursor, or an event's id, whichever it is. */
const place = z.string().min(1);

/** What an operator asks of the event path, as a command describes it to the process that runs it. */
export const operationShape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tail'), tenant, types, from: place.optional(), follow: z.boolean() }),
  z.object({ kind: z.literal('show'), tenant, id: z.string() }),
  z.object({
    kind: z.literal('replay'),
    tenant,
    consumer: z.string(),
    from: place.optional(),
    to: z.string().optional(),
    types,
    again: z.boolean(),
    dryRun: z.boolean(),
  }),
  z.object({
    kind: z.literal('dead-letters'),
    tenant,
    consumer: z.string().optional(),
    limit: z.int().min(1),
  }),
  z.object({ kind: z.literal('dead-letter'), tenant, consumer: z.string(), id: z.string() }),
  z.object({ kind: z.literal('retry'), tenant, consumer: z.string(), ids: z.array(z.string()).optional() }),
  z.object({ kind: z.literal('discard'), tenant, consumer: z.string(), ids: z.array(z.string()) }),
  z.object({ kind: z.literal('outbox') }),
  ...webhookShapes,
  z.object({
    kind: z.literal('decisions'),
    tenant,
    part: z.enum(pushingParts),
    entity: z.string().optional(),
    limit: z.int().min(1),
  }),
]);

export type Operation = z.infer<typeof operationShape>;

/** Operations for whoever asks the process that runs the event path: some follow it for as long as they like. */
export function operationsOf(path: EventPath): Work {
  return work({
    name: 'operations',
    atOnce: 32,
    busy: 'As many commands look at the events as may at once; end one of them.',
    shape: operationShape,
    run: (operation, hooks) => operate(path, operation, hooks),
  });
}

/** Does what an operator asks and answers what is left to say. Throws an Error that names what is wrong and the remedy. */
export async function operate(path: EventPath, operation: Operation, hooks: WorkHooks): Promise<unknown> {
  if (isWebhookOperation(operation)) return operateOnWebhooks(path.webhooks, operation, hooks);
  switch (operation.kind) {
    case 'tail':
      return tail(path.bus, operation, hooks);
    case 'show':
      return show(path.bus, operation);
    case 'replay':
      return replayRange(path, operation, hooks);
    case 'dead-letters':
      return deadLetters(path, operation, hooks);
    case 'dead-letter': {
      const letter = await consumerOf(path, operation.consumer).deadLetters.find(
        operation.tenant,
        operation.id,
      );
      return letter ?? missing(operation.consumer, operation.id);
    }
    case 'retry':
      return retry(path, operation, hooks);
    case 'discard': {
      const { deadLetters } = consumerOf(path, operation.consumer);
      let discarded = 0;
      for (const id of operation.ids) discarded += (await deadLetters.discard(operation.tenant, id)) ? 1 : 0;
      return { discarded, unknown: operation.ids.length - discarded };
    }
    case 'outbox':
      return Object.fromEntries(
        await Promise.all(
          [...path.stores].map(async ([name, store]) => [name, await outboxStatus(store)] as const),
        ),
      );
    case 'decisions':
      return decisions(path, operation, hooks);
  }
}

type Of<Kind extends Operation['kind']> = Extract<Operation, { kind: Kind }>;

async function tail(bus: Bus, { tenant, types, from, follow }: Of<'tail'>, { onItem, signal }: WorkHooks) {
  const begin = from === undefined ? { cursor: await bus.now(tenant) } : await startOf(bus, tenant, from);
  const range = { tenant, from: begin, ...typed(types) };
  const deliveries: AsyncIterable<Delivery> = follow ? bus.follow(range, signal) : bus.read(range, signal);
  let events = 0;
  for await (const delivery of deliveries) {
    if (delivery.kind === 'event') events += 1;
    await onItem(delivery);
  }
  return { events };
}

async function show(bus: Bus, { tenant, id }: Of<'show'>): Promise<unknown> {
  const behind = await bus.locate(tenant, id);
  if (behind === null)
    throw new Error(`The bus has no event "${id}" of the tenant "${tenant}"; it may be too old.`);
  // The cursor is behind the event: it is looked for from the time that its id holds.
  const from = { time: new Date(timeOfId(id) - 1).toISOString() };
  for await (const delivery of bus.read({ tenant, from })) {
    if (delivery.kind === 'event' && delivery.event.id === id) return delivery;
  }
  throw new Error(`The event "${id}" went away while it was read.`);
}

/** The milliseconds since 1970 in the first 48 bits of a UUIDv7 (RFC 9562, 5.7). */
function timeOfId(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

async function replayRange(path: EventPath, operation: Of<'replay'>, hooks: WorkHooks): Promise<unknown> {
  const { tenant, from, to, types, again, dryRun } = operation;
  const { bus } = path;
  const begin = from === undefined ? 'oldest' : await startOf(bus, tenant, from);
  const range: ReadRange = { tenant, from: begin, ...(to === undefined ? {} : { to }), ...typed(types) };
  return replay({
    bus,
    consumer: consumerOf(path, operation.consumer),
    range,
    again,
    dryRun,
    signal: hooks.signal,
    onProgress: ({ read, time }) =>
      hooks.onProgress({ step: `events up to ${time ?? 'now'}`, done: read, total: read }),
  });
}

async function deadLetters(
  { consumers }: EventPath,
  { tenant, consumer, limit }: Of<'dead-letters'>,
  { onItem }: WorkHooks,
): Promise<unknown> {
  const chosen = [...consumers.values()].filter(({ name }) => consumer === undefined || name === consumer);
  let listed = 0;
  for (const each of chosen) {
    for await (const letter of lettersOf(each, tenant, limit - listed)) {
      await onItem(letter);
      listed += 1;
    }
  }
  return { listed };
}

const page = 100;

async function* lettersOf(
  { deadLetters }: OpenConsumer,
  tenant: string,
  most: number,
): AsyncGenerator<DeadLetter> {
  let after = 0;
  for (let left = most; left > 0; left -= page) {
    const letters = await deadLetters.list({ tenant, after, limit: Math.min(left, page) });
    yield* letters;
    if (letters.length < page) return;
    after = letters.at(-1)?.position ?? after;
  }
}

async function decisions(
  { stores }: EventPath,
  { tenant, part, entity: id, limit }: Of<'decisions'>,
  { onItem }: WorkHooks,
): Promise<unknown> {
  // Each of these parts has the tables of pushes among its own.
  const store = stores.get(part) as unknown as Store<PushTables> | undefined;
  if (store === undefined) throw new Error(`The ${part} subgraph does not run here.`);
  const found = await listDecisions(store.db, { tenant, limit, ...(id === undefined ? {} : { id }) });
  for (const decision of found) await onItem(decision);
  return { listed: found.length };
}

async function retry(
  path: EventPath,
  { tenant, consumer: name, ids }: Of<'retry'>,
  { onItem, signal }: WorkHooks,
) {
  const consumer = consumerOf(path, name);
  const wanted = ids ?? (await idsOf(consumer, tenant));
  const counts = { handled: 0, failed: 0, unknown: 0 };
  for (const id of wanted) {
    signal.throwIfAborted();
    const outcome = await consumer.deadLetters.retry(tenant, id, signal);
    if (outcome.kind === 'handled') counts.handled += 1;
    else if (outcome.kind === 'none') counts.unknown += 1;
    else {
      counts.failed += 1;
      await onItem({
        id,
        error: outcome.error instanceof Error ? outcome.error.message : String(outcome.error),
      });
    }
  }
  return counts;
}

async function idsOf(consumer: OpenConsumer, tenant: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { event } of lettersOf(consumer, tenant, Number.MAX_SAFE_INTEGER)) ids.push(event.id);
  return ids;
}

function consumerOf({ consumers }: EventPath, name: string): OpenConsumer {
  const consumer = consumers.get(name);
  if (consumer) return consumer;
  throw new Error(
    `There is no consumer "${name}" here; there are ${[...consumers.keys()].join(', ') || 'none'}.`,
  );
}

function missing(consumer: string, id: string): never {
  throw new Error(`${consumer} has no dead letter of the event "${id}".`);
}

async function startOf(
  bus: Bus,
  tenant: string,
  from: string,
): Promise<Exclude<ReadRange['from'], 'oldest'>> {
  if (!Number.isNaN(Date.parse(from))) return { time: new Date(from).toISOString() };
  return { cursor: (await bus.locate(tenant, from)) ?? from };
}

/** Types by their whole name, by that of the event with its version, or by that of the event, which is all of its versions. */
function typed(names: readonly string[] | undefined): { readonly types?: readonly string[] } {
  if (names === undefined || names.length === 0) return {};
  return {
    types: names.flatMap((name) => {
      const found = [...registry.values()].filter(
        (event) => event.type === name || event.name === name || `${event.name}.v${event.version}` === name,
      );
      if (found.length > 0) return found.map(({ type }) => type);
      const known = [...registry.values()].map((event) => `${event.name}.v${event.version}`);
      throw new Error(`There is no event "${name}"; there are ${known.join(', ')}.`);
    }),
  };
}
