import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Said, Start, Told } from './world.ts';

/** A gateway in a process of its own. */
export interface Gateway {
  /** Undefined while it is dead or starts. */
  readonly port: () => number | undefined;
  /** The answer of this kind to what it is told; undefined where it died before it answered. */
  readonly tell: <Kind extends Said['kind']>(
    told: Told,
    answer: Kind,
  ) => Promise<Extract<Said, { kind: Kind }> | undefined>;
  /** Ends it as a crash does, and starts another in its place. */
  readonly kill: () => Promise<void>;
  readonly ready: () => Promise<void>;
  readonly end: () => Promise<void>;
}

const file = fileURLToPath(new URL('./part.ts', import.meta.url));

/** @param fail is told when the process ends by itself */
export function startPart(start: Start, fail: (error: Error) => void): Gateway {
  let child: ChildProcess;
  let port: number | undefined;
  let isEnding = false;
  let isReady = Promise.withResolvers<void>();
  spawnPart();

  function spawnPart(): void {
    const started = spawn(process.execPath, [file, JSON.stringify(start)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child = started;
    started.on('message', (said: Said) => {
      if (said.kind !== 'ready') return;
      port = said.port;
      isReady.resolve();
    });
    started.once('close', (code, signal) => {
      if (!isEnding && signal !== 'SIGKILL')
        fail(new Error(`A gateway ended by itself (${code ?? signal}).`));
    });
  }

  return {
    port: () => port,
    ready: () => isReady.promise,
    tell: (told, kind) =>
      new Promise((resolve) => {
        const asked = child;
        const settle = (said?: Said) => {
          asked.off('message', heard);
          asked.off('close', died);
          resolve(said as never);
        };
        const heard = (said: Said) => {
          if (said.kind === kind) settle(said);
        };
        const died = () => settle();
        asked.on('message', heard);
        asked.once('close', died);
        if (asked.connected) asked.send(told, (error) => error && died());
        else died();
      }),
    kill: async () => {
      port = undefined;
      isReady = Promise.withResolvers();
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
      spawnPart();
    },
    end: async () => {
      isEnding = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}
