import { z } from 'zod';

/** An id, or one of the owner's enum values: their list is the owner's to grow, so that it is not repeated here. */
export const text = z.string().min(1);

/** RFC 3339 in UTC. */
export const time = z.iso.datetime();
