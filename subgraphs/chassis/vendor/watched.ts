import { VendorError } from './error.ts';
import type { VendorSystem } from './system.ts';

/** How a vendor's latest answer was; `unknown` before the first. */
export type VendorState = 'unknown' | 'ok' | 'unreachable' | 'unauthorized';

export interface Watched<System> {
  readonly systems: ReadonlyMap<string, System>;
  /** By vendor, the worst of its accounts: whoever watches a process must not find out which tenants there are. */
  readonly states: () => Readonly<Record<string, VendorState>>;
}

const byWeight: readonly VendorState[] = ['unauthorized', 'unreachable', 'unknown', 'ok'];

/** The systems, with an eye on whether they answer. */
export function watchSystems<Records extends object, Change>(
  given: ReadonlyMap<string, VendorSystem<Records, Change>>,
): Watched<VendorSystem<Records, Change>> {
  const states = new Map<string, VendorState>();
  const watched = [...given].map(([tenant, system]) => {
    states.set(tenant, 'unknown');
    const watch = async <Answer>(work: Promise<Answer>): Promise<Answer> => {
      try {
        const answer = await work;
        states.set(tenant, 'ok');
        return answer;
      } catch (error) {
        const state = stateOf(error);
        if (state !== null) states.set(tenant, state);
        throw error;
      }
    };
    const one: VendorSystem<Records, Change> = {
      ...system,
      read: (type, key, options) => watch(system.read(type, key, options)),
      changes: (type, since, options) => watch(system.changes(type, since, options)),
      push: (change, options) => watch(system.push(change, options)),
      check: (signal) => watch(system.check(signal)),
    };
    return [tenant, one] as const;
  });
  return {
    systems: new Map(watched),
    states: () => {
      const vendors = [...given].map(([tenant, { vendor }]) => [vendor, states.get(tenant)] as const);
      return Object.fromEntries(
        vendors.map(([vendor]) => {
          const all = vendors.filter(([each]) => each === vendor).map(([, state]) => state);
          return [vendor, byWeight.find((state) => all.includes(state)) ?? 'unknown'];
        }),
      );
    },
  };
}

/** A limit and a refusal are answers; a caller who went away has heard none. */
function stateOf(error: unknown): VendorState | null {
  if (!(error instanceof VendorError)) return null;
  switch (error.failure.kind) {
    case 'unavailable':
      return 'unreachable';
    case 'unauthorized':
      return 'unauthorized';
    case 'refused':
      return 'ok';
    case 'limited':
      return null;
  }
}
