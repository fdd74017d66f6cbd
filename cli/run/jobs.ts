import { z } from 'zod';
import { importFile, importKinds } from '../import/index.ts';
import { seed } from '../seed/index.ts';
import { defaultTenant } from '../settings.ts';
import { type Work, work } from './control.ts';
import type { Parts } from './parts.ts';
import type { Progress } from './progress.ts';
import { refuseReplicas } from './replicas.ts';

/** Work that writes into the stores, as a command describes it to whoever has them open. Paths are absolute. */
export const jobShape = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('seed'),
    accounts: z.number().int(),
    seed: z.number().int(),
    touches: z.number().int().optional(),
    now: z.string().optional(),
    events: z.boolean().optional(),
    tenant: z.string().min(1).optional(),
  }),
  z.object({
    kind: z.literal('import'),
    file: z.string(),
    as: z.enum(importKinds),
    map: z.string(),
    refusedFile: z.string().optional(),
    asOf: z.string().optional(),
    tenant: z.string().min(1).optional(),
  }),
]);

export type Job = z.infer<typeof jobShape>;

export interface JobHooks {
  readonly onProgress: (progress: Progress) => void;
  /** Ends the work between two batches; what was written stays, and doing it again doubles nothing. */
  readonly signal: AbortSignal;
}

/**
 * Does the work and answers its report, which can be written as JSON.
 * @throws Error where the records of the tenant are a vendor's
 */
export async function runJob(parts: Parts, job: Job, hooks: JobHooks): Promise<unknown> {
  refuseReplicas(parts, job.tenant ?? defaultTenant, job.kind === 'seed' ? 'demo data' : 'what is imported');
  switch (job.kind) {
    case 'seed': {
      const { kind: _, ...options } = job;
      return seed(parts, options, hooks);
    }
    case 'import': {
      const { kind: _, ...options } = job;
      return importFile(parts, options, hooks);
    }
  }
}

/** Seeds and imports for whoever asks the running process, one at a time: each would wait for the other's writes. */
export function jobsOf(parts: Parts): Work {
  return work({
    name: 'jobs',
    atOnce: 1,
    busy: 'Another seed or import is running; wait for it to end.',
    shape: jobShape,
    run: (job, hooks) => runJob(parts, job, hooks),
  });
}
