import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PartName } from './parts.ts';

const instanceShape = z.object({
  pid: z.number().int(),
  url: z.string(),
  control: z.string(),
  token: z.string(),
});

/** The running process of a data folder: who holds its files, and how to reach it. */
export type Instance = z.infer<typeof instanceShape>;

/** A process that runs all of it, or one subgraph of its own beside others on the same folder. */
export type InstanceName = 'instance' | `${PartName}-instance`;

const fileOf = (dataDir: string, name: InstanceName) => join(dataDir, `${name}.json`);

/** The process that runs on this data folder, or null; what a killed one left behind does not count. */
export async function runningInstance(
  dataDir: string,
  name: InstanceName = 'instance',
): Promise<Instance | null> {
  let text: string;
  try {
    text = await readFile(fileOf(dataDir, name), 'utf8');
  } catch {
    return null;
  }
  const parsed = instanceShape.safeParse(parseJson(text));
  return parsed.success && isAlive(parsed.data.pid) ? parsed.data : null;
}

/** Says that this process runs on the data folder. Only its owner may read how to control it. */
export async function announceInstance(
  dataDir: string,
  instance: Instance,
  name: InstanceName = 'instance',
): Promise<void> {
  const draft = `${fileOf(dataDir, name)}.${process.pid}`;
  await writeFile(draft, JSON.stringify(instance), { mode: 0o600 });
  await rename(draft, fileOf(dataDir, name));
}

export async function withdrawInstance(dataDir: string, name: InstanceName = 'instance'): Promise<void> {
  await rm(fileOf(dataDir, name), { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
