import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { RequestContext } from '#chassis/context.ts';
import { type MutationTables, mutate, type Receipt } from '#chassis/mutation.ts';
import { openStaleness } from '#chassis/staleness.ts';
import { changeRow, lockRow } from '#chassis/store/change.ts';
import { entityTable } from '#chassis/store/columns.ts';
import { createIdempotency } from '#chassis/store/idempotency.ts';
import type { Migrations } from '#chassis/store/migrate.ts';
import { openStore, type Store, type StoreLocation } from '#chassis/store/store.ts';
import { type RowMeta, upsertRows } from '#chassis/store/upsert.ts';
import { defineEvent } from '#events/define-event.ts';
import { type EventEnvelope, makeEvent } from '#events/envelope.ts';
import { createOutbox } from '#events/outbox.ts';
import { collectLog } from './log.ts';

/** The smallest owner of an entity that a test of the event path needs: accounts with a sum, posted to one by one. */
export interface LedgerTables extends MutationTables {
  accounts: AccountRow;
}

export type LedgerStore = Store<LedgerTables>;

interface AccountRow extends RowMeta {
  readonly id: string;
  readonly balance: number;
}

export const amountPostedV1 = defineEvent({
  name: 'AmountPosted',
  version: 1,
  owner: 'ledger',
  entity: 'Account',
  description: 'An amount was added to an account.',
  orderedBy: 'subject',
  routing: [],
  fields: { amount: z.int(), balance: z.int() },
  example: { amount: 5, balance: 12 },
});

const migrations: Migrations = {
  '001_ledger': async (target) => {
    await entityTable(target, 'accounts')
      .addColumn('balance', 'integer', (column) => column.notNull())
      .execute();
    await createOutbox(target);
    await createIdempotency(target);
  },
};

/** @param accounts are made, with nothing on them: by one process, once */
export async function openLedger(
  location: StoreLocation,
  accounts: readonly string[] = [],
): Promise<Store<LedgerTables>> {
  const store = await openStore<LedgerTables>({ name: 'ledger', location, migrations });
  await store.transaction((trx) =>
    upsertRows(
      trx,
      accounts.map((id) => ({ id, balance: 0 })),
      { table: 'accounts', tenant: 'default', observedAt: new Date().toISOString() },
    ),
  );
  return store;
}

const { logger } = collectLog();

const context: RequestContext = {
  viewer: { kind: 'machine', id: 'ledger', roles: [], scopes: [], tenant: 'default' },
  tenant: 'default',
  requestId: randomUUID(),
  traceparent: undefined,
  log: logger,
  signal: new AbortController().signal,
  staleness: openStaleness(),
};

export interface Posting {
  readonly account: string;
  readonly amount: number;
  readonly idempotencyKey?: string;
}

/** Puts an event somewhere before the transaction commits: what must not be done, for tests that show why. */
export type Premature = (event: EventEnvelope) => Promise<unknown>;

/** Posts an amount through `mutate`, as a subgraph's mutation would. */
export function post(
  store: Store<LedgerTables>,
  { account: id, amount, idempotencyKey = randomUUID() }: Posting,
  premature?: Premature,
): Promise<Receipt> {
  const request = { name: 'post', idempotencyKey, input: { id, amount } };
  return mutate({ ...context, store }, request, async (trx, cause) => {
    const address = { table: 'accounts', tenant: 'default', id, typename: 'Account' } as const;
    const row = await lockRow(trx, store.engine, address);
    const { version, balance } = await changeRow(trx, address, row, { balance: row.balance + amount });
    const event = makeEvent(
      amountPostedV1,
      { subject: id, entityVersion: version, routing: {}, data: { amount, balance } },
      cause,
    );
    await premature?.(event);
    return { kind: 'changed', subject: id, events: premature ? [] : [event] };
  });
}
