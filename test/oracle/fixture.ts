import type { Call, Entry } from './world.ts';

/**
 * Computes a field from its arguments and other fields. `read` gives a field of the same object by its path
 * (`size.width`): in the merged schema from the world, in a subgraph from what the gateway sent along.
 */
export type Compute = (given: {
  readonly source: Entry;
  readonly args: Readonly<Record<string, unknown>>;
  readonly read: (path: string, args?: Readonly<Record<string, unknown>>) => unknown;
  readonly call: Call;
}) => unknown;

/** A small supergraph with the data behind it. */
export interface Fixture {
  readonly name: string;
  /** SDL by subgraph name; where it has no link to federation, it gets one. */
  readonly subgraphs: Readonly<Record<string, string>>;
  /** Root fields by `Type.field`, and all fields that are more than a property, by `Type.field`. */
  readonly computed: Readonly<Record<string, Compute>>;
  /** Every entity there is. */
  readonly entities: readonly Entry[];
  /** The keys of each entity type as lists of paths: `{ Product: [['id'], ['sku', 'brand.name']] }`. */
  readonly keys: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** `Type.field`s that never fail on their own: keys, and what a subgraph cannot do without. */
  readonly steady: readonly string[];
  /** Subgraphs that may be down: no other subgraph's field needs them as a stepping stone. */
  readonly mayBeDown: readonly string[];
}
