/** A clock that runs with the machine's until a test moves or freezes it. Times are milliseconds since 1970. */
export interface Clock {
  readonly now: () => number;
  readonly advance: (milliseconds: number) => void;
  /** Stands still from here on, at the present time or another; `advance` still moves it. */
  readonly freeze: (at?: number) => void;
}

export function createClock(): Clock {
  let offset = 0;
  let frozen: number | null = null;
  const now = () => frozen ?? Date.now() + offset;
  return {
    now,
    advance: (milliseconds) => {
      if (frozen === null) offset += milliseconds;
      else frozen += milliseconds;
    },
    freeze: (at = now()) => {
      frozen = at;
    },
  };
}
