import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Random } from '#cli/seed/random.ts';
import { lanesOfWriter, type Role, type Said, type Told, type World } from './world.ts';

/** A process that can be killed, and is started again then. */
export interface Victim {
  readonly name: string;
  readonly kill: () => Promise<void>;
}

/** A process of the run, and what it last said. */
export interface Part extends Victim {
  readonly role: Role;
  /** Postings of each lane that it said were committed. */
  readonly next: readonly number[];
  readonly ready: () => boolean;
  readonly status: () => { readonly outbox: number; readonly lag: number; readonly nth: number } | null;
  /** Over all its lives, as far as they told. */
  readonly counts: () => { readonly replayed: number; readonly dropped: number };
  /** Resolves once its writer has stopped. */
  readonly written: () => Promise<void>;
  /** Stands still for so long, as a process does whose machine swaps or is moved. */
  readonly pause: (ms: number) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Postings that a writer does again after it was killed, although it said that they were done. */
const doneAgain = 3;
const file = fileURLToPath(new URL('./part.ts', import.meta.url));
/** What a process wrote to its error output before it ended by itself. */
const keptErrors = 4_000;

/** @param fail is told when the process ends by itself, with what it wrote */
export function startPart(world: World, role: Role, fail: (error: Error) => void): Part {
  const next = Array.from({ length: lanesOfWriter }, () => 0);
  const before = { replayed: 0, dropped: 0 };
  let now = { replayed: 0, dropped: 0 };
  let ready = false;
  let ending = false;
  let status: ReturnType<Part['status']> = null;
  let statuses = 0;
  let written = Promise.withResolvers<void>();
  const killed = new WeakSet<ChildProcess>();
  let child = start();

  function start(): ChildProcess {
    const from = next.map((n) => Math.max(0, n - doneAgain));
    const started = spawn(process.execPath, [file, JSON.stringify({ world, role, from })], {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    let errors = '';
    started.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-keptErrors);
    });
    started.on('message', (said: Said) => hear(said));
    started.once('close', (code, signal) => {
      if (!ending && !killed.has(started))
        fail(new Error(`${role.name} ended by itself (${code ?? signal}): ${errors}`));
    });
    return started;
  }

  function hear(said: Said): void {
    switch (said.kind) {
      case 'ready':
        ready = true;
        return;
      case 'wrote':
        next[said.lane] = Math.max(next[said.lane] ?? 0, said.next);
        return;
      case 'written':
        written.resolve();
        return;
      case 'status':
        statuses += 1;
        status = { outbox: said.outbox, lag: said.lag, nth: statuses };
        return;
      case 'counts':
        now = { replayed: said.replayed, dropped: said.dropped };
        return;
    }
  }

  const tell = (told: Told) => child.send(told);
  return {
    name: role.name,
    role,
    next,
    ready: () => ready,
    status: () => status,
    counts: () => ({ replayed: before.replayed + now.replayed, dropped: before.dropped + now.dropped }),
    written: () => {
      written = Promise.withResolvers();
      tell({ kind: 'written?' });
      return written.promise;
    },
    kill: async () => {
      killed.add(child);
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
      before.replayed += now.replayed;
      before.dropped += now.dropped;
      now = { replayed: 0, dropped: 0 };
      ready = false;
      status = null;
      child = start();
    },
    pause: async (ms) => {
      child.kill('SIGSTOP');
      await sleep(ms);
      child.kill('SIGCONT');
    },
    end: async () => {
      ending = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      if (child.connected) tell({ kind: 'end' });
      else child.kill('SIGKILL');
      await closed;
    },
  };
}

/** What is done to one process after a wait. */
export type Blow =
  | { readonly kind: 'kill'; readonly afterMs: number; readonly of: Victim }
  | { readonly kind: 'pause'; readonly afterMs: number; readonly of: Part; readonly ms: number };

/**
 * The next blow of a seeded choice: soon after the last, so that processes die while they start as well. Where several
 * share the work, one may stand still past its lease instead of dying.
 */
export function nextBlow(random: Random, victims: readonly (Victim | Part)[]): Blow {
  const of = random.pick(victims);
  const afterMs = random.integer(0, 900);
  if (victims.length > 2 && 'pause' in of && random.chance(0.15)) {
    return { kind: 'pause', afterMs, of, ms: random.integer(500, 3_000) };
  }
  return { kind: 'kill', afterMs, of };
}
