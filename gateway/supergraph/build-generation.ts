import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { closeTargets, openTargets, type SubgraphTarget } from '#gateway/fetching/targets.ts';
import { createOperationRules, type OperationRules } from '#gateway/limits/operation-rules.ts';
import type { GatewayJoining, GatewayLimits, GatewaySharing, GatewayTimeouts } from '#gateway/options.ts';
import type { Persistence } from '#gateway/pipeline/persisted.ts';
import { readAccess, readRights } from '#gateway/rights/read-rights.ts';
import { createEventGraph } from '#gateway/subscriptions/event-graph.ts';
import type { EventGraph } from '#gateway/subscriptions/types.ts';
import { loadRoutes, type RestRoute } from '#gateway/transports/rest-route.ts';
import { routeTable } from '#gateway/transports/route-table.ts';
import { type SupergraphDescription, schemasOf } from './description.ts';
import { createGeneration, type Generation } from './generation.ts';
import { readPlans } from './plan-file.ts';
import { openPlanning, type Planning } from './planning.ts';
import type { Sources } from './sources.ts';
import { warmWithHottest, warmWithOperations, warmWithPlans, warmWithRoutes } from './warm-up.ts';

export interface GenerationSettings {
  readonly subgraphUrls: Readonly<Record<string, string>>;
  readonly subscriptionUrls: Readonly<Record<string, string>>;
  readonly timeouts: GatewayTimeouts;
  readonly limits: GatewayLimits;
  readonly sharing: GatewaySharing;
  readonly joining: GatewayJoining;
  /** Folder of operations, some with REST routes beside them. */
  readonly routes: string | undefined;
  /** Paths that pages are served at and therefore no REST route. */
  readonly pagePaths: readonly string[];
  /** A plan file. */
  readonly plans: string | undefined;
  /** What clients may ask, by the operations folder. */
  readonly persistence: Persistence;
  readonly log: Logger;
}

/**
 * Builds a generation that is ready to serve: it can plan, and the plans of the plan file, of the operations folder
 * and of what the previous generation was asked for most are made. Subgraphs that did not change keep their
 * connections.
 * @throws Error that names the file and the remedy, when the supergraph or the access file is none or a REST route does
 * not fit the supergraph; the reason of `signal` when that is aborted.
 */
export async function buildGeneration(
  sources: Sources,
  settings: GenerationSettings,
  previous: Generation | undefined,
  signal: AbortSignal,
): Promise<Generation> {
  const { limits, timeouts, joining, log } = settings;
  const { supergraphSdl, supergraphHash } = sources;
  const known =
    settings.plans === undefined ? undefined : await readPlans(settings.plans, supergraphHash, log);
  const planning = openPlanning({
    supergraphSdl,
    log,
    limits: {
      deadlineMs: timeouts.planMs,
      idleMs: timeouts.plannerIdleMs,
      waiting: limits.waitingPlans,
      memoryMb: limits.plannerMemoryMb,
      paths: limits.plannerPaths,
    },
  });
  const endPlanning = () => void planning.close();
  signal.addEventListener('abort', endPlanning);
  let targets: ReadonlyMap<string, SubgraphTarget> = new Map();
  try {
    signal.throwIfAborted();
    const description = known?.description ?? (await startPlanning(planning, sources.supergraphFile));
    const { plan, close } = planning;
    const planner = { ...schemasOf(description), subgraphs: description.subgraphs, plan, close };
    const access = readAccess(sources);
    const rights = readRights(planner.supergraphSchema, access, sources, log);
    const urls = subgraphUrls(sources.supergraphFile, description, settings);
    const events = openEvents(sources.supergraphFile, planner.supergraphSchema, urls, settings);
    targets = openSubgraphs(urls, settings, rights !== undefined, previous);
    const rules = { ...createOperationRules(planner, limits), rights };
    const persisted = settings.persistence(sources.operations);
    const routes = await readRoutes(settings, rules, [...urls.keys()]);
    const joins = (subgraph: string) => joining.bySubgraph[subgraph] ?? joining.enabled;
    const id = supergraphHash.slice(0, 16);
    const generation = createGeneration(
      {
        id,
        planner,
        access,
        rules,
        persisted,
        targets,
        events,
        joins,
        routes: routeTable(routes),
        restRoutes: routes,
      },
      limits,
    );
    const warmUp = { log, signal };
    await warmWithPlans(generation, known?.plans ?? [], warmUp);
    await warmWithRoutes(generation, routes, warmUp);
    await warmWithOperations(generation, sources.operations, warmUp);
    if (previous !== undefined) {
      await warmWithHottest(generation, previous, limits.warmedPlans, warmUp);
    }
    signal.throwIfAborted();
    return generation;
  } catch (error) {
    await Promise.all([planning.close(), closeTargets(targets)]);
    throw error;
  } finally {
    signal.removeEventListener('abort', endPlanning);
  }
}

async function startPlanning(planning: Planning, file: string): Promise<SupergraphDescription> {
  try {
    return await planning.start();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The file "${file}" is no Federation 2 supergraph that can be served: ${reason} Compose it again from its subgraphs.`,
      { cause: error },
    );
  }
}

/** The scheme of the routing URL of a subgraph that has no server, and the URL of the graph of events. */
const ownScheme = 'tributary:';
const eventsUrl = 'tributary:events';

/** Where each subgraph is, by its name. */
function subgraphUrls(
  file: string,
  { subgraphs }: SupergraphDescription,
  { subgraphUrls: given, subscriptionUrls, timeouts, sharing, joining }: GenerationSettings,
): ReadonlyMap<string, string> {
  const urls = new Map(subgraphs.map(({ name, url }) => [name, given[name] ?? url]));
  checkNames(Object.keys(given), urls, `Supergraph "${file}": a URL is given for`);
  checkNames(Object.keys(subscriptionUrls), urls, 'A subscription URL is given for');
  checkNames(Object.keys(timeouts.bySubgraph), urls, 'A timeout is set for');
  checkNames(Object.keys(sharing.bySubgraph), urls, 'Sharing is set for');
  checkNames(Object.keys(joining.bySubgraph), urls, 'Joining is set for');
  checkNames(sharing.viewerSensitive, urls, 'sharing.viewerSensitive names');
  return urls;
}

/** The graphs of events among the subgraphs, by name. */
function openEvents(
  file: string,
  supergraph: GraphQLSchema,
  urls: ReadonlyMap<string, string>,
  { timeouts, log }: GenerationSettings,
): ReadonlyMap<string, EventGraph> {
  const own = [...urls].filter(([, url]) => url.startsWith(ownScheme));
  return new Map(
    own.map(([subgraph, url]) => {
      if (url !== eventsUrl) {
        throw new Error(
          `Supergraph "${file}": subgraph "${subgraph}" has the routing URL "${url}"; of this scheme there is "${eventsUrl}" only.`,
        );
      }
      const timeoutMs = timeouts.bySubgraph[subgraph] ?? timeouts.subgraphMs;
      return [subgraph, createEventGraph(supergraph, { subgraph, timeoutMs, log })];
    }),
  );
}

function openSubgraphs(
  urls: ReadonlyMap<string, string>,
  { timeouts, limits, sharing, log }: GenerationSettings,
  hasRights: boolean,
  previous: Generation | undefined,
): ReadonlyMap<string, SubgraphTarget> {
  const byViewer = sharing.byViewer === 'auto' ? !hasRights : sharing.byViewer;
  return openTargets(
    new Map([...urls].filter(([, url]) => !url.startsWith(ownScheme))),
    (name) => ({
      timeoutMs: timeouts.bySubgraph[name] ?? timeouts.subgraphMs,
      connections: limits.connections,
      maxWaiting: limits.waitingFetches,
      maxAnswerBytes: limits.answerBytes,
      sharing:
        (sharing.bySubgraph[name] ?? sharing.enabled)
          ? { ...sharing, byViewer: byViewer || sharing.viewerSensitive.includes(name) }
          : undefined,
    }),
    log,
    previous?.targets,
  );
}

async function readRoutes(
  { routes: folder, pagePaths }: GenerationSettings,
  rules: OperationRules,
  subgraphs: readonly string[],
): Promise<readonly RestRoute[]> {
  return folder === undefined ? [] : await loadRoutes(folder, rules, subgraphs, pagePaths);
}

function checkNames(names: readonly string[], known: ReadonlyMap<string, unknown>, what: string): void {
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) {
    const list = [...known.keys()].join(', ');
    throw new Error(`${what} subgraph "${unknown}", which is not in the supergraph. It has ${list}.`);
  }
}
