/*
 * The thread that plans. It reads the supergraph, builds the query graph, says `ready`, and then answers one request
 * at a time. Anything unforeseen ends it, which `planning.ts` sees.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { GraphQLError, parse } from 'graphql';
import { createPlanner, type Planner } from '#gateway/plan/planner.ts';
import { describeSupergraph } from './description.ts';
import type { PlanRequest, WorkerInput, WorkerMessage } from './planning-messages.ts';

const port = parentPort;
if (port === null) {
  throw new Error('This file is the entry of a worker thread; it does nothing on the main thread.');
}
const say = (message: WorkerMessage) => port.postMessage(message);

const planner = build(workerData as WorkerInput);
if (planner !== undefined) {
  say({ kind: 'ready', description: describeSupergraph(planner) });
  port.on('message', (request: PlanRequest) => say(answer(planner, request)));
}

function build({ supergraphSdl, options }: WorkerInput): Planner | undefined {
  try {
    const built = createPlanner(supergraphSdl, options);
    /* The query graph is built at the first plan. Better now than while somebody waits. */
    built.plan(parse('{ __typename }'));
    return built;
  } catch (error) {
    say({ kind: 'broken', reason: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

function answer({ plan }: Planner, { text, operationName }: PlanRequest): WorkerMessage {
  try {
    return { kind: 'planned', plan: JSON.stringify(plan(parse(text), operationName)) };
  } catch (error) {
    if (error instanceof GraphQLError) {
      return { kind: 'refused', message: error.message, code: String(error.extensions.code) };
    }
    throw error;
  }
}
