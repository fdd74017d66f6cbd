import type { Logger } from 'pino';

/** How far a group has come in one ordered part of the log. */
export interface Progress {
  /** Everything up to here was taken up. */
  readonly readTo: number;
  /** What of it is not done, ascending. */
  readonly open: readonly number[];
}

/** Progress is recorded at most this often. What was not recorded when a process dies is delivered again. */
const recordEveryMs = 50;
/** Until a recording that failed is tried again. */
const againMs = 500;

/** Keeps the progress of one source and records it while it changes. */
export interface ProgressKeeper {
  readonly readTo: () => number;
  readonly progress: () => Progress;
  /** Notes that these, and nothing else up to `readTo`, are to be delivered. */
  readonly take: (readTo: number, positions: readonly number[]) => void;
  readonly settle: (positions: readonly number[]) => void;
  /** Records what has not been yet, once; rejects where that fails. Nothing is recorded after it. */
  readonly end: () => Promise<void>;
  /** Records nothing any more. */
  readonly abandon: () => void;
}

export function keepProgress(
  start: Progress,
  record: (progress: Progress) => Promise<void>,
  log: Logger,
): ProgressKeeper {
  const open = new Set(start.open);
  let { readTo } = start;
  let isChanged = false;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  let recording = Promise.resolve();

  function changed(): void {
    isChanged = true;
    if (!isOver) timer ??= setTimeout(recordLater, recordEveryMs);
  }

  function recordLater(): void {
    recording = recordNow().then(
      () => {
        timer = undefined;
        if (isChanged) changed();
      },
      (error: unknown) => {
        isChanged = true;
        if (isOver) return;
        log.warn({ err: error }, "a group's progress could not be recorded; it is tried again");
        timer = setTimeout(recordLater, againMs);
      },
    );
  }

  async function recordNow(): Promise<void> {
    if (!isChanged) return;
    isChanged = false;
    await record({ readTo, open: [...open] });
  }

  return {
    readTo: () => readTo,
    progress: () => ({ readTo, open: [...open] }),
    take: (upTo, positions) => {
      readTo = upTo;
      for (const position of positions) open.add(position);
      changed();
    },
    settle: (positions) => {
      for (const position of positions) open.delete(position);
      changed();
    },
    end: async () => {
      isOver = true;
      clearTimeout(timer);
      await recording;
      await recordNow();
    },
    abandon: () => {
      isOver = true;
      isChanged = false;
      clearTimeout(timer);
    },
  };
}
