import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { z } from 'zod';
import type { Progress } from './progress.ts';

/** One line of an answer of the control server. */
const messageShape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('item'), item: z.unknown() }),
  z.object({
    kind: z.literal('progress'),
    progress: z.object({ step: z.string(), done: z.number(), total: z.number() }),
  }),
  z.object({ kind: z.literal('done'), report: z.unknown() }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);

export type Message = z.infer<typeof messageShape>;

export interface SendOptions {
  readonly onItem?: (item: unknown) => void;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/**
 * Gives work to the running process and answers its report. Throws an Error with what it says.
 * @param name of the work, such as `jobs`
 */
export async function send(
  control: { readonly url: string; readonly token: string },
  name: string,
  asked: object,
  { onItem, onProgress, signal }: SendOptions,
): Promise<unknown> {
  const response = await fetch(`${control.url}/${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${control.token}` },
    body: JSON.stringify(asked),
    signal,
  });
  if (!response.ok || !response.body) throw new Error(await response.text());
  const body = Readable.fromWeb(response.body as ReadableStream);
  for await (const line of createInterface({ input: body })) {
    const message = messageShape.parse(JSON.parse(line));
    if (message.kind === 'item') onItem?.(message.item);
    if (message.kind === 'progress') onProgress(message.progress);
    if (message.kind === 'failed') throw new Error(message.message);
    if (message.kind === 'done') return message.report;
  }
  throw new Error(
    'The running process ended before the work did; run the command again, it doubles nothing.',
  );
}
