import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** The `tributary` command in a process of its own. */
export interface RunningCommand {
  readonly process: ChildProcess;
  /** What it has written so far. */
  readonly output: () => { readonly stdout: string; readonly stderr: string };
  /** Resolves with the first match in standard output; rejects where the process ends before. */
  readonly prints: (pattern: RegExp) => Promise<RegExpMatchArray>;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>;
}

/** Runs `tributary` with arguments; the caller ends it. */
export function runCommand(args: readonly string[], env: Record<string, string> = {}): RunningCommand {
  const { PORT: _port, HOST: _host, DATA_DIR: _dir, ...inherited } = process.env;
  const child = spawn(process.execPath, ['cli.ts', ...args], {
    cwd: root,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    changed();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => {
    changed();
    return code as number | null;
  });
  return {
    process: child,
    output: () => ({ stdout, stderr }),
    ended,
    prints: (pattern) =>
      new Promise((done, fail) => {
        const look = () => {
          const match = pattern.exec(stdout);
          if (match === null && child.exitCode === null) return;
          watchers.delete(look);
          if (match) done(match);
          else fail(new Error(`It ended without printing ${pattern}:\n${stdout}\n${stderr}`));
        };
        watchers.add(look);
        look();
      }),
  };
}
