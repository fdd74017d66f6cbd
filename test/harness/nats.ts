import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';

/** The server that tests use which need JetStream; each takes streams of its own there. */
export const natsUrl = process.env.TEST_NATS_URL ?? 'nats://127.0.0.1:4222';

/** Whether there is no JetStream. A machine without it skips such tests and says so; in CI its absence is a failure. */
export async function natsIsMissing(): Promise<boolean> {
  try {
    await onNats((nc) => jetstreamManager(nc));
    return false;
  } catch (error) {
    if (process.env.CI)
      throw new Error(`No NATS with JetStream at ${natsUrl}, and CI needs one.`, { cause: error });
    console.warn(`No NATS with JetStream at ${natsUrl}: tests that need it are skipped.`);
    return true;
  }
}

/** Does something with a connection to a server. */
export async function onNats<Result>(
  work: (nc: NatsConnection) => Promise<Result>,
  url = natsUrl,
): Promise<Result> {
  const nc = await connect({ servers: new URL(url).host, timeout: 2_000, reconnect: false });
  try {
    return await work(nc);
  } finally {
    await nc.close();
  }
}

/** Removes the streams of a bus with that prefix. */
export async function removeStreams(prefix: string): Promise<void> {
  await onNats(async (nc) => {
    const jsm = await jetstreamManager(nc);
    for (const name of [`${prefix}_events`, `${prefix}_groups`])
      await jsm.streams.delete(name).catch(() => {});
  });
}

/** A server of a test's own, with a folder of its own, on a port of its own. */
export interface OwnNats {
  readonly url: string;
  readonly start: () => Promise<void>;
  /** Ends it at once, as loss of the process would. */
  readonly kill: () => Promise<void>;
  /** Holds it, so that it answers nothing, or lets it go on. */
  readonly pause: (isPaused: boolean) => Promise<void>;
  readonly remove: () => Promise<void>;
}

export async function ownNats(): Promise<OwnNats> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-nats-'));
  const port = await freePort();
  let server: ChildProcess | undefined;

  async function kill(): Promise<void> {
    if (server === undefined) return;
    const ended = once(server, 'close');
    server.kill('SIGKILL');
    server = undefined;
    await ended;
  }

  return {
    url: `nats://127.0.0.1:${port}`,
    start: async () => {
      const started = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      server = started;
      let log = '';
      await new Promise<void>((resolve, reject) => {
        started.once('error', reject);
        started.once('close', () => reject(new Error(`nats-server ended:\n${log}`)));
        started.stderr.setEncoding('utf8').on('data', (text: string) => {
          log += text;
          if (log.includes('Server is ready')) resolve();
        });
      });
    },
    kill,
    pause: async (isPaused) => {
      server?.kill(isPaused ? 'SIGSTOP' : 'SIGCONT');
      /* A signal takes a moment to reach all of a process. */
      while (isPaused && !(await isStopped(server?.pid))) await sleep(1);
    },
    remove: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function isStopped(pid: number | undefined): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
}
