import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlServer, startControl } from './control.ts';
import { type SendOptions, send } from './control-client.ts';
import { jobsOf } from './jobs.ts';
import { closeParts, openParts, type Parts } from './parts.ts';

const job = { kind: 'seed', accounts: 3, seed: 1, now: '2026-03-01' } as const;
const sendJob = (control: ControlServer, asked: object, options: SendOptions) =>
  send(control, 'jobs', asked, options);
const long = { ...job, accounts: 100_000 };

describe('the control of a running process', () => {
  let folder: string;
  let parts: Parts;
  let control: ControlServer;
  let lines: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    parts = await openParts(folder);
    lines = [];
    control = await startControl(
      [jobsOf(parts)],
      pino({ base: null }, { write: (line) => lines.push(line) }),
    );
  });
  afterEach(async () => {
    await control.close();
    await closeParts(parts);
    await rm(folder, { recursive: true, force: true });
  });

  const post = (token: string, body: string) =>
    fetch(`${control.url}/jobs`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body });

  /** Begins a job that would take minutes; resolves once it has written something. */
  async function begin() {
    const caller = new AbortController();
    const begun = Promise.withResolvers<void>();
    const ended = sendJob(control, long, { onProgress: () => begun.resolve(), signal: caller.signal }).then(
      () => 'done',
      () => 'ended',
    );
    await begun.promise;
    return { ended, leave: () => caller.abort() };
  }

  it('does a job and answers its report', async () => {
    const steps = new Set<string>();
    const report = await sendJob(control, job, {
      onProgress: ({ step }) => steps.add(step),
      signal: AbortSignal.timeout(20_000),
    });
    expect(report).toMatchObject({ accounts: 3, seed: 1 });
    expect(steps).toContain('accounts');
  });

  it('refuses whoever does not know the token, and what is no job', async () => {
    expect((await post('wrong', JSON.stringify(job))).status).toBe(401);
    expect((await post(control.token, '{')).status).toBe(400);
    expect((await post(control.token, JSON.stringify({ kind: 'drop' }))).status).toBe(400);
    expect((await post(control.token, JSON.stringify(job))).status).toBe(200);
  });

  it('does one job at a time, and ends one whose caller goes away', async () => {
    const { ended, leave } = await begin();
    expect((await post(control.token, JSON.stringify(job))).status).toBe(409);
    leave();
    expect(await ended).toBe('ended');
    await expect.poll(async () => (await post(control.token, JSON.stringify(job))).status).toBe(200);
  });

  it('waits for the batch at hand when it closes, so that the stores can be closed', async () => {
    const { ended } = await begin();
    await control.close();
    // What ends a job is logged when its last batch is written or undone, and not before.
    expect(lines).toEqual([expect.stringContaining('whoever asked for it went away')]);
    expect(await ended).toBe('ended');
  });
});
