/*
 * A planning worker for tests that does what the text of an operation says, where a planner would do so only by
 * chance.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { PlanRequest, WorkerInput, WorkerMessage } from '#gateway/supergraph/planning-messages.ts';

const say = (message: WorkerMessage) => parentPort?.postMessage(message);

const scripts: Readonly<Record<string, () => WorkerMessage>> = {
  hang: () => {
    for (;;) {}
  },
  crash: () => {
    throw new TypeError('scripted');
  },
  exit: () => process.exit(3),
  grow: () => {
    for (const kept: unknown[] = []; ; ) {
      kept.push(new Array(10_000).fill(kept));
    }
  },
  refuse: () => ({ kind: 'refused', message: 'too wide', code: 'TOO_WIDE' }),
};

if ((workerData as WorkerInput).supergraphSdl === 'broken') {
  say({ kind: 'broken', reason: 'It is broken.' });
} else {
  say({ kind: 'ready', description: { api: '', supergraph: '', subgraphs: [] } });
  parentPort?.on('message', ({ text }: PlanRequest) => {
    say(scripts[text]?.() ?? { kind: 'planned', plan: JSON.stringify({ kind: 'QueryPlan', of: text }) });
  });
}
