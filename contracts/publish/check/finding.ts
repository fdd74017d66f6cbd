/** The parts of the gate, in the order in which they look. */
export const layers = ['composition', 'schema', 'types', 'pacts', 'cost', 'lint'] as const;
export type Layer = (typeof layers)[number];

/** A place in a file; lines count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** An operation that a client sends, as far as a finding names it. */
export interface Affected {
  /** Such as `sidebar`, or the `x-client-name` that it was seen with. */
  readonly client: string;
  readonly operation: string;
  /** Where the operation asks for what changes; undefined for one that was only seen. */
  readonly at: Place | undefined;
}

/** One thing that the gate has to say of a change. */
export interface Finding {
  readonly layer: Layer;
  /** An error stops the change, a warning and a note do not. */
  readonly severity: 'error' | 'warning' | 'note';
  /** Stable, such as `FIELD_REMOVED`. */
  readonly code: string;
  readonly message: string;
  /** What of the schema it is about, such as `Contact.title`. */
  readonly coordinate: string | undefined;
  /** Where in the schema that is checked. */
  readonly at: Place | undefined;
  /** Who would break. */
  readonly breaks: readonly Affected[];
  /** True where whoever publishes it said that it is meant; it stops nothing then. */
  readonly accepted?: true;
  /** The smallest change that would let it pass; undefined for a note. */
  readonly remedy: string | undefined;
}
