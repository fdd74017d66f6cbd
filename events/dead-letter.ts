import type { Generated } from 'kysely';

/** An event that a consumer gave up on, whole, with what it failed of. */
export interface DeadLetterRow {
  /** In the order in which they were parked. */
  readonly position: Generated<number>;
  readonly tenant: string;
  readonly consumer: string;
  readonly eventId: string;
  readonly type: string;
  readonly partitionKey: string;
  /** The envelope as JSON. */
  readonly envelope: string;
  /** The last error, with its stack. */
  readonly error: string;
  readonly attempts: number;
  /** RFC 3339, as is the next. */
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
}
