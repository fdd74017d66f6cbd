import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { ConfigError } from './supergraph-config.ts';

/** Reads a committed JSON file of a shape; undefined where there is none. A ConfigError names what is wrong with it. */
export async function readRecords<Shape>(file: string, shape: z.ZodType<Shape>): Promise<Shape | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError(`${file} cannot be read: ${(error as Error).message}.`);
  }
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    throw new ConfigError(`${file} is not what is written there: ${(error as Error).message}`);
  }
}

/** Writes it as a whole or not at all. */
export async function writeRecords(file: string, records: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(records, null, 2)}\n`);
  await rename(`${file}.new`, file);
}
