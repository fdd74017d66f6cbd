/** Something that happened to many rows, said once. */
export interface Notice {
  readonly text: string;
  /** Rows it happened to. */
  readonly count: number;
  /** The first few values it happened to; empty where the text says it all. */
  readonly examples: readonly string[];
}

/** One row's part in a notice. */
export interface Note {
  readonly text: string;
  readonly example?: string;
}

const maxExamples = 5;

/** Counts what an import did with dirty rows. */
export interface Notices {
  readonly count: (note: Note) => void;
  /** Those that happened most often first. */
  readonly list: () => Notice[];
}

export function countNotices(): Notices {
  const counted = new Map<string, { count: number; examples: Set<string> }>();
  return {
    count: ({ text, example }) => {
      let notice = counted.get(text);
      if (!notice) {
        notice = { count: 0, examples: new Set() };
        counted.set(text, notice);
      }
      notice.count += 1;
      if (example !== undefined && notice.examples.size < maxExamples) notice.examples.add(example);
    },
    list: () =>
      [...counted]
        .map(([text, { count, examples }]) => ({ text, count, examples: [...examples] }))
        .sort((a, b) => b.count - a.count),
  };
}
