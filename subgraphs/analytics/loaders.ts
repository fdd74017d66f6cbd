import type DataLoader from 'dataloader';
import type { RequestContext } from '#chassis/context.ts';
import { loadersByArguments, loadFrom } from '#chassis/loaders.ts';
import type { Page } from '#chassis/store/page.ts';
import type { Store } from '#chassis/store/store.ts';
import type { UsageWindow } from './__generated__/resolvers.ts';
import {
  type DailyUsage,
  type LeadBehaviour,
  maxIds,
  type Path,
  type Touch,
  type TouchPageRequest,
  type Usage,
  type VisitCount,
  type Warehouse,
} from './adapters/warehouse.ts';
import { scoredDays } from './measures/score.ts';
import type { Tables } from './store/tables.ts';

/** What a resolver of analytics gets. */
export interface Context extends RequestContext {
  readonly warehouse: Warehouse;
  /** Where mutations write; the warehouse follows. */
  readonly store: Store<Tables>;
  readonly loaders: Loaders;
}

/** All answer null before the tenant's first watermark. */
export interface Loaders {
  readonly usage: (args: { readonly window: UsageWindow }) => DataLoader<string, Usage | null>;
  readonly usageByDay: (args: { readonly window: UsageWindow }) => DataLoader<string, DailyUsage | null>;
  readonly touches: (args: TouchPageRequest) => DataLoader<string, Page<Touch> | null>;
  /** All models are made from one path. */
  readonly path: DataLoader<string, Path | null>;
  readonly leadBehaviour: DataLoader<string, LeadBehaviour | null>;
  readonly visitCount: DataLoader<string, VisitCount | null>;
}

/** The loaders of one request: whatever its fields ask of a kind on one level is one query per 100 ids. */
export function loadersOf(warehouse: Warehouse, tenant: string, signal: AbortSignal): Loaders {
  return {
    usage: loadersByArguments(({ window }) => load((ids) => warehouse.usage(tenant, ids, window, signal))),
    usageByDay: loadersByArguments(({ window }) =>
      load((ids) => warehouse.usageByDay(tenant, ids, window, signal)),
    ),
    touches: loadersByArguments((request) => load((ids) => warehouse.touches(tenant, ids, request, signal))),
    path: load((ids) => warehouse.paths(tenant, ids, signal)),
    leadBehaviour: load((ids) => warehouse.leadBehaviour(tenant, ids, scoredDays, signal)),
    visitCount: load((ids) => warehouse.visitCounts(tenant, ids, signal)),
  };
}

function load<Value>(
  read: (ids: readonly string[]) => Promise<ReadonlyMap<string, Value | null> | null>,
): DataLoader<string, Value | null> {
  return loadFrom<string, Value | null>(
    async (ids) => {
      const parts = await Promise.all(chunksOf(ids).map(read));
      return new Map(parts.flatMap((part) => [...(part ?? [])]));
    },
    () => null,
  );
}

function chunksOf(ids: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(ids.length / maxIds) }, (_, chunk) =>
    ids.slice(chunk * maxIds, (chunk + 1) * maxIds),
  );
}
