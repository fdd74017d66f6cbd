import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningCommand, runCommand } from './command.ts';

/** A folder of a test's own, and the commands that run in it. */
export interface Commands {
  readonly folder: string;
  /** Runs `tributary`, with its data in the folder and free ports unless the environment says otherwise. */
  readonly start: (args: readonly string[], env?: Record<string, string>) => RunningCommand;
  /** The same, once it has ended; what it printed without the white space around it. */
  readonly run: (
    args: readonly string[],
    env?: Record<string, string>,
  ) => Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  /** Ends what still runs, and removes the folder. */
  readonly end: () => Promise<void>;
}

export async function openCommands(): Promise<Commands> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
  const running: RunningCommand[] = [];
  const start = (args: readonly string[], env: Record<string, string> = {}) => {
    const command = runCommand(args, { DATA_DIR: join(folder, 'data'), PORT: '0', ...env });
    running.push(command);
    return command;
  };
  return {
    folder,
    start,
    run: async (args, env) => {
      const command = start(args, env);
      const code = await command.ended;
      const { stdout, stderr } = command.output();
      return { code, stdout: stdout.trim(), stderr: stderr.trim() };
    },
    end: async () => {
      for (const { process: child, ended } of running) {
        if (child.exitCode === null) child.kill('SIGKILL');
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
