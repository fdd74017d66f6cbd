interface Closable {
  readonly close: () => Promise<void>;
}

type Systems = ReadonlyMap<string, Closable>;

/** Closes a subgraph's store behind its vendors, whose adapters still write into it while they end. */
export async function closeAll(store: Closable, systems: Systems = new Map()): Promise<void> {
  for (const system of systems.values()) await system.close();
  await store.close();
}

/** What to do with an error of an opening: closes what was opened before, and throws it on. */
export function closing(store: Closable, systems?: Systems): (error: unknown) => Promise<never> {
  return async (error) => {
    await closeAll(store, systems);
    throw error;
  };
}
