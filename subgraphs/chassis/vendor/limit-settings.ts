import { z } from 'zod';

const positive = z.int().min(1);
const classLimits = z.strictObject({
  windows: z.array(z.strictObject({ points: positive, perMs: positive })).min(1),
  perDay: z.strictObject({ points: positive, zone: z.string().optional() }).optional(),
});

/** The part of a vendor's settings that replaces limits of its classes of endpoints; none where it is left out. */
export const limitSettings = <Endpoint extends string>(published: Readonly<Record<Endpoint, unknown>>) =>
  z.partialRecord(z.enum(Object.keys(published) as Endpoint[]), classLimits).default({});
