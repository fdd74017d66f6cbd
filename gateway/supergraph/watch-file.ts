import { stat } from 'node:fs/promises';

/**
 * Looks at a file every so many milliseconds and calls back when it has changed and then stayed as it is for one more
 * look, so that a file is not read while it is being written. Looking at it works where notifications do not: across
 * renames, symbolic links and mounted volumes.
 * @param known what `fileState` said before the file was read.
 * @returns a function that ends the watch.
 */
export function watchFile(file: string, known: string, everyMs: number, onChange: () => void): () => void {
  let reported = known;
  let last = known;
  let isOver = false;
  let timer: NodeJS.Timeout;
  const schedule = () => {
    timer = setTimeout(async () => {
      const seen = await fileState(file);
      if (isOver) {
        return;
      }
      if (seen === last && seen !== reported) {
        reported = seen;
        onChange();
      }
      last = seen;
      schedule();
    }, everyMs).unref();
  };
  schedule();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/** A text that is another one when the file is. */
export async function fileState(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(file);
    return `${ino} ${size} ${mtimeMs}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
