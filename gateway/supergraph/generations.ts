import type { Logger } from 'pino';
import { buildGeneration, type GenerationSettings } from './build-generation.ts';
import { type Generation, retire } from './generation.ts';
import { readSources } from './sources.ts';
import { fileState, watchFile } from './watch-file.ts';

/** What became of a reload. A failed one changes nothing: `supergraph` is served as before. */
export type ReloadOutcome =
  | {
      readonly kind: 'reloaded';
      /** Id of the generation that is served now. */
      readonly supergraph: string;
      readonly previous: string;
      /** Plans that stood ready when it took over. */
      readonly plans: number;
      readonly ms: number;
    }
  | { readonly kind: 'unchanged'; readonly supergraph: string }
  | { readonly kind: 'failed'; readonly supergraph: string; readonly reason: string };

/** The last reload, where it failed. */
export interface FailedReload {
  readonly reason: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

export interface GenerationsSettings extends GenerationSettings {
  readonly supergraph: string;
  /** An access file. */
  readonly access: string | undefined;
  /** How often the supergraph and the access file are looked at, in milliseconds; 0 for never. */
  readonly watchMs: number;
  readonly log: Logger;
}

/** The generation that is served, and the way to the next. */
export interface Generations {
  readonly current: () => Generation;
  /** Told of each generation that takes over; the function given back ends that. */
  readonly onChange: (listener: (next: Generation) => void) => () => void;
  readonly failedReload: () => FailedReload | undefined;
  /**
   * Reads everything again and, where something changed, builds and warms a generation and gives it the traffic.
   * Reloads go one after the other; those asked for while one runs share the next. Never rejects.
   */
  readonly reload: () => Promise<ReloadOutcome>;
  /** Ends the watch and a reload under way. What is served stays. */
  readonly stop: () => void;
  /** Stops, and ends every generation, waiting at most so many milliseconds for its requests. */
  readonly close: (patienceMs: number) => Promise<void>;
}

/**
 * Builds the first generation, and watches the supergraph and the access file from then on.
 * @throws Error as `readSources` and `buildGeneration` do.
 */
export async function openGenerations(settings: GenerationsSettings): Promise<Generations> {
  const { supergraph, access, log, watchMs } = settings;
  const stopping = new AbortController();
  const retiring = new Set<Promise<void>>();
  const listeners = new Set<(next: Generation) => void>();
  const watched = access === undefined ? [supergraph] : [supergraph, access];
  const known = await Promise.all(watched.map(fileState));
  const read = await readSources(supergraph, settings.routes, access);
  let generation = await buildGeneration(read, settings, undefined, stopping.signal);
  let { fingerprint } = read;
  let failed: FailedReload | undefined;
  let running: Promise<ReloadOutcome> | undefined;
  let following: Promise<ReloadOutcome> | undefined;
  const watches =
    watchMs === 0
      ? []
      : watched.map((file, index) => watchFile(file, known[index] ?? '', watchMs, () => void reload()));

  function reload(): Promise<ReloadOutcome> {
    if (running === undefined) {
      running = load().finally(() => {
        running = undefined;
      });
      return running;
    }
    /* The one that runs may have read what has changed since. */
    following ??= running.then(() => {
      following = undefined;
      return reload();
    });
    return following;
  }

  async function load(): Promise<ReloadOutcome> {
    const startedAt = performance.now();
    const previous = generation;
    try {
      stopping.signal.throwIfAborted();
      const read = await readSources(supergraph, settings.routes, access);
      if (read.fingerprint === fingerprint) {
        failed = undefined;
        return { kind: 'unchanged', supergraph: previous.id };
      }
      const next = await buildGeneration(read, settings, previous, stopping.signal);
      generation = next;
      fingerprint = read.fingerprint;
      failed = undefined;
      const outcome: ReloadOutcome = {
        kind: 'reloaded',
        supergraph: next.id,
        previous: previous.id,
        plans: next.plans.size,
        ms: Math.round(performance.now() - startedAt),
      };
      log.info(outcome, 'supergraph reloaded');
      for (const listener of listeners) listener(next);
      retireInBackground(previous, settings.timeouts.requestMs);
      return outcome;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!stopping.signal.aborted) {
        failed = { reason, at: new Date().toISOString() };
        log.error(
          { err: error, supergraph: previous.id },
          'the reload failed: the supergraph stays as it was',
        );
      }
      return { kind: 'failed', supergraph: previous.id, reason };
    }
  }

  function retireInBackground(old: Generation, patienceMs: number): void {
    const retired = retire(old, patienceMs).finally(() => retiring.delete(retired));
    retiring.add(retired);
  }

  function stop(): void {
    for (const endWatch of watches) endWatch();
    stopping.abort(new Error('The gateway is closing.'));
  }

  return {
    current: () => generation,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    failedReload: () => failed,
    reload,
    stop,
    close: async (patienceMs) => {
      stop();
      await running;
      retireInBackground(generation, patienceMs);
      await Promise.all(retiring);
    },
  };
}
