/** Lets so many through at once; the others wait in their order. */
export interface Gate {
  readonly pass: <Made>(work: () => Promise<Made>) => Promise<Made>;
}

export function openGate(most: number): Gate {
  let inside = 0;
  const waiting = new Set<() => void>();

  function leave(): void {
    const [next] = waiting;
    if (next === undefined) {
      inside -= 1;
    } else {
      waiting.delete(next);
      next();
    }
  }

  return {
    pass: async (work) => {
      if (inside < most) inside += 1;
      else await new Promise<void>((resolve) => waiting.add(resolve));
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
