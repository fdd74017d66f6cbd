const signals = ['SIGINT', 'SIGTERM'] as const;

/**
 * Aborts when the process is asked to stop. A second request while the first is being followed ends the
 * process at once, since somebody is waiting.
 */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of signals) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort(new Error('The command was asked to stop.'));
    });
  }
  return stop.signal;
}

/** Resolves when the process is asked to stop. */
export async function untilStopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  // A promise alone does not keep the process alive, a server does; every caller has one.
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Does something whenever the process gets SIGHUP, which asks a server to read its files again. */
export function onHangup(reload: () => Promise<unknown>): void {
  process.on('SIGHUP', () => void reload());
}
