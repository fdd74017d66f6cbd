import { z } from 'zod';
import { accountLimit } from './call-limits.ts';

const positive = z.int().min(1);
const classLimits = z.strictObject({
  windows: z.array(z.strictObject({ points: positive, perMs: positive })).min(1),
  perDay: z.strictObject({ points: positive, zone: z.string().optional() }).optional(),
});

/**
 * The part of a vendor's settings that replaces limits of its classes of endpoints, of `default` for all that have none of
 * their own, and of `account` over all of them; none where it is left out.
 */
export const limitSettings = <Endpoint extends string>(published: Readonly<Record<Endpoint, unknown>>) => {
  const classes = Object.keys(published) as Endpoint[];
  const names = new Set<Endpoint | 'default' | typeof accountLimit>([...classes, 'default', accountLimit]);
  return z.partialRecord(z.enum([...names]), classLimits).default({});
};
