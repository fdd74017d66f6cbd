import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startControl, work } from './control.ts';
import { dispatchOperation } from './dispatch.ts';
import { announceInstance } from './instance.ts';
import { type Operation, operationShape } from './operations.ts';
import { type PartName, partNames } from './parts.ts';

let folder: string;
const ends: (() => Promise<void>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-'));
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await rm(folder, { recursive: true, force: true });
});

/** A process of one subgraph, as far as commands see it. */
async function runPart(name: PartName, run: (operation: Operation) => object): Promise<void> {
  const operations = work({
    name: 'operations',
    atOnce: 1,
    busy: 'busy',
    shape: operationShape,
    run: async (operation, { onItem }) => {
      await onItem(name);
      return run(operation);
    },
  });
  const control = await startControl([operations], pino({ level: 'silent' }));
  ends.push(control.close);
  const { url, token } = control;
  await announceInstance(folder, { pid: process.pid, url, control: url, token }, `${name}-instance`);
}

it('an operation reaches every subgraph in the process that it runs in', async () => {
  for (const name of partNames) {
    await runPart(name, ({ kind }) => (kind === 'outbox' ? { [name]: { depth: 1 } } : { listed: 2 }));
  }
  const items: unknown[] = [];
  const ask = (operation: Operation) =>
    dispatchOperation('Looking', folder, operation, (item) => items.push(item));
  expect(await ask({ kind: 'outbox' })).toEqual(
    Object.fromEntries(partNames.map((name) => [name, { depth: 1 }])),
  );
  expect(await ask({ kind: 'dead-letters', tenant: 'default', limit: 10 })).toEqual({
    listed: 2 * partNames.length,
  });
  items.splice(0);
  const one = {
    kind: 'dead-letters',
    tenant: 'default',
    consumer: 'email.consent-suppression',
    limit: 10,
  } as const;
  expect(await ask(one)).toEqual({ listed: 2 });
  expect(items).toEqual(['email']);
});
