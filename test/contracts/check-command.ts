import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** Runs `tributary check` in the project's own folder, on everything that is committed there. */
export function checkCommand(
  dataDir: string,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((done) => {
    const all = [join(root, 'cli.ts'), 'check', ...args, '--data-dir', dataDir];
    execFile(process.execPath, all, { cwd: root, timeout: 60_000 }, (error, out, err) => {
      done({ code: error === null ? 0 : Number(error.code), output: `${out}${err}` });
    });
  });
}
