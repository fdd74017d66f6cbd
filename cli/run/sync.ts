import { z } from 'zod';
import { backfill } from '#chassis/vendor/replica/sync/backfill.ts';
import { reconcile } from '#chassis/vendor/replica/sync/reconcile.ts';
import { emailQuestions } from './ask-graph.ts';
import { type Work, work } from './control.ts';
import { send } from './control-client.ts';
import { type Instance, runningInstance } from './instance.ts';
import type { JobHooks } from './jobs.ts';
import { openPart, type Parts } from './parts.ts';
import { progressDisplay } from './progress.ts';
import { replicasOf } from './replicas.ts';
import { stopSignal } from './until-stopped.ts';

/** The subgraphs that can be replicas of a vendor. */
export const syncedParts = ['crm', 'email'] as const;

const about = { subgraph: z.enum(syncedParts), tenant: z.string().min(1) };

/** Work between a replica and its vendor, as a command describes it to whoever has the store open. */
export const syncShape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('backfill'), ...about, again: z.boolean() }),
  z.object({
    kind: z.literal('reconcile'),
    ...about,
    since: z.iso.datetime().optional(),
    repair: z.boolean(),
  }),
]);

export type Sync = z.infer<typeof syncShape>;

/** Does the work and answers its report. Throws an Error where there is no such vendor. */
export function runSync(parts: Partial<Parts>, sync: Sync, hooks: JobHooks): Promise<unknown> {
  const replica = replicasOf(parts).get(sync.subgraph);
  if (replica === undefined) {
    throw new Error(
      `The ${sync.subgraph} subgraph keeps its own data: configure a vendor for a tenant before it is read.`,
    );
  }
  return sync.kind === 'backfill' ? backfill(replica, sync, hooks) : reconcile(replica, sync, hooks);
}

/** Backfills and reconciliations for whoever asks the running process, one at a time. */
export function syncOf(parts: Partial<Parts>): Work {
  return work({
    name: 'sync',
    atOnce: 1,
    busy: 'Another backfill or reconciliation is running; wait for it to end.',
    shape: syncShape,
    run: async (sync, hooks) => runSync(parts, sync, hooks),
  });
}

/**
 * Does the work where the store is open: in the process of the data folder, in that of the subgraph, or here where there
 * is none. Shows its progress and answers its report. Ctrl-C ends it between two pages.
 */
export async function dispatchSync(title: string, dataDir: string, sync: Sync): Promise<unknown> {
  const progress = progressDisplay(title);
  const hooks = { onProgress: progress.show, signal: stopSignal() };
  try {
    const running =
      (await runningInstance(dataDir)) ?? (await runningInstance(dataDir, `${sync.subgraph}-instance`));
    if (running) return await send(controlOf(running), 'sync', sync, hooks);
    const part = await openPart(sync.subgraph, dataDir);
    try {
      if ('connectContacts' in part) part.connectContacts((await emailQuestions(process.env)).contacts);
      return await runSync({ [sync.subgraph]: part }, sync, hooks);
    } finally {
      await part.subgraph.close();
    }
  } finally {
    progress.end();
  }
}

function controlOf({ control, token }: Instance): { readonly url: string; readonly token: string } {
  return { url: control, token };
}
