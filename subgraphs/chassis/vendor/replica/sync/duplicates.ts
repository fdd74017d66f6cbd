import type { AnySeen } from '../read-records.ts';

/** Records of a vendor that have the same value where no two should have one. The value may be an address: it stays there. */
export interface Duplicate {
  readonly type: string;
  readonly field: string;
  /** The vendor's, at least two. */
  readonly vendorIds: readonly string[];
}

/** Looks at records as they come by, and answers those of one type that are there twice. */
export function duplicateWatch(type: string, fields: readonly string[]) {
  const first = new Map<string, Map<string, string>>(fields.map((field) => [field, new Map()]));
  const found = new Map<string, Set<string>>();
  return {
    see: (one: AnySeen): void => {
      if (one.kind !== 'record') return;
      const { id, values } = one.record;
      for (const [field, owners] of first) {
        const value = values[field];
        if (typeof value !== 'string' || value === '') continue;
        const owner = owners.get(value);
        if (owner === undefined) owners.set(value, id);
        else if (owner !== id) {
          const key = JSON.stringify([field, value]);
          found.set(key, (found.get(key) ?? new Set([owner])).add(id));
        }
      }
    },
    duplicates: (): readonly Duplicate[] =>
      [...found].map(([key, ids]) => ({
        type,
        field: (JSON.parse(key) as readonly string[])[0] as string,
        vendorIds: [...ids].sort(),
      })),
  };
}
