/*
 * The thread that owns the file of the log. It says `opened` or `unopened` first, and then answers one request after
 * another. It never reads the text of an event.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openLogFile } from './log-file.ts';
import type { Answer, Calls, Request } from './protocol.ts';

const port = parentPort;
if (port === null) {
  throw new Error('This file is the entry of a worker thread; it does nothing on the main thread.');
}
const say = (answer: Answer) => port.postMessage(answer);

/** https://www.sqlite.org/rescode.html#busy */
const sqliteBusy = 5;

try {
  const { logId, calls } = openLogFile((workerData as { readonly file: string }).file);
  port.on('message', ({ id, call, asks }: Request) => {
    try {
      const answer = calls[call] as (asks: Request['asks']) => Calls[typeof call]['gets'];
      say({ kind: 'answer', id, gets: answer(asks) });
    } catch (error) {
      say({ kind: 'failed', id, message: messageOf(error) });
    }
    if (call === 'close') port.close();
  });
  say({ kind: 'opened', logId });
} catch (error) {
  say({
    kind: 'unopened',
    message: messageOf(error),
    isLocked: (error as { readonly errcode?: number }).errcode === sqliteBusy,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
