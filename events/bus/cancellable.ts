/** A promise, and what settles it. */
export interface Cancellable<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/** A promise that may be given up: `cancel` is called when the signal aborts while it is not settled. */
export function cancellable<Value>(signal: AbortSignal | undefined, cancel: () => void): Cancellable<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  const forget = () => signal?.removeEventListener('abort', cancel);
  signal?.addEventListener('abort', cancel, { once: true });
  return {
    promise,
    resolve: (value) => {
      forget();
      resolve(value);
    },
    reject: (error) => {
      forget();
      reject(error);
    },
  };
}
