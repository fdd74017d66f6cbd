/** One round comes in so many parts at most, so that it holds nobody up. */
const mostParts = 30;
const shortestPartMs = 10;

/** Does something for each of many, once in the time given: one timer for all of them. */
export function inTurns<Each>(
  all: () => Iterable<Each>,
  everyMs: number,
  act: (each: Each) => void,
): NodeJS.Timeout {
  const parts = Math.max(1, Math.min(mostParts, Math.floor(everyMs / shortestPartMs)));
  let part = 0;
  let left: readonly Each[] = [];
  return setInterval(() => {
    if (part === 0) left = [...all()];
    const share = Math.ceil(left.length / (parts - part));
    for (const each of left.slice(0, share)) act(each);
    left = left.slice(share);
    part = (part + 1) % parts;
  }, everyMs / parts).unref();
}
