import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { closeTargets, openTargets, type SubgraphTarget } from '#gateway/fetching/targets.ts';
import type { GatewayLimits, GatewaySharing, GatewayTimeouts } from '#gateway/options.ts';
import type { PreparedDocument } from '#gateway/pipeline/operation.ts';
import { createPlanner, type Planner } from '#gateway/plan/planner.ts';
import type { CompiledPlan } from '#gateway/plan/types.ts';

/**
 * A supergraph with everything that was made from it. Whatever depends on the schema lives here and nowhere else,
 * so that another supergraph is another generation and nothing has to be emptied.
 */
export interface Generation {
  /** The first 16 hex digits of the supergraph's SHA-256. */
  readonly id: string;
  readonly planner: Planner;
  /** By document text. */
  readonly documents: LRUCache<string, PreparedDocument>;
  /** By `PreparedOperation.planKey`. */
  readonly plans: LRUCache<string, CompiledPlan>;
  /** Plans being made, so that requests that miss together wait for one. */
  readonly planning: Map<string, Promise<CompiledPlan>>;
  readonly targets: ReadonlyMap<string, SubgraphTarget>;
  leases: number;
  /** Set once no new request may take it; called when the last lease ends. */
  onUnused: (() => void) | undefined;
}

export interface GenerationSettings {
  readonly subgraphUrls: Readonly<Record<string, string>>;
  readonly timeouts: GatewayTimeouts;
  readonly limits: GatewayLimits;
  readonly sharing: GatewaySharing;
  readonly log: Logger;
}

/**
 * Reads a supergraph file and builds a generation that is ready to plan.
 * @throws Error that names the file and the remedy, when it is missing or is no supergraph.
 */
export async function loadGeneration(file: string, settings: GenerationSettings): Promise<Generation> {
  const sdl = await readSupergraph(file);
  const planner = readPlanner(file, sdl);
  const { limits, timeouts, sharing, log } = settings;
  const urls = routingUrls(file, planner, settings.subgraphUrls);
  checkNames(Object.keys(timeouts.bySubgraph), urls, 'A timeout is set for');
  checkNames(Object.keys(sharing.bySubgraph), urls, 'Sharing is set for');
  const targets = openTargets(
    urls,
    (name) => ({
      timeoutMs: timeouts.bySubgraph[name] ?? timeouts.subgraphMs,
      connections: limits.connections,
      maxWaiting: limits.waitingFetches,
      maxAnswerBytes: limits.answerBytes,
      sharing: (sharing.bySubgraph[name] ?? sharing.enabled) ? sharing : undefined,
    }),
    log,
  );
  return {
    id: createHash('sha256').update(sdl).digest('hex').slice(0, 16),
    planner,
    documents: new LRUCache({
      max: limits.documents,
      maxSize: limits.documentCharacters,
      sizeCalculation: (_, text) => Math.max(1, text.length),
    }),
    plans: new LRUCache({
      max: limits.plans,
      maxSize: limits.planCharacters,
      sizeCalculation: (_, key) => key.length,
    }),
    planning: new Map(),
    targets,
    leases: 0,
    onUnused: undefined,
  };
}

async function readSupergraph(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : `${error}`;
    throw new Error(
      `The supergraph file "${file}" cannot be read: it ${reason}. Compose it, or name another.`,
      {
        cause: error,
      },
    );
  }
}

function readPlanner(file: string, sdl: string): Planner {
  try {
    const planner = createPlanner(sdl);
    /* The planner builds its query graph at the first plan. Better now than in the first client's request. */
    planner.plan(parse('{ __typename }'));
    return planner;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The file "${file}" is no Federation 2 supergraph that can be served: ${reason} Compose it again from its subgraphs.`,
      { cause: error },
    );
  }
}

function routingUrls(
  file: string,
  planner: Planner,
  overrides: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const urls = new Map(planner.subgraphs.map(({ name, url }) => [name, overrides[name] ?? url]));
  checkNames(Object.keys(overrides), urls, `Supergraph "${file}": a URL is given for`);
  return urls;
}

function checkNames(names: readonly string[], known: ReadonlyMap<string, unknown>, what: string): void {
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) {
    const list = [...known.keys()].join(', ');
    throw new Error(`${what} subgraph "${unknown}", which is not in the supergraph. It has ${list}.`);
  }
}

/** Takes a generation for the length of one request; `release` must follow. */
export function lease(generation: Generation): Generation {
  generation.leases += 1;
  return generation;
}

export function release(generation: Generation): void {
  generation.leases -= 1;
  if (generation.leases === 0) {
    generation.onUnused?.();
  }
}

/**
 * Ends a generation that no new request will take: waits for the leases, at most `patienceMs`, then closes its
 * connections.
 */
export async function retire(generation: Generation, patienceMs: number): Promise<void> {
  if (generation.leases > 0) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      generation.onUnused = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
  await closeTargets(generation.targets);
}
