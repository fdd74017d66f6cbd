import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitingEvents } from '#test/harness/outbox.ts';
import { seedDemoOnce } from './demo.ts';
import { runJob } from './jobs.ts';
import { closeParts, openParts, type Parts } from './parts.ts';

let dataDir: string;
let parts: Parts;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tributary-'));
  parts = await openParts(dataDir);
});

afterEach(async () => {
  await closeParts(parts);
  await rm(dataDir, { recursive: true, force: true });
});

const { signal } = new AbortController();
const hooks = { onProgress: () => {}, signal };
const leads = () => parts.crm.store.db.selectFrom('leads').select('id').execute();

test('the demo is what readers begin with: its rows are there, and no event tells of them', async () => {
  const display = () => ({ show: () => {}, end: () => {} });
  await seedDemoOnce(parts, { dataDir, accounts: 3, display, signal });
  expect(await leads()).not.toEqual([]);
  expect(await waitingEvents(parts.crm.store)).toEqual([]);
  expect(await waitingEvents(parts.consent.store)).toEqual([]);
});

test('a seed is told as events, unless its job says otherwise', async () => {
  const job = { kind: 'seed', accounts: 3, seed: 2, now: '2026-03-01' } as const;
  await runJob(parts, { ...job, events: false }, hooks);
  expect(await waitingEvents(parts.crm.store)).toEqual([]);
  await runJob(parts, { ...job, seed: 3 }, hooks);
  expect(await waitingEvents(parts.crm.store)).not.toEqual([]);
});
