import { openHouseBus } from './bus.ts';
import type { WorkHooks } from './control.ts';
import { send } from './control-client.ts';
import { type EventPathWork, partsWithWebhooks, startEventPath } from './event-path.ts';
import { type Instance, runningInstance } from './instance.ts';
import { type Job, runJob } from './jobs.ts';
import { commandLog } from './log.ts';
import { type Operation, operate } from './operations.ts';
import {
  closeParts,
  isPartName,
  openPart,
  openParts,
  type PartName,
  type Parts,
  partNames,
} from './parts.ts';
import { progressDisplay } from './progress.ts';
import { stopSignal } from './until-stopped.ts';
import { isWebhookOperation } from './webhook-operations.ts';

/**
 * Does a job where the stores are open: in the process that runs on the data folder, or here when there is
 * none. Shows its progress and answers its report. Ctrl-C ends it between two batches.
 */
export async function dispatchJob(title: string, dataDir: string, job: Job): Promise<unknown> {
  const signal = stopSignal();
  const progress = progressDisplay(title);
  const hooks = { onProgress: progress.show, signal };
  try {
    const instance = await runningInstance(dataDir);
    if (instance) return await send(controlOf(instance), 'jobs', job, hooks);
    const parts = await openParts(dataDir);
    try {
      return await runJob(parts, job, hooks);
    } finally {
      await closeParts(parts);
    }
  } finally {
    progress.end();
  }
}

/**
 * Does what an operator asks of the event path where it runs: in the process of the data folder, in those of the
 * subgraphs that it is about, and here for subgraphs that have none. Shows its progress, hands on its items and answers
 * the rest.
 */
export async function dispatchOperation(
  title: string,
  dataDir: string,
  operation: Operation,
  onItem: (item: unknown) => void,
): Promise<unknown> {
  const progress = progressDisplay(title);
  const hooks = { onItem, onProgress: progress.show, signal: stopSignal() };
  try {
    const whole = await runningInstance(dataDir);
    if (whole) return await send(controlOf(whole), 'operations', operation, hooks);
    const hooksHere = { ...hooks, onItem: async (item: unknown) => onItem(item) };
    const reports: unknown[] = [];
    const elsewhere: PartName[] = [];
    for (const name of partsOf(operation)) {
      const part = await runningInstance(dataDir, `${name}-instance`);
      if (part) reports.push(await send(controlOf(part), 'operations', operation, hooks));
      else elsewhere.push(name);
    }
    if (elsewhere.length > 0 || reports.length === 0) {
      reports.push(await operateHere(dataDir, elsewhere, operation, hooksHere));
    }
    return reports.length === 1 ? reports[0] : together(reports);
  } finally {
    progress.end();
  }
}

/** What several processes say of their own subgraphs: counts are added, all else stands side by side. */
function together(reports: readonly unknown[]): unknown {
  const sum: Record<string, unknown> = {};
  for (const [name, value] of reports.flatMap((report) => Object.entries(report as object))) {
    const before = sum[name];
    sum[name] = typeof value === 'number' && typeof before === 'number' ? before + value : value;
  }
  return sum;
}

function controlOf({ control, token }: Instance): { readonly url: string; readonly token: string } {
  return { url: control, token };
}

/** The subgraphs whose stores an operation looks into. */
function partsOf(operation: Operation): readonly PartName[] {
  if (operation.kind === 'tail' || operation.kind === 'show') return [];
  if (isWebhookOperation(operation)) return partsWithWebhooks;
  if (operation.kind === 'decisions') return [operation.part];
  const consumer = operation.kind === 'outbox' ? undefined : operation.consumer;
  const name = consumer?.split('.')[0];
  return name !== undefined && isPartName(name) ? [name] : partNames;
}

async function operateHere(
  dataDir: string,
  names: readonly PartName[],
  operation: Operation,
  hooks: WorkHooks,
): Promise<unknown> {
  const log = commandLog();
  const bus = await openHouseBus(dataDir, log);
  const parts: { -readonly [Name in PartName]?: Parts[Name] } = {};
  try {
    for (const name of names) Object.assign(parts, { [name]: await openPart(name, dataDir, { log }) });
    // Looking changes nothing; a replay waits until the group has come past what it brings.
    const work: EventPathWork = operation.kind === 'replay' ? 'consumers' : 'none';
    const path = await startEventPath(parts, bus, log, { work });
    try {
      return await operate(path, operation, hooks);
    } finally {
      await path.close();
    }
  } finally {
    for (const part of Object.values(parts)) await part.subgraph.close();
    await bus.close();
  }
}
