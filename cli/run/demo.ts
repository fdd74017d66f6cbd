import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { seed } from '../seed/index.ts';
import type { Parts } from './parts.ts';
import type { ProgressDisplay } from './progress.ts';

const demoShape = z.object({
  state: z.enum(['begun', 'done']),
  /** The day that the demo's world ends on: kept, so that an interrupted first start goes on with the same world. */
  now: z.string(),
});

const demoSeed = 1;

export interface DemoOptions {
  readonly dataDir: string;
  readonly accounts: number;
  readonly display: () => ProgressDisplay;
  /** Aborts the seeding between two batches. */
  readonly signal: AbortSignal;
}

/**
 * Seeds the demo data once: on the first start, or again where that was interrupted; what is written already
 * is not doubled. A data folder or database that holds accounts of somebody's own is left alone.
 */
export async function seedDemoOnce(
  parts: Parts,
  { dataDir, accounts, display, signal }: DemoOptions,
): Promise<void> {
  const file = join(dataDir, 'demo.json');
  const known = await readDemo(file);
  if (known?.state === 'done') return;
  if (known === null && (await hasAccounts(parts))) return;
  const now = known?.now ?? new Date().toISOString().slice(0, 10);
  await writeFile(file, JSON.stringify({ state: 'begun', now }));
  const progress = display();
  try {
    // The demo's world is what every reader begins with, and no change to react to: told as tens of thousands of
    // events it would fill the bus before the first visitor came.
    const options = { accounts, seed: demoSeed, now, events: false };
    await seed(parts, options, { onProgress: progress.show, signal });
  } finally {
    progress.end();
  }
  await writeFile(file, JSON.stringify({ state: 'done', now }));
}

async function hasAccounts({ crm }: Parts): Promise<boolean> {
  const row = await crm.store.db.selectFrom('accounts').select('id').limit(1).executeTakeFirst();
  return row !== undefined;
}

async function readDemo(file: string): Promise<z.infer<typeof demoShape> | null> {
  try {
    return demoShape.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null;
  }
}
