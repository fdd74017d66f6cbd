import type { z } from 'zod';

/** Reads a delivery as JSON of a shape. Throws an Error that says where it is none, and quotes nothing of it. */
export function readDelivery<Shape>(body: Buffer, shape: z.ZodType<Shape>): Shape {
  const read = shape.safeParse(jsonOf(body));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new Error(`The delivery is none of this vendor: ${place}${issue?.message}.`);
}

/** The parser's own errors quote what they failed of. */
function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new Error('The delivery is no JSON.');
  }
}
