import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type Job, jobShape, runJob } from './jobs.ts';
import type { Parts } from './parts.ts';
import type { Progress } from './progress.ts';

/** One line of a job's answer. */
const messageShape = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('progress'),
    progress: z.object({ step: z.string(), done: z.number(), total: z.number() }),
  }),
  z.object({ kind: z.literal('done'), report: z.unknown() }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);

type Message = z.infer<typeof messageShape>;

export interface ControlServer {
  readonly url: string;
  readonly token: string;
  readonly close: () => Promise<void>;
}

const maxJobBody = 64 * 1024;

/**
 * Lets commands of the same user reach into the running process: only it can write the warehouse's file.
 * It listens on loopback, takes jobs from whoever knows the token in the data folder, one at a time, and
 * answers lines of JSON. A caller that goes away cancels its job.
 */
export async function startControl(parts: Parts, log: Logger): Promise<ControlServer> {
  const token = randomBytes(32).toString('base64url');
  let running: Promise<void> | undefined;
  const server: Server = createServer(async (request, response) => {
    if (!authorized(request, token)) return response.writeHead(401).end();
    if (request.method !== 'POST' || request.url !== '/jobs') return response.writeHead(404).end();
    if (running !== undefined) {
      response.writeHead(409);
      return response.end('Another seed or import is running; wait for it to end.');
    }
    running = answerJob(parts, log, request, response).finally(() => {
      running = undefined;
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jobs`,
    token,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      // Its caller is gone, so that it ends after the batch at hand: the stores are closed next.
      await running;
    },
  };
}

/** Does the job that a request brings, and answers its progress and report. Never rejects. */
async function answerJob(
  parts: Parts,
  log: Logger,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('The command went away.')));
  const write = (message: Message) => response.write(`${JSON.stringify(message)}\n`);
  let job: Job;
  try {
    job = jobShape.parse(JSON.parse(await bodyOf(request)));
  } catch (error) {
    response.writeHead(400).end((error as Error).message);
    return;
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  try {
    const report = await runJob(parts, job, {
      onProgress: (progress) => write({ kind: 'progress', progress }),
      signal: gone.signal,
    });
    write({ kind: 'done', report });
  } catch (error) {
    log.error({ err: error, job: job.kind }, 'a job failed');
    write({ kind: 'failed', message: (error as Error).message });
  }
  response.end();
}

/** Gives a job to the running process and answers its report. Throws an Error with what it says. */
export async function sendJob(
  control: { readonly url: string; readonly token: string },
  job: Job,
  options: { readonly onProgress: (progress: Progress) => void; readonly signal: AbortSignal },
): Promise<unknown> {
  const response = await fetch(control.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${control.token}` },
    body: JSON.stringify(job),
    signal: options.signal,
  });
  if (!response.ok || !response.body) throw new Error(await response.text());
  const body = Readable.fromWeb(response.body as ReadableStream);
  for await (const line of createInterface({ input: body })) {
    const message = messageShape.parse(JSON.parse(line));
    if (message.kind === 'progress') options.onProgress(message.progress);
    if (message.kind === 'failed') throw new Error(message.message);
    if (message.kind === 'done') return message.report;
  }
  await finished(body);
  throw new Error('The running process ended before the job did; run the command again, it doubles nothing.');
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
    if (size > maxJobBody) throw new Error(`A job takes at most ${maxJobBody} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
