import { sendJob } from './control.ts';
import { runningInstance } from './instance.ts';
import { type Job, runJob } from './jobs.ts';
import { closeParts, openParts } from './parts.ts';
import { progressDisplay } from './progress.ts';
import { stopSignal } from './until-stopped.ts';

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
    if (instance) return await sendJob({ url: instance.control, token: instance.token }, job, hooks);
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
