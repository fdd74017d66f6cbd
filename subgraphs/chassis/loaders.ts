import DataLoader from 'dataloader';

/** The most keys that one batch asks the store for; a page of 100 parents with 100 rows each stays below. */
const maxBatch = 10_000;

/**
 * A loader of rows by one key: `load` answers the row or null. `select` is called once per tick with the
 * distinct keys and may answer rows in any order, none for an unknown key.
 */
export function loadOne<Key extends string, Row>(
  select: (keys: readonly Key[]) => Promise<readonly Row[]>,
  keyOf: (row: Row) => Key | null,
): DataLoader<Key, Row | null> {
  return new DataLoader<Key, Row | null>(
    async (keys) => {
      const rows = new Map<Key, Row>();
      for (const row of await select(keys)) {
        const key = keyOf(row);
        if (key !== null) rows.set(key, row);
      }
      return keys.map((key) => rows.get(key) ?? null);
    },
    { maxBatchSize: maxBatch },
  );
}

/** {@link loadOne}, where for some keys nobody may know whether there is a row: `load` rejects for those. */
export function loadFresh<Key extends string, Row>(
  select: (keys: readonly Key[]) => Promise<{
    readonly rows: readonly Row[];
    readonly failed: ReadonlyMap<string, Error>;
  }>,
  keyOf: (row: Row) => Key | null,
): DataLoader<Key, Row | null> {
  return new DataLoader<Key, Row | null>(
    async (keys) => {
      const { rows, failed } = await select(keys);
      const found = new Map(rows.map((row) => [keyOf(row), row]));
      return keys.map((key) => found.get(key) ?? failed.get(key) ?? null);
    },
    { maxBatchSize: maxBatch },
  );
}

/** A loader of all rows of a key: `load` answers an array, empty for a key that has none. */
export function loadMany<Key extends string, Row>(
  select: (keys: readonly Key[]) => Promise<readonly Row[]>,
  keyOf: (row: Row) => Key,
): DataLoader<Key, readonly Row[]> {
  return new DataLoader<Key, readonly Row[]>(
    async (keys) => {
      const groups = new Map<Key, Row[]>();
      for (const row of await select(keys)) {
        const group = groups.get(keyOf(row));
        if (group) group.push(row);
        else groups.set(keyOf(row), [row]);
      }
      return keys.map((key) => groups.get(key) ?? []);
    },
    { maxBatchSize: maxBatch },
  );
}

/** A loader whose batch answers a map; keys that it lacks load as `missing`. */
export function loadFrom<Key extends string, Value>(
  select: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
  missing: () => Value,
): DataLoader<Key, Value> {
  return new DataLoader<Key, Value>(
    async (keys) => {
      const found = await select(keys);
      return keys.map((key) => found.get(key) ?? missing());
    },
    { maxBatchSize: maxBatch },
  );
}

/**
 * One loader per distinct set of field arguments: `contacts(first: 5)` of fifty accounts is one batch,
 * `contacts(first: 10)` beside it another.
 */
export function loadersByArguments<Arguments extends object, Key, Value>(
  make: (args: Arguments) => DataLoader<Key, Value>,
): (args: Arguments) => DataLoader<Key, Value> {
  const loaders = new Map<string, DataLoader<Key, Value>>();
  return (args) => {
    const id = JSON.stringify(args, (_key, value: unknown) =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    );
    const known = loaders.get(id);
    if (known) return known;
    const made = make(args);
    loaders.set(id, made);
    return made;
  };
}
