import type { z } from 'zod';

/** Reads a cursor that an adapter wrote as JSON. @throws Error where it is none of the vendor's adapter */
export function readCursor<Shape extends z.ZodType>(
  vendor: string,
  cursor: string,
  shape: Shape,
): z.output<Shape> {
  const read = shape.safeParse(jsonOf(cursor));
  if (read.success) return read.data;
  throw new Error(`"${cursor.slice(0, 80)}" is no cursor of ${vendor}: begin anew without one.`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
