import { describe, expect, it } from 'vitest';
import type { Urgency } from './calls.ts';
import { type Take, untouched } from './limits.ts';
import { openTurns } from './turns.ts';

const taken: Take = { kind: 'taken', state: untouched, left: [] };
const { signal } = new AbortController();

/** Turns whose limit answers when it is told to. */
function opened() {
  const asked: { readonly urgency: Urgency; readonly answer: (take: Take) => void }[] = [];
  const turns = openTurns({
    vendor: 'some',
    endpoint: 'default',
    concurrency: 1,
    queue: 10,
    longestWaitMs: { read: 60_000, push: 60_000, sync: 60_000 },
    take: (urgency) => new Promise((answer) => asked.push({ urgency, answer })),
  });
  return { turns, asked };
}

describe('what was counted already', () => {
  it('is for the next, where whoever asked has gone', async () => {
    const { turns, asked } = opened();
    const leaving = new AbortController();
    const gone = turns.wait('push', leaving.signal);
    const next = turns.wait('push', signal);
    leaving.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    asked[0]?.answer(taken);
    (await next).end();
    expect(asked).toHaveLength(1);
  });

  it('is for somebody more urgent who has come meanwhile', async () => {
    const { turns, asked } = opened();
    const order: string[] = [];
    const ask = (urgency: Urgency) =>
      turns.wait(urgency, signal).then((turn) => [order.push(urgency), turn.end()]);
    const all = [ask('sync'), ask('read')];
    asked[0]?.answer(taken);
    await all[1];
    await expect.poll(() => asked.length).toBe(2);
    asked[1]?.answer(taken);
    await all[0];
    expect([order, asked.map(({ urgency }) => urgency)]).toEqual([
      ['read', 'sync'],
      ['sync', 'sync'],
    ]);
  });

  it('for somebody urgent is not for the less urgent, who are allowed less', async () => {
    const { turns, asked } = opened();
    const leaving = new AbortController();
    const gone = turns.wait('read', leaving.signal);
    const sync = turns.wait('sync', signal);
    leaving.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    asked[0]?.answer(taken);
    await expect.poll(() => asked.map(({ urgency }) => urgency)).toEqual(['read', 'sync']);
    asked[1]?.answer(taken);
    (await sync).end();
  });
});

it('a turn that is ended twice is one', async () => {
  const { turns, asked } = opened();
  const first = turns.wait('read', signal);
  asked[0]?.answer(taken);
  const turn = await first;
  turn.end();
  turn.end();
  const second = turns.wait('read', signal);
  await expect.poll(() => asked.length).toBe(2);
  asked[1]?.answer(taken);
  await second;
  const third = turns.wait('read', signal);
  await new Promise(setImmediate);
  expect(asked).toHaveLength(2);
  turns.close(new Error('closed'));
  await expect(third).rejects.toThrow('closed');
});
