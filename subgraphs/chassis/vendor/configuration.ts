import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { z } from 'zod';

/**
 * Reads what somebody configured. `what` says whose it is, such as `settings of klaviyo`.
 * @throws Error naming every key that is wrong, its value and what it should be; what may be a secret is not quoted
 */
export function readConfiguration<Shape extends z.ZodType>(
  what: string,
  shape: Shape,
  given: unknown,
): z.output<Shape> {
  const read = shape.safeParse(given, { reportInput: true });
  if (read.success) return read.data;
  const problems = read.error.issues.map((issue) => {
    const place = issue.path.length === 0 ? 'the whole' : `"${issue.path.join('.')}"`;
    // A secret that stands where only its place should is none of several shapes.
    if (issue.code === 'invalid_union') return `${place}: ${issue.message}`;
    const value = issue.input === undefined ? 'is missing' : `is ${shown(issue.input)}`;
    return `${place} ${value}: ${issue.message}`;
  });
  throw new Error(`The ${what} cannot be used. ${problems.join('; ')}. Correct it and start again.`);
}

/**
 * Reads a YAML file of a shape.
 * @throws Error naming the file and all that is wrong in it
 */
export async function readConfigurationFile<Shape extends z.ZodType>(
  what: string,
  shape: Shape,
  file: string,
): Promise<z.output<Shape>> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`The ${what} is to be in ${file}, which cannot be read (${cause.code}).`, { cause });
  });
  return readConfiguration(`${what} in ${file}`, shape, yamlOf(text, `${what} in ${file}`));
}

function yamlOf(text: string, what: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new Error(`The ${what} is no YAML: ${(cause as Error).message}`, { cause });
  }
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return JSON.stringify(value);
}
