import { type Batches, mergeRows, openBatches } from '../batches.ts';
import {
  type Column,
  conversionColumns,
  type FactKind,
  type FactRow,
  timeOf,
  toColumns,
  touchColumns,
  visitColumns,
  visitCountColumns,
} from '../fact-columns.ts';
import { beforeAll } from '../intake.ts';
import { type Statement, statement } from '../statement.ts';
import type { Rows, WarehouseWrites, Written } from '../warehouse.ts';
import type { DuckdbClient } from './client.ts';
import { recentTouches, takeIn } from './take-in.ts';

/** Recent touches are let grow to twice what is needed of them, and so many more. */
const recentSlack = 20_000;

/** The writing half of the warehouse. Transactions run one after the other: they share the staging tables. */
export function duckdbWrites(client: DuckdbClient): WarehouseWrites {
  let last: Promise<unknown> = Promise.resolve();
  const alone = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };

  const watermarkOf = async (tenant: string): Promise<number | null> => {
    const [row] = await client.write([
      statement('select epoch_ms(as_of)::double as as_of from watermarks where tenant = $tenant', { tenant }),
    ]);
    return row ? Number(row.as_of) : null;
  };

  const merge = async (
    kind: FactKind,
    columns: readonly string[],
    tenant: string,
    observed: number,
  ): Promise<number> => {
    const asOf = await watermarkOf(tenant);
    const aggregated =
      asOf === null || kind === 'visit_counts' ? [] : takeIn({ of: 'batch', tenant, kind, asOf });
    const rows = await client.write([
      ...keepFresh(kind, columns, tenant, observed),
      ...aggregated,
      observeLate(kind, tenant, observed),
      { sql: `delete from staged_${kind}` },
      { sql: `select count(*)::double as inserted from fresh_${kind}` },
    ]);
    return Number(rows[0]?.inserted);
  };

  /** Stages batches until they are enough for one transaction, and merges them. */
  const mergeSome = async <Row extends FactRow>(
    kind: FactKind,
    columns: readonly Column<Row>[],
    batches: Batches<Row>,
    { tenant, observed }: { readonly tenant: string; readonly observed: number },
  ): Promise<Written> => {
    await client.write([{ sql: `delete from staged_${kind}` }]);
    // One batch is on its way while the next is made, never more.
    let staging = Promise.resolve();
    let staged = 0;
    do {
      const batch = batches.take();
      const cells = toColumns(kind, columns, batch);
      await staging;
      staging = client.stage(`staged_${kind}`, cells);
      // Rows that throw before it is awaited must not leave its failure unheard.
      staging.catch(() => {});
      staged += batch.length;
    } while (staged < mergeRows && (await batches.hasMore()));
    await staging;
    const names = columns.map(([name]) => name);
    const inserted = await merge(kind, names, tenant, observed);
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
        // Others may write between two transactions, and while nothing has come: an import of millions takes minutes.
        while (await batches.hasMore()) {
          const written = await alone(() => mergeSome(kind, columns, batches, of));
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
    setWatermark: (tenant, asOf, observedAt) =>
      alone(async () => {
        const next = timeOf(asOf, 'asOf');
        const before = await watermarkOf(tenant);
        if (before !== null && next <= before) return new Date(before).toISOString();
        await client.write([
          ...takeIn({ of: 'watermark', tenant, before: before ?? beforeAll, asOf: next }),
          ...moveWatermark(tenant, next, timeOf(observedAt, 'observedAt')),
        ]);
        await trimRecent(client);
        return new Date(next).toISOString();
      }),
  };
}

/** Moves the batch's rows that were not known into their table; they stay in `fresh_…` for the aggregates. */
function keepFresh(
  kind: FactKind,
  columns: readonly string[],
  tenant: string,
  observed: number,
): readonly Statement[] {
  const own = columns.filter((name) => name !== 'id' && name !== 'happened_at');
  return [
    `delete from fresh_${kind}`,
    `insert into fresh_${kind} by name
      select distinct on (id) $tenant as tenant, id, md5_number_lower(id) as id_key, ${own.join(', ')},
        epoch_ms(happened_at::bigint) as happened_at, epoch_ms($observed) as observed_at
      from staged_${kind} as staged
      where not exists (
        from (select id from ${kind} where tenant = $tenant
          and id_key in (select md5_number_lower(id) from staged_${kind})) as known
        where known.id = staged.id
      )`,
    `insert into ${kind} from fresh_${kind}`,
  ].map((sql) => statement(sql, { tenant, observed }));
}

/** Rows behind a watermark changed what is answered: that is of a newer observation now. */
function observeLate(kind: FactKind, tenant: string, observed: number): Statement {
  return statement(
    `update watermarks set observed_at = greatest(observed_at, epoch_ms($observed))
      where tenant = $tenant and exists (from fresh_${kind} where happened_at <= as_of)`,
    { tenant, observed },
  );
}

function moveWatermark(tenant: string, asOf: number, observed: number): readonly Statement[] {
  return [
    'delete from watermarks where tenant = $tenant',
    'insert into watermarks values ($tenant, epoch_ms($as_of), epoch_ms($observed))',
  ].map((sql) => statement(sql, { tenant, as_of: asOf, observed }));
}

/**
 * Every taken touch joins the recent ones; once they have doubled, all but the newest of each account go.
 * They are left in the order of accounts, so that a reader finds those of a few close together.
 */
async function trimRecent(client: DuckdbClient): Promise<void> {
  const [counts] = await client.write([
    {
      sql: `select (select count(*) from recent_touches)::double as present,
        coalesce((select max(row_count) from recent_touches_trimmed), 0)::double as trimmed`,
    },
  ]);
  if (Number(counts?.present) <= 2 * Number(counts?.trimmed) + recentSlack) return;
  await client.write([
    {
      sql: `create or replace table recent_touches as from recent_touches
        qualify row_number() over (partition by tenant, account_id order by happened_at desc, id desc)
          <= ${recentTouches}
        order by tenant, account_id, happened_at desc`,
    },
    { sql: 'delete from recent_touches_trimmed' },
    { sql: 'insert into recent_touches_trimmed select count(*) from recent_touches' },
  ]);
}
