import { createHash } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Cause, EventEnvelope } from '#events/envelope.ts';
import { append, type OutboxTables } from '#events/outbox.ts';
import type { RequestContext, Viewer } from './context.ts';
import { clientError } from './errors.ts';
import {
  claimKey,
  hashOf,
  type IdempotencyTables,
  keyIsUsed,
  recordResult,
  releaseKey,
} from './store/idempotency.ts';
import type { Store } from './store/store.ts';

/** What a store needs beside its own tables so that mutations can write into it. */
export type MutationTables = OutboxTables & IdempotencyTables;

export interface MutationRequest {
  /** Of the mutation's field. */
  readonly name: string;
  /** Chosen by the client, one for each thing that it wants done once. */
  readonly idempotencyKey: string;
  /** All that the client asked for beside the key. */
  readonly input: object;
}

/** What a mutation did, within its transaction. */
export type Done =
  | { readonly kind: 'changed'; readonly subject: string; readonly events: readonly EventEnvelope<object>[] }
  /** Nothing was changed, for a reason that the events tell: the key stays free for another try. */
  | { readonly kind: 'refused'; readonly subject: string; readonly events: readonly EventEnvelope<object>[] };

/** What a client gets to know of an event: enough to wait for it, or to find it. */
export interface EventReceipt {
  readonly id: string;
  readonly type: string;
}

export interface Receipt {
  readonly kind: Done['kind'];
  /** The id of the entity that was changed, or was not. */
  readonly subject: string;
  readonly events: readonly EventReceipt[];
  /** The same was done before, under the same key: nothing was done now. */
  readonly replayed: boolean;
}

/** Letters, digits and signs that appear in ids: no `@` and no space, since events carry the key and no address. */
const keyPattern = /^[A-Za-z0-9_.:-]{1,128}$/;

/**
 * Does something once. In one transaction: the rows, their events in the outbox, and the client's key; all of it or
 * nothing. Under a key that was used for the same before, nothing is done and the first receipt is answered; a try
 * under way at the same time is waited for.
 *
 * Throws `INVALID_ARGUMENT` for a malformed key, `IDEMPOTENCY_CONFLICT` for a key that was used for something else, and
 * what `work` throws, after which the key is free.
 */
export async function mutate<Tables extends MutationTables>(
  context: RequestContext & { readonly store: Store<Tables> },
  request: MutationRequest,
  work: (trx: Transaction<Tables>, cause: Cause) => Promise<Done>,
): Promise<Receipt> {
  const { name, idempotencyKey: key, input } = request;
  assertKey(key);
  const cause = causeOf(context, key);
  const use = { tenant: context.tenant, actor: cause.actor, key, inputHash: hashOf(name, input) };
  const receipt = await context.store.briefly(async (trx): Promise<Receipt> => {
    const claim = await claimKey(trx, use);
    if (claim.kind === 'again') {
      if (claim.inputHash === use.inputHash)
        return { ...(JSON.parse(claim.result) as Receipt), replayed: true };
      throw clientError(
        'IDEMPOTENCY_CONFLICT',
        `idempotencyKey "${key}" was used before with another mutation or other input: repeat that, or choose a new key.`,
        { idempotencyKey: key },
      );
    }
    const { kind, subject, events } = await work(trx, cause);
    await append(trx, events);
    const first: Receipt = {
      kind,
      subject,
      events: events.map(({ id, type }) => ({ id, type })),
      replayed: false,
    };
    if (kind === 'changed') await recordResult(trx, use, JSON.stringify(first));
    else await releaseKey(trx, use);
    return first;
  });
  // What a client was told is done stays done, also where the machine loses power.
  await context.store.durable();
  return receipt;
}

/**
 * Whether something was done under a key, so that `mutate` would answer without doing it: for what must be asked of
 * others before the transaction. Throws `INVALID_ARGUMENT` for a malformed key.
 */
export async function isDone<Tables extends MutationTables>(
  context: RequestContext & { readonly store: Store<Tables> },
  key: string,
): Promise<boolean> {
  assertKey(key);
  return keyIsUsed(context.store.db, { tenant: context.tenant, actor: actorOf(context.viewer), key });
}

function assertKey(key: string): void {
  if (keyPattern.test(key)) return;
  throw clientError(
    'INVALID_ARGUMENT',
    `idempotencyKey "${key.slice(0, 128)}" must be 1 to 128 letters, digits, "_", ".", ":" or "-", such as a UUID.`,
    { field: 'idempotencyKey', value: key.slice(0, 128) },
  );
}

/** Why a mutation's changes are made. */
export function causeOf(
  { tenant, viewer, requestId, traceparent }: RequestContext,
  idempotencyKey: string,
): Cause {
  return {
    tenant,
    actor: actorOf(viewer),
    origin: 'mutation',
    correlationId: opaque(requestId),
    ...(traceparent === undefined ? {} : { traceparent }),
    idempotencyKey,
  };
}

/** Request ids may be chosen by clients and hold an address; an event goes further than a request, and holds none. */
function opaque(requestId: string): string {
  return keyPattern.test(requestId) ? requestId : createHash('sha256').update(requestId).digest('base64url');
}

function actorOf({ kind, id }: Viewer): string {
  return kind === 'user' || kind === 'machine' ? `${kind}:${id}` : kind;
}
