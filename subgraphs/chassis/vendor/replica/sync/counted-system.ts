import type { AnySystem } from '../domain.ts';

/** A system whose calls are counted, for the report of a run. */
export function countedSystem(system: AnySystem): {
  readonly system: AnySystem;
  readonly calls: () => number;
} {
  let calls = 0;
  return {
    calls: () => calls,
    system: {
      vendor: system.vendor,
      capabilities: system.capabilities,
      check: system.check,
      read: (...asked) => {
        calls += 1;
        return system.read(...asked);
      },
      changes: (...asked) => {
        calls += 1;
        return system.changes(...asked);
      },
    },
  };
}
