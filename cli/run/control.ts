import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Message } from './control-client.ts';
import type { Progress } from './progress.ts';

export interface ControlServer {
  readonly url: string;
  readonly token: string;
  readonly close: () => Promise<void>;
}

export interface WorkHooks {
  /** Resolves once the caller has room for more. */
  readonly onItem: (item: unknown) => Promise<void>;
  readonly onProgress: (progress: Progress) => void;
  /** Aborts when the caller goes away, or the process ends. */
  readonly signal: AbortSignal;
}

/** One kind of work that callers may ask for. */
export interface Work {
  /** Such as `jobs`: the path. */
  readonly name: string;
  /** How many may be at work at once. */
  readonly atOnce: number;
  /** What a caller is told who comes too many. */
  readonly busy: string;
  /** Reads what is asked for, which throws where it is nothing that can be done, and answers what does it. */
  readonly prepare: (asked: unknown) => (hooks: WorkHooks) => Promise<unknown>;
}

/** Makes work of a shape and what does it. */
export function work<Asked>(
  settings: Omit<Work, 'prepare'> & {
    readonly shape: z.ZodType<Asked>;
    readonly run: (asked: Asked, hooks: WorkHooks) => Promise<unknown>;
  },
): Work {
  const { shape, run, ...rest } = settings;
  return {
    ...rest,
    prepare: (given) => {
      const asked = shape.parse(given);
      return (hooks) => run(asked, hooks);
    },
  };
}

const maxBody = 64 * 1024;

/**
 * Lets commands of the same user reach into the running process: only it can write the warehouse's file and read the
 * embedded bus. It listens on loopback, takes work from whoever knows the token in the data folder, and answers lines of
 * JSON. A caller that goes away cancels its work.
 */
export async function startControl(works: readonly Work[], log: Logger): Promise<ControlServer> {
  const token = randomBytes(32).toString('base64url');
  const running = new Map(works.map((each) => [each, new Set<Promise<void>>()]));
  const server: Server = createServer((request, response) => {
    if (!authorized(request, token)) return response.writeHead(401).end();
    const asked = works.find(({ name }) => request.url === `/${name}`);
    if (request.method !== 'POST' || asked === undefined) return response.writeHead(404).end();
    const others = running.get(asked) as Set<Promise<void>>;
    if (others.size >= asked.atOnce) return response.writeHead(409).end(asked.busy);
    const ended = answer(asked, log, request, response).finally(() => others.delete(ended));
    others.add(ended);
    return undefined;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      // Callers are gone, so that all end after the batch at hand: the stores are closed next.
      await Promise.all([...running.values()].flatMap((each) => [...each]));
    },
  };
}

/** Does the work that a request brings, and answers items, progress and report. Never rejects. */
async function answer(
  { name, prepare }: Work,
  log: Logger,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('The command went away.')));
  const write = (message: Message) => response.write(`${JSON.stringify(message)}\n`);
  let run: ReturnType<Work['prepare']>;
  try {
    run = prepare(JSON.parse(await bodyOf(request)));
  } catch (error) {
    response.writeHead(400).end((error as Error).message);
    return;
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  try {
    const report = await run({
      onItem: async (item) => {
        if (!write({ kind: 'item', item })) await once(response, 'drain', { signal: gone.signal });
      },
      onProgress: (progress) => write({ kind: 'progress', progress }),
      signal: gone.signal,
    });
    write({ kind: 'done', report });
  } catch (error) {
    if (gone.signal.aborted) log.info({ work: name }, 'work was given up: whoever asked for it went away');
    else log.error({ err: error, work: name }, 'work failed');
    write({ kind: 'failed', message: (error as Error).message });
  }
  response.end();
}

function authorized(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) throw new Error(`A request takes at most ${maxBody} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
