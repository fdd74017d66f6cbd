import { JetStreamApiCodes, JetStreamApiError, jetstream } from '@nats-io/jetstream';
import type { Progress } from '../group/progress.ts';
import { requestWithinMs, type Session } from './link.ts';

/** How far a group has come in one partition, and which process reads it. */
export interface PartitionRecord extends Progress {
  /** Null where nobody does. */
  readonly owner: string | null;
  /** The stream that the progress is of. */
  readonly streamId: string;
}

export interface StoredRecord {
  readonly record: PartitionRecord;
  /** Of the record itself; a change must name it. */
  readonly revision: number;
}

/** Null where there is none. */
export async function readRecord(
  { jsm }: Session,
  stream: string,
  subject: string,
): Promise<StoredRecord | null> {
  const found = await jsm.streams.getMessage(stream, { last_by_subj: subject });
  return found && { record: found.json<PartitionRecord>(), revision: found.seq };
}

/**
 * Replaces a record that is still the one it was read as (revision 0: there was none), and answers its new revision;
 * null where another process was first.
 */
export async function replaceRecord(
  { nc }: Session,
  subject: string,
  revision: number,
  record: PartitionRecord,
): Promise<number | null> {
  try {
    const { seq } = await jetstream(nc).publish(subject, JSON.stringify(record), {
      expect: { lastSubjectSequence: revision },
      timeout: requestWithinMs,
    });
    return seq;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamWrongLastSequence)
      return null;
    throw error;
  }
}
