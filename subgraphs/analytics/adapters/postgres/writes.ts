import { type Batches, mergeRows, openBatches } from '../batches.ts';
import {
  type Column,
  type Columns,
  conversionColumns,
  type FactKind,
  type FactRow,
  timeOf,
  toColumns,
  touchColumns,
  visitColumns,
  visitCountColumns,
} from '../fact-columns.ts';
import { beforeAll, kindsOf } from '../intake.ts';
import { statement } from '../statement.ts';
import type { Rows, WarehouseWrites, Written } from '../warehouse.ts';
import type { PostgresClient } from './client.ts';
import type { PostgresStatement } from './positional.ts';
import type { Run } from './session.ts';
import { passedBy, takeIn } from './take-in.ts';

/**
 * The writing half of the warehouse. Transactions of one tenant run one after the other, whatever process they are of:
 * each locks the tenant's row before it merges. Rows are staged before that, so that nobody waits for those to come.
 */
export function postgresWrites(client: PostgresClient): WarehouseWrites {
  /** Stages batches until they are enough for one transaction, and merges them. */
  const mergeSome = async <Row extends FactRow>(
    run: Run,
    kind: FactKind,
    columns: readonly Column<Row>[],
    batches: Batches<Row>,
    { tenant, observed }: { readonly tenant: string; readonly observed: number },
  ): Promise<Written> => {
    const names = columns.map(([name]) => name);
    let staged = 0;
    do {
      const batch = batches.take();
      await run(stage(kind, names, toColumns(kind, columns, batch)));
      staged += batch.length;
    } while (staged < mergeRows && (await batches.hasMore()));

    const asOf = await lockTenant(run, tenant);
    const [kept] = await run(keepFresh(kind, names, { tenant, observed, asOf: asOf ?? beforeAll }));
    if (asOf !== null && Number(kept?.late) > 0) {
      const merges = kind === 'visit_counts' ? [] : takeIn({ of: 'batch', tenant, kind, asOf }, [kind]);
      for (const next of [...merges, observeLate(tenant, observed)]) await run(next);
    }
    const inserted = Number(kept?.inserted);
    return { inserted, known: staged - inserted };
  };

  const writer =
    <Row extends FactRow>(kind: FactKind, columns: readonly Column<Row>[]) =>
    async (tenant: string, rows: Rows<Row>, observedAt: string): Promise<Written> => {
      const of = { tenant, observed: timeOf(observedAt, 'observedAt') };
      const batches = openBatches(rows);
      let inserted = 0;
      let known = 0;
      try {
        // No connection is held while nothing has come: an import of millions takes minutes.
        while (await batches.hasMore()) {
          const written = await client.transact((run) => mergeSome(run, kind, columns, batches, of));
          inserted += written.inserted;
          known += written.known;
        }
      } finally {
        await batches.close();
      }
      return { inserted, known };
    };

  return {
    writeTouches: writer('touches', touchColumns),
    writeVisits: writer('visits', visitColumns),
    writeVisitCounts: writer('visit_counts', visitCountColumns),
    writeConversions: writer('conversions', conversionColumns),
    setWatermark: async (tenant, asOf, observedAt) => {
      const next = timeOf(asOf, 'asOf');
      const observed = timeOf(observedAt, 'observedAt');
      const held = await client.transact(async (run) => {
        const before = await lockTenant(run, tenant);
        if (before !== null && next <= before) return before;
        const intake = { of: 'watermark', tenant, before: before ?? beforeAll, asOf: next } as const;
        const [passes] = await run(passedBy(intake));
        const kinds = kindsOf(intake).filter((kind) => passes?.[kind]);
        for (const each of takeIn(intake, kinds)) await run(each);
        await run(moveWatermark(tenant, next, observed));
        return next;
      });
      return new Date(held).toISOString();
    },
  };
}

/** A process that has gone without a word holds a tenant's lock no longer than this. */
const idleInTransactionMs = 60_000;

/** Waits for whoever else writes for the tenant, and answers its watermark; null before the first. */
async function lockTenant(run: Run, tenant: string): Promise<number | null> {
  // Where much was written since the server last counted, it takes a tenant's rows for a handful and would go through a
  // copy of them for each one that is merged; without such copies it finds them by their key, or hashes them once.
  await run({
    sql: `select set_config('idle_in_transaction_session_timeout', '${idleInTransactionMs}', true),
      set_config('enable_material', 'off', true)`,
  });
  await run(statement('insert into watermarks (tenant) values ($tenant) on conflict do nothing', { tenant }));
  const [row] = await run(
    statement('select epoch_ms(as_of) as as_of from watermarks where tenant = $tenant for update', {
      tenant,
    }),
  );
  const asOf = row?.as_of ?? null;
  return asOf === null ? null : Number(asOf);
}

/** Columns are lists of text to the driver, numbers too: what they are is said here. */
function stage(kind: FactKind, names: readonly string[], columns: Columns): PostgresStatement {
  const lists = columns.map(({ type }, place) =>
    type === 'text' ? `$list${place}::text[]` : `$list${place}::float8[]`,
  );
  const values = columns.map((column, place) => [`list${place}`, column.values] as const);
  return {
    sql: `insert into staged_${kind} (${names.join(', ')}) select * from unnest(${lists.join(', ')})`,
    values: Object.fromEntries(values),
  };
}

/**
 * Moves the staged rows that were not known into their table. Those behind the watermark stay in `fresh_…` too, for the
 * aggregates; most batches have none.
 */
function keepFresh(
  kind: FactKind,
  columns: readonly string[],
  { tenant, observed, asOf }: { readonly tenant: string; readonly observed: number; readonly asOf: number },
): PostgresStatement {
  const own = columns.filter((name) => name !== 'id' && name !== 'happened_at');
  const names = ['tenant', 'id', ...own, 'happened_at', 'observed_at'].join(', ');
  return statement(
    `with kept as (
      insert into ${kind} (${names})
        select $tenant, id, ${own.join(', ')}, epoch_ms(happened_at), epoch_ms($observed::float8)
        from staged_${kind}
        on conflict (tenant, id) do nothing
        returning ${names}
    ),
    late as (
      insert into fresh_${kind} (${names})
        select ${names} from kept where happened_at <= epoch_ms($as_of::float8) returning 1
    )
    select (select count(*) from kept)::float8 as inserted, (select count(*) from late)::float8 as late`,
    { tenant, observed, as_of: asOf },
  );
}

/** Rows behind a watermark changed what is answered: that is of a newer observation now. */
function observeLate(tenant: string, observed: number): PostgresStatement {
  return statement(
    `update watermarks set observed_at = greatest(observed_at, epoch_ms($observed::float8))
      where tenant = $tenant`,
    { tenant, observed },
  );
}

function moveWatermark(tenant: string, asOf: number, observed: number): PostgresStatement {
  return statement(
    `update watermarks set as_of = epoch_ms($as_of::float8), observed_at = epoch_ms($observed::float8)
      where tenant = $tenant`,
    { tenant, as_of: asOf, observed },
  );
}
