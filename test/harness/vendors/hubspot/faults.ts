/** Something that goes wrong on the way: before the call takes effect, or after it did. */
export interface Fault {
  /** The calls that it meets, as `POST /crm/v3/objects/contacts`; every call unless said. */
  readonly calls?: RegExp;
  /** How many of them; 1 unless said. */
  readonly times?: number;
  readonly when: 'before' | 'after';
  /**
   * An answer of that status in the place of HubSpot's (with the HTML of a gateway, not HubSpot's JSON), a
   * connection that is cut, or one on which nothing ever comes.
   */
  readonly outcome: number | 'reset' | 'silence';
}

export interface Faults {
  readonly add: (fault: Fault) => void;
  readonly clear: () => void;
  /** The fault that meets this call at this point, which is one fewer then. */
  readonly meet: (call: string, when: Fault['when']) => Fault['outcome'] | null;
}

export function createFaults(): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    add: (fault) => {
      waiting.push({ fault, left: fault.times ?? 1 });
    },
    clear: () => {
      waiting = [];
    },
    meet: (call, when) => {
      const met = waiting.find(({ fault }) => fault.when === when && (fault.calls?.test(call) ?? true));
      if (met === undefined) return null;
      met.left -= 1;
      if (met.left === 0) waiting = waiting.filter((each) => each !== met);
      return met.fault.outcome;
    },
  };
}
