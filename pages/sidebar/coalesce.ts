export interface Coalesced {
  /** The work is to be done, now or soon. */
  readonly ask: () => void;
  /** Nothing is done any more. */
  readonly stop: () => void;
}

/**
 * Does a work at most once in the time given, however often it is asked for, and once more where it was asked for in the
 * meantime: what it reads is never older than the last question.
 */
export function coalesced(work: () => Promise<void>, everyMs: number): Coalesced {
  let isBusy = false;
  let isAsked = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const go = () => {
    isBusy = true;
    isAsked = false;
    const rest = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, everyMs);
    });
    void Promise.allSettled([work(), rest]).then(() => {
      isBusy = false;
      if (isAsked) go();
    });
  };
  return {
    ask: () => {
      if (isBusy) isAsked = true;
      else go();
    },
    stop: () => {
      clearTimeout(timer);
      isBusy = true;
    },
  };
}
