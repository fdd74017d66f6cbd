import { randomUUID } from 'node:crypto';
import type { Cause } from '#events/envelope.ts';

/**
 * Why a command of this machine's user changes rows. All events of one run have one correlation id, by which they are
 * found together.
 */
export function commandCause(origin: 'import' | 'seed', tenant: string): Cause {
  return { tenant, actor: 'local', origin, correlationId: randomUUID() };
}
