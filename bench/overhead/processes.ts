import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Core of the contender; everything else runs on the others. */
const contenderCore = '0';
// Read before this process pins itself, which changes the number.
const cores = availableParallelism();
const besideCores = `1-${cores - 1}`;
const canPin = cores > 1 && spawnSync('taskset', ['-V']).status === 0;

/** Whether processes are really kept on cores of their own here. */
export const pinned = canPin;

/** Starts a script with IPC, on the contender's core or beside it. */
export function startProcess(
  script: string,
  place: 'contender' | 'beside',
  env: Record<string, string> = {},
): ChildProcess {
  const file = new URL(script, import.meta.url).pathname;
  const list = place === 'contender' ? contenderCore : besideCores;
  const command = canPin ? ['taskset', '-c', list, process.execPath, file] : [process.execPath, file];
  return spawn(command[0] as string, command.slice(1), {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** Keeps this process, which makes the load, off the contender's core. */
export function pinSelf(): void {
  if (canPin) spawnSync('taskset', ['-a', '-p', '-c', besideCores, String(process.pid)]);
}

/** The next message of a process. Rejects where it ends before. */
export function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((done, fail) => {
    const ended = (code: number | null) => fail(new Error(`${child.spawnargs.at(-1)} ended with ${code}.`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      done(message as Message);
    });
  });
}

export function askProcess<Message>(
  child: ChildProcess,
  question: 'report' | 'collect' = 'report',
): Promise<Message> {
  const answer = nextMessage<Message>(child);
  child.send(question);
  return answer;
}

export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await gone;
}
