import { parse } from 'yaml';
import type { z } from 'zod';

/**
 * Reads a file's text as YAML of a shape. An empty text is an empty object.
 * @param what says what the file is not where it does not fit, such as `is no REST route`
 * @throws Error naming the file, each key and what is wrong with it.
 */
export function readYaml<Shape extends z.ZodType>(
  file: string,
  text: string,
  shape: Shape,
  what: string,
): z.infer<Shape> {
  let yaml: unknown;
  try {
    yaml = parse(text) ?? {};
  } catch (error) {
    throw new Error(`${file} is no YAML: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
  const result = shape.safeParse(yaml);
  if (result.success) return result.data;
  const issues = result.error.issues.map(
    ({ path, message }) => `${path.length === 0 ? 'the file' : path.join('.')}: ${message}`,
  );
  throw new Error(`${file} ${what}. ${issues.join('; ')}`);
}
